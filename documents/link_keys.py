"""The keys under which signed links name what is no PDF: a kind, the account, and what it is.

No key of a PDF begins with a kind: those begin with the account's id.
"""

from __future__ import annotations

from collections.abc import Sequence


def key_of(kind: str, *parts: str) -> str:
    return "/".join((kind, *parts))


def parts_of(key: str, kind: str, count: int) -> Sequence[str] | None:
    """So many parts, of which the last may have slashes; None if it is the key of something else."""
    found, *parts = key.split("/", count)
    return parts if found == kind and len(parts) == count else None
