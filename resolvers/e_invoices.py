"""E-invoices: which can be had of an invoice, and what stands in the way of the others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from documents.einvoice.formats import EInvoiceFormat
from documents.einvoice.links import EInvoiceKey
from documents.einvoice.problems import Problem, problems_of
from invoicing.invoices.queries import Issued
from invoicing.snapshot import Snapshot
from resolvers.context import Context

FORMATS = (EInvoiceFormat.PEPPOL_UBL, EInvoiceFormat.XRECHNUNG_UBL, EInvoiceFormat.XRECHNUNG_CII)
"""Those that are files of their own."""


class EInvoice(NamedTuple):
    format: EInvoiceFormat
    url: str | None
    problems: Sequence[Problem]


def e_invoices(ctx: Context, invoice: Issued, formats: Sequence[EInvoiceFormat] = FORMATS) -> list[EInvoice]:
    """The e-invoices, each with a link that expires, or with its problems."""
    frozen = invoice.frozen()
    return [_e_invoice(ctx, invoice, frozen, each) for each in formats]


def _e_invoice(ctx: Context, invoice: Issued, frozen: Snapshot, wanted: EInvoiceFormat) -> EInvoice:
    if problems := problems_of(frozen, wanted):
        return EInvoice(wanted, None, problems)
    key = EInvoiceKey(invoice.account_id, invoice.id, wanted)
    return EInvoice(wanted, ctx.services.links.url(str(key), f"{invoice.number}.xml"), ())
