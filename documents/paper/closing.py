"""The end: totals, why no VAT was charged, the note, and how to pay."""

from __future__ import annotations

from documents.paper.address import distinct_lines
from documents.paper.columns import keep_together, text_lines
from documents.paper.compose import Compositor, Piece, space
from documents.paper.formats import formats
from documents.paper.grid import BODY, HEADING, SMALL
from documents.paper.payment import payment
from documents.paper.totals import totals
from invoicing.snapshot import Snapshot

MAX_UNBROKEN = 320.0  # points


def closing(compositor: Compositor, invoice: Snapshot, *, has_part: bool = False) -> list[Piece]:
    """If it is short, it stays on one page with the last line; otherwise at least the totals do.

    `has_part` says that a Swiss payment part follows: no panel asks for the same.
    """
    sums, rest = totals(compositor, invoice), _after_totals(compositor, invoice, has_part=has_part)
    is_short = sum(piece.height for piece in [*sums, *rest]) <= MAX_UNBROKEN
    kept = keep_together([*sums, *rest]) if is_short else [*sums, *rest]
    return [*kept, *_terms(compositor, invoice)]


def _after_totals(compositor: Compositor, invoice: Snapshot, *, has_part: bool) -> list[Piece]:
    # The total of a credit invoice is positive if it only takes back a discount: then it is to be paid.
    is_nothing_due = invoice.type == "CREDIT" and invoice.due <= 0
    return [
        space(16, gives=6),
        *_tax_currency(compositor, invoice),
        *(
            piece
            for note in _exemptions(compositor, invoice)
            for piece in text_lines(compositor, note, SMALL)
        ),
        *(_way_back(compositor, invoice) if is_nothing_due else []),
        *_note(compositor, invoice),
        *([] if has_part else [space(14, gives=5), *payment(compositor, invoice)]),
    ]


def _tax_currency(compositor: Compositor, invoice: Snapshot) -> list[Piece]:
    """The VAT in the currency in which it is declared, with the rate (directive 2006/112/EC, article 230)."""
    tax = invoice.vat_in_tax_currency
    if tax is None or tax.amount is None or tax.currency == invoice.currency:
        return []
    amount = formats(invoice.locale, tax.currency, tax.decimals).money(tax.amount)
    words = compositor.labels.vat_in_tax_currency.format(currency=tax.currency, amount=amount)
    if tax.exchange_rate is not None:
        rate = compositor.formats.decimal(tax.exchange_rate)
        words += f" (1 {tax.currency} = {rate} {invoice.currency})"
    return text_lines(compositor, words, SMALL)


def _exemptions(compositor: Compositor, invoice: Snapshot) -> list[str]:
    """The row's or the line's own reason, or the text that the law requires for the category."""
    notes = compositor.labels.notes
    reasons = [row.exemption_reason or notes.get(row.category) for row in invoice.vat]
    return distinct_lines([*reasons, *(line.exemption_reason for line in invoice.lines)])


def _note(compositor: Compositor, invoice: Snapshot) -> list[Piece]:
    """The remark; a credit invoice's is above its lines."""
    note = invoice.note
    if invoice.type == "CREDIT" or not note or not note.strip():
        return []
    heading = text_lines(compositor, compositor.labels.note, HEADING)
    return [space(10, gives=3), *keep_together(heading), *text_lines(compositor, note, BODY)]


def _terms(compositor: Compositor, invoice: Snapshot) -> list[Piece]:
    """The seller's terms of sale, last of all; on one page if they are short."""
    if invoice.branding is None or not invoice.branding.terms:
        return []
    lines = text_lines(compositor, invoice.branding.terms, SMALL)
    is_short = sum(piece.height for piece in lines) <= MAX_UNBROKEN / 2
    return [space(14), *(keep_together(lines) if is_short else lines)]


def _way_back(compositor: Compositor, invoice: Snapshot) -> list[Piece]:
    """How a credit invoice gives back what it credits."""
    labels, money = compositor.labels, compositor.formats.money
    set_off = invoice.set_off or ()
    sentences = [
        labels.no_payment,
        *(labels.set_off.format(amount=money(each.amount), number=each.number) for each in set_off),
    ]
    if invoice.set_off is not None and invoice.owed > 0:
        sentences.append(labels.paid_back.format(amount=money(invoice.owed)))
    return text_lines(compositor, "\n".join(sentences), BODY)
