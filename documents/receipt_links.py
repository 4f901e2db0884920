"""The keys under which signed links name receipts: the account and the invoice."""

from __future__ import annotations

from typing import NamedTuple

_PREFIX = "receipt"  # no key of a PDF begins so: those begin with the account's id


class ReceiptKey(NamedTuple):
    account_id: str
    invoice_id: str

    def __str__(self) -> str:
        return "/".join((_PREFIX, *self))


def read_key(key: str) -> ReceiptKey | None:
    """None if it is the key of something else."""
    prefix, *parts = key.split("/", 2)
    return ReceiptKey(*parts) if prefix == _PREFIX and len(parts) == len(ReceiptKey._fields) else None
