"""The invoice as a PDF: a snapshot in, bytes out; no database, no network, no clock.

Every PDF is PDF/A-3b. One whose invoice can be said in EN 16931 carries its XML: Factur-X.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from pathlib import Path

import structlog
from babel.numbers import get_currency_precision

from documents.einvoice.file import xml_without_problems
from documents.einvoice.formats import EInvoiceFormat
from documents.einvoice.texts import xml_text
from documents.paper.branding import colours_of, sheet_of
from documents.paper.compose import Compositor
from documents.paper.file import pdf_bytes
from documents.paper.fonts import font
from documents.paper.formats import formats
from documents.paper.labels import Labels, labels
from documents.paper.logo import logo_object
from documents.paper.metadata import Metadata
from documents.paper.pages import pages_of
from documents.paper.scripts.families import use_folder
from documents.paper.scripts.region import region, region_of
from invoicing.snapshot import Snapshot

MOST_WARNINGS = 50

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Paper:
    """The PDF, whether it carries the XML, and a sentence for each thing that it cannot show."""

    content: bytes
    has_e_invoice: bool
    warnings: tuple[str, ...]


def render(invoice: Snapshot, logo: bytes | None = None) -> bytes:
    """The PDF of the invoice."""
    return paper_of(invoice, logo).content


def copy_of(invoice: Snapshot, logo: bytes | None = None) -> bytes:
    """A copy of an invoice that says that it is one; it carries no XML, so that nobody books it twice."""
    return _paper(invoice, logo, is_copy=True).content


def paper_of(invoice: Snapshot, logo: bytes | None = None) -> Paper:
    """The invoice on sheets of its size. The same snapshot and the logo that it names give the same bytes.

    Call it from one thread per process only, as a process pool does: ReportLab's fonts are not thread-safe.
    A character that the fonts lack is printed as a box; each has a warning, and one log line names all.
    """
    return _paper(invoice, logo, is_copy=False)


def _paper(invoice: Snapshot, logo: bytes | None, *, is_copy: bool) -> Paper:
    region.set(region_of(invoice))
    words = labels(invoice.locale, invoice.branding.tax_name if invoice.branding else None)
    compositor = Compositor(
        words, formats(invoice.locale, invoice.currency, _decimals(invoice)), colours_of(invoice), is_copy
    )
    pages = pages_of(compositor, invoice)
    if compositor.warnings:
        log.warning("the payment part lacks something", invoice_id=invoice.id, warnings=compositor.warnings)
    if compositor.missing:
        _log_missing(invoice, compositor.missing)
    e_invoice = None if is_copy else xml_without_problems(invoice, EInvoiceFormat.FACTUR_X)
    content = pdf_bytes(
        pages,
        sheet_of(invoice),
        compositor.document,
        compositor.used(),
        _metadata(words, invoice),
        logo=_logo(invoice, logo),
        e_invoice=e_invoice,
    )
    return Paper(content, e_invoice is not None, (*compositor.warnings, *_warnings(compositor.missing)))


def use_font_folder(folder: Path | None) -> None:
    """Where fonts for other scripts are looked for first, in this process."""
    use_folder(folder)


def load_fonts() -> None:
    """Loads the fonts, which takes about 50 ms, so that a process's first invoice is not slow."""
    for weight in ("R", "B"):
        font(weight).subset(0)


def _logo(invoice: Snapshot, content: bytes | None) -> bytes | None:
    named = invoice.branding.logo if invoice.branding else None
    return None if named is None else logo_object(named, content)


def _decimals(invoice: Snapshot) -> int:
    """How many decimals its amounts have. Before the snapshot said it, those of CLDR were printed."""
    if invoice.currency_decimals is None:
        return get_currency_precision(invoice.currency)
    return invoice.currency_decimals


def _metadata(words: Labels, invoice: Snapshot) -> Metadata:
    return Metadata(
        title=_in_one_line(f"{words.title(invoice.type)} {invoice.number}"),
        author=_in_one_line(invoice.seller.name),
        language=words.language,
        issued_on=invoice.issued_on,
    )


def _in_one_line(value: str) -> str:
    return " ".join(xml_text(value).split())


def _warnings(missing: set[str]) -> tuple[str, ...]:
    sentences = [_warning(char) for char in sorted(missing)]
    if len(sentences) > MOST_WARNINGS:
        sentences[MOST_WARNINGS:] = [f"Neither can {len(sentences) - MOST_WARNINGS} further characters."]
    return tuple(sentences)


def _warning(char: str) -> str:
    name = f"U+{ord(char):04X}"
    if unicodedata.category(char)[0] != "C":  # a lone surrogate is no text
        name = f"{char} ({name})"
    return f"{name} cannot be shown: the server has no font for it."


def _log_missing(invoice: Snapshot, missing: set[str]) -> None:
    code_points = [f"U+{ord(char):04X}" for char in sorted(missing)]
    log.warning("characters missing in the fonts", invoice_id=invoice.id, code_points=code_points)
