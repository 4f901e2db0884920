"""E-invoices: which can be had of an invoice, and what stands in the way of the others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from documents.einvoice.file import xml_of
from documents.einvoice.formats import EInvoiceFormat
from documents.einvoice.links import EInvoiceKey
from documents.einvoice.problem import Problem
from documents.einvoice.problems import problems_of
from invoicing.invoices.queries import Issued
from invoicing.snapshot import Snapshot
from resolvers import invoices
from resolvers.context import Context
from resolvers.making import kept_problems, made

_MADE_BEFORE = Problem(
    "FACTUR-X",
    "invoice.pdf_url",
    "Its PDF was made before PDFs carried the XML: retryInvoicePdf makes it again.",
)


class EInvoice(NamedTuple):
    format: EInvoiceFormat
    url: str | None
    problems: Sequence[Problem]


async def e_invoices(
    ctx: Context, invoice: Issued, formats: Sequence[EInvoiceFormat] = tuple(EInvoiceFormat)
) -> list[EInvoice]:
    """The e-invoices, each with a link that expires, or with its problems."""
    problems = await kept_problems.of(invoice)
    return [_e_invoice(ctx, invoice, problems[each], each) for each in formats]


async def xml(invoice: Issued, wanted: EInvoiceFormat) -> bytes:
    """The file of a format that has no problems; Factur-X has none of its own."""
    return await made(invoice.account_id, lambda: xml_of(invoice.frozen(), wanted))


async def problems_of_draft(ctx: Context, draft: Snapshot, wanted: EInvoiceFormat) -> Sequence[Problem]:
    """What would stand in the way if it were issued."""
    return await made(ctx.principal.account_id, lambda: problems_of(draft, wanted))


def _e_invoice(
    ctx: Context, invoice: Issued, problems: Sequence[Problem], wanted: EInvoiceFormat
) -> EInvoice:
    if problems:
        return EInvoice(wanted, None, problems)
    if wanted is EInvoiceFormat.FACTUR_X:
        return _in_pdf(ctx, invoice)
    key = EInvoiceKey(invoice.account_id, invoice.id, wanted)
    return EInvoice(wanted, ctx.services.links.url(str(key), f"{invoice.number}.xml"), ())


def _in_pdf(ctx: Context, invoice: Issued) -> EInvoice:
    """Factur-X is the PDF itself, once it is there."""
    if invoice.pdf_key is not None and not invoice.pdf_has_e_invoice:
        return EInvoice(EInvoiceFormat.FACTUR_X, None, [_MADE_BEFORE])
    return EInvoice(EInvoiceFormat.FACTUR_X, invoices.pdf_url(ctx, invoice), ())
