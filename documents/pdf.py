"""The invoice as a PDF: a snapshot in, bytes out; no database, no network, no clock."""

from __future__ import annotations

import structlog
from babel.numbers import get_currency_precision

from documents.paper.closing import closing
from documents.paper.compose import Compositor
from documents.paper.file import Metadata, pdf_bytes
from documents.paper.fonts import font
from documents.paper.footer import footers
from documents.paper.formats import formats
from documents.paper.labels import labels
from documents.paper.letterhead import letterhead
from documents.paper.paginate import paginate
from documents.paper.table import table
from invoicing.snapshot import Snapshot

log = structlog.get_logger()


def render(invoice: Snapshot) -> bytes:
    """The invoice on A4. The same snapshot gives the same bytes.

    Call it from one thread per process only, as a process pool does: ReportLab's fonts are not thread-safe.
    A character that the fonts lack is printed as a box; one warning a document lists them all.
    """
    words = labels(invoice.locale)
    compositor = Compositor(words, formats(invoice.locale, invoice.currency, _decimals(invoice)))
    pages = paginate(
        [
            *letterhead(compositor, invoice),
            *table(compositor, invoice),
            *closing(compositor, invoice),
        ]
    )
    page_footers = footers(compositor, invoice, len(pages))
    contents = ["\n".join([*page, footer]) for page, footer in zip(pages, page_footers, strict=True)]
    metadata = _metadata(compositor, invoice)
    if compositor.missing:
        _log_missing(invoice, compositor.missing)
    return pdf_bytes(contents, compositor.used(), metadata)


def load_fonts() -> None:
    """Loads the fonts, which takes about 50 ms, so that a process's first invoice is not slow."""
    for weight in ("R", "B"):
        font(weight).subset(0)


def _decimals(invoice: Snapshot) -> int:
    """How many decimals its amounts have. Before the snapshot said it, those of CLDR were printed."""
    if invoice.currency_decimals is None:
        return get_currency_precision(invoice.currency)
    return invoice.currency_decimals


def _metadata(compositor: Compositor, invoice: Snapshot) -> Metadata:
    return Metadata(
        title=compositor.clean(f"{compositor.labels.title(invoice.type)} {invoice.number}"),
        author=compositor.clean(invoice.seller.name),
        language=compositor.labels.language,
    )


def _log_missing(invoice: Snapshot, missing: set[str]) -> None:
    code_points = [f"U+{ord(char):04X}" for char in sorted(missing)]
    log.warning("characters missing in the fonts", invoice_id=invoice.id, code_points=code_points)
