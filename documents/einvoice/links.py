"""The keys under which signed links name e-invoices: the account, the invoice and the format."""

from __future__ import annotations

from typing import NamedTuple

from documents.einvoice.formats import EInvoiceFormat
from documents.link_keys import key_of, parts_of

_KIND = "e-invoice"


class EInvoiceKey(NamedTuple):
    account_id: str
    invoice_id: str
    format: EInvoiceFormat

    def __str__(self) -> str:
        return key_of(_KIND, self.format, self.account_id, self.invoice_id)


def read_key(key: str) -> EInvoiceKey | None:
    """None if it is the key of something else."""
    parts = parts_of(key, _KIND, len(EInvoiceKey._fields))
    if parts is None:
        return None
    wanted, account_id, invoice_id = parts
    return EInvoiceKey(account_id, invoice_id, EInvoiceFormat(wanted))
