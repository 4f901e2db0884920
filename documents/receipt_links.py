"""The keys under which signed links name receipts: the account and the invoice."""

from __future__ import annotations

from typing import NamedTuple

from documents.link_keys import key_of, parts_of

_KIND = "receipt"


class ReceiptKey(NamedTuple):
    account_id: str
    invoice_id: str

    def __str__(self) -> str:
        return key_of(_KIND, *self)


def read_key(key: str) -> ReceiptKey | None:
    """None if it is the key of something else."""
    parts = parts_of(key, _KIND, len(ReceiptKey._fields))
    return None if parts is None else ReceiptKey(*parts)
