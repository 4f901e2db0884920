"""The keys under which signed links name logos: the account, and the SHA-256 of the image."""

from __future__ import annotations

from typing import NamedTuple

from documents.link_keys import key_of, parts_of

_KIND = "logo"


class LogoKey(NamedTuple):
    account_id: str
    sha256: str

    def __str__(self) -> str:
        return key_of(_KIND, *self)


def read_key(key: str) -> LogoKey | None:
    """None if it is the key of something else."""
    parts = parts_of(key, _KIND, len(LogoKey._fields))
    return None if parts is None else LogoKey(*parts)
