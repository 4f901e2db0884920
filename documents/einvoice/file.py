"""The XML of an invoice in any format."""

from __future__ import annotations

from documents.einvoice.content import Content, content_of
from documents.einvoice.formats import PROFILES, EInvoiceFormat
from documents.einvoice.france import notes_of, process_of, with_short_prices
from documents.einvoice.problems import problems_in
from invoicing.snapshot import Snapshot


def xml_of(invoice: Snapshot, wanted: EInvoiceFormat) -> bytes:
    """The file. Call it where `problems_of` finds nothing: otherwise the file breaks the rules it names.

    The same snapshot gives the same bytes.
    """
    return _xml(invoice, content_of(invoice), wanted)


def xml_without_problems(invoice: Snapshot, wanted: EInvoiceFormat) -> bytes | None:
    """The file; None if something stands in its way."""
    content = content_of(invoice)
    return None if any(problems_in(invoice, content, wanted)) else _xml(invoice, content, wanted)


def _xml(invoice: Snapshot, content: Content, wanted: EInvoiceFormat) -> bytes:
    profile = PROFILES[wanted]
    if wanted.is_ubl:
        from documents.einvoice.ubl import ubl  # late, as the other: a server may never be asked for it

        return ubl(content, profile)
    from documents.einvoice.cii import cii

    if wanted is EInvoiceFormat.FACTUR_X:
        profile = profile._replace(process=process_of(invoice))
        return cii(with_short_prices(invoice, content), profile, notes_of(invoice))
    return cii(content, profile)
