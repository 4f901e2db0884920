"""The keys under which signed links name e-invoices: the account, the invoice and the format."""

from __future__ import annotations

from typing import NamedTuple

from documents.einvoice.formats import EInvoiceFormat

_PREFIX = "e-invoice"  # no key of a PDF begins so: those begin with the account's id


class EInvoiceKey(NamedTuple):
    account_id: str
    invoice_id: str
    format: EInvoiceFormat

    def __str__(self) -> str:
        return "/".join((_PREFIX, self.format, self.account_id, self.invoice_id))


def read_key(key: str) -> EInvoiceKey | None:
    """None if it is the key of something else."""
    prefix, *parts = key.split("/", 3)
    if prefix != _PREFIX or len(parts) < 3:
        return None
    wanted, account_id, invoice_id = parts
    return EInvoiceKey(account_id, invoice_id, EInvoiceFormat(wanted))
