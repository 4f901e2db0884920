"""The end: totals, why no VAT was charged, the note, and how to pay."""

from __future__ import annotations

from dataclasses import replace

from documents.paper.address import distinct_lines
from documents.paper.columns import Fact, Frame, columns, facts, keep_together, text_lines, wrapped_lines
from documents.paper.compose import Compositor, Piece, PieceBuilder, space
from documents.paper.fonts import NO_BREAK_SPACE
from documents.paper.formats import formats
from documents.paper.grid import BODY, HEADING, SMALL, TINT, WIDTH, Style
from documents.paper.totals import totals
from invoicing.snapshot import Snapshot

MAX_UNBROKEN = 320.0  # points
PANEL = Frame(inset=14.0, tinted=True)


def closing(compositor: Compositor, invoice: Snapshot) -> list[Piece]:
    """If it is short, it stays on one page with the last line; otherwise at least the totals do."""
    sums, rest = totals(compositor, invoice), _after_totals(compositor, invoice)
    is_short = sum(piece.height for piece in [*sums, *rest]) <= MAX_UNBROKEN
    kept = keep_together([*sums, *rest]) if is_short else [*sums, *rest]
    return [*kept, *_terms(compositor, invoice)]


def _after_totals(compositor: Compositor, invoice: Snapshot) -> list[Piece]:
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
        space(14, gives=5),
        *_payment(compositor, invoice),
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


def _payment(compositor: Compositor, invoice: Snapshot) -> list[Piece]:
    if invoice.is_paid:
        return text_lines(compositor, compositor.labels.paid_in_full, SMALL)
    if invoice.left_to_pay <= 0:
        return []
    heading = wrapped_lines(compositor, PANEL.span(4), [(compositor.labels.payment, HEADING)])
    sentence = wrapped_lines(compositor, PANEL.span(4), _payment_request(compositor, invoice))
    pieces = [
        _panel_space(compositor, 12),
        *columns(compositor, [(PANEL.inset, heading)], frame=PANEL),
        *columns(compositor, [(PANEL.inset, sentence)], frame=PANEL, after=9),
        *facts(compositor, _payment_facts(compositor, invoice), frame=PANEL),
        _panel_space(compositor, 4),
    ]
    return [*pieces[:-1], replace(pieces[-1], keep_with_next=False)]


def _payment_request(compositor: Compositor, invoice: Snapshot) -> list[tuple[str, Style]]:
    """The sentence that asks for a transfer; none where there is no account to transfer it to."""
    if not _has_account(invoice):
        return []
    formats, labels = compositor.formats, compositor.labels
    terms = {
        "amount": formats.money(invoice.left_to_pay),
        "holder": invoice.seller.legal_name or invoice.seller.name,
        "number": invoice.number,
    }
    if invoice.due_on is None:
        return [(labels.pay.format(**terms), BODY)]
    return [(labels.pay_by.format(**terms, date=formats.date(invoice.due_on)), BODY)]


def _payment_facts(compositor: Compositor, invoice: Snapshot) -> list[Fact]:
    """The account and what to quote; without an account, how much is to be paid and by when."""
    formats, labels, seller = compositor.formats, compositor.labels, invoice.seller
    pairs: list[tuple[str, str | None]] = [(labels.iban, _in_fours(seller.iban)), (labels.bic, seller.bic)]
    if not _has_account(invoice):
        due = formats.date(invoice.due_on) if invoice.due_on else None
        pairs = [(labels.amount_due, formats.money(invoice.left_to_pay)), (labels.due, due)]
    pairs.append((labels.payment_reference, invoice.number))
    return [(label, value) for label, value in pairs if value and value.strip()]


def _has_account(invoice: Snapshot) -> bool:
    return bool(invoice.seller.iban and invoice.seller.iban.strip())


def _in_fours(iban: str | None) -> str | None:
    """The IBAN in groups of four, the print format of ISO 13616."""
    if iban is None:
        return None
    plain = "".join(iban.split())
    return NO_BREAK_SPACE.join(plain[start : start + 4] for start in range(0, len(plain), 4))


def _panel_space(compositor: Compositor, height: float) -> Piece:
    builder = PieceBuilder(compositor)
    builder.box(0, 0, WIDTH, height + 0.4, TINT)
    return builder.piece(height, keep=True)
