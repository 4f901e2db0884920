"""The XML of an invoice in any format."""

from __future__ import annotations

from documents.einvoice.cii import cii
from documents.einvoice.content import content_of
from documents.einvoice.formats import PROFILES, EInvoiceFormat
from documents.einvoice.france import notes_of, process_of
from documents.einvoice.ubl import ubl
from invoicing.snapshot import Snapshot


def xml_of(invoice: Snapshot, wanted: EInvoiceFormat) -> bytes:
    """The file. Call it where `problems_of` finds nothing: otherwise the file breaks the rules it names.

    The same snapshot gives the same bytes.
    """
    content, profile = content_of(invoice), PROFILES[wanted]
    if wanted.is_ubl:
        return ubl(content, profile)
    if wanted is EInvoiceFormat.FACTUR_X:
        return cii(content, profile._replace(process=process_of(invoice)), notes_of(invoice))
    return cii(content, profile)
