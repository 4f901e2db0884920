"""The keys under which signed links name logos: the account, and the SHA-256 of the image."""

from __future__ import annotations

from typing import NamedTuple

_PREFIX = "logo"  # no key of a PDF begins so: those begin with the account's id


class LogoKey(NamedTuple):
    account_id: str
    sha256: str

    def __str__(self) -> str:
        return "/".join((_PREFIX, *self))


def read_key(key: str) -> LogoKey | None:
    """None if it is the key of something else."""
    prefix, *parts = key.split("/")
    return LogoKey(*parts) if prefix == _PREFIX and len(parts) == len(LogoKey._fields) else None
