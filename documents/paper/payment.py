"""How to pay: a tinted panel with the request, the account and a QR code."""

from __future__ import annotations

from documents.paper.account_numbers import in_fours, quoted
from documents.paper.columns import Fact, Frame, columns, facts, text_lines, wrapped_lines
from documents.paper.compose import Compositor, Piece, PieceBuilder
from documents.paper.credit_transfer_qr import credit_transfer
from documents.paper.grid import BODY, COLUMNS, HEADING, SMALL, TINT, WIDTH, Style
from documents.paper.qr import QUIET, drawing_of, modules_of
from invoicing.snapshot import Snapshot

PANEL = Frame(inset=14.0, tinted=True)
QR_SIZE = 71.0  # points: 25 mm
QR_GAP = 9.0  # between the code's white and the panel's edges


def payment(compositor: Compositor, invoice: Snapshot) -> list[Piece]:
    """What is asked for, the account and the QR code; or that it is paid."""
    if invoice.is_paid:
        labels = compositor.labels
        more = f"\n{labels.copy_note}" if compositor.is_copy else ""
        return text_lines(compositor, labels.paid_in_full + more, SMALL)
    if invoice.left_to_pay <= 0:
        return []
    code = credit_transfer(invoice)
    width = 3 if code else COLUMNS
    heading = wrapped_lines(compositor, PANEL.span(width), [(compositor.labels.payment, HEADING)])
    sentence = wrapped_lines(compositor, PANEL.span(width), _payment_request(compositor, invoice))
    pieces = [
        _panel_space(compositor, 12),
        *columns(compositor, [(PANEL.inset, heading)], frame=PANEL),
        *columns(compositor, [(PANEL.inset, sentence)], frame=PANEL, after=9),
        *facts(compositor, _payment_facts(compositor, invoice, has_code=bool(code)), frame=PANEL, most=width),
    ]
    pieces.append(_panel_foot(compositor, sum(piece.height for piece in pieces), code))
    return pieces


def _panel_foot(compositor: Compositor, above: float, code: str | None) -> Piece:
    """The end of the panel. The QR code stands beside what is above it, and is drawn last, over the tint."""
    if code is None:
        return _panel_space(compositor, 4)._replace(keep_with_next=False)
    modules = modules_of(code)
    module = QR_SIZE / len(modules)
    white = QR_SIZE + 2 * QUIET * module
    height = max(4.0, white + 2 * QR_GAP - above)
    builder = PieceBuilder(compositor)
    builder.box(0, 0, WIDTH, height + 0.4, TINT)
    left, top = WIDTH - QR_GAP - white, QR_GAP - above
    builder.box(left, top, white, white, "1 1 1")
    words = f"QR: {compositor.labels.payment}"
    place = left + QUIET * module, top + QUIET * module
    builder.figure(*place, QR_SIZE, QR_SIZE, drawing_of(modules, QR_SIZE), words)
    return builder.piece(height)


def _payment_request(compositor: Compositor, invoice: Snapshot) -> list[tuple[str, Style]]:
    """The sentence that asks for a transfer; none where there is no account to transfer it to."""
    if not _has_account(invoice):
        return []
    formats, labels = compositor.formats, compositor.labels
    terms = {
        "amount": formats.money(invoice.left_to_pay),
        "holder": invoice.seller.legal_name or invoice.seller.name,
        "number": quoted(invoice),
    }
    if invoice.due_on is None:
        return [(labels.pay.format(**terms), BODY)]
    return [(labels.pay_by.format(**terms, date=formats.date(invoice.due_on)), BODY)]


def _payment_facts(compositor: Compositor, invoice: Snapshot, *, has_code: bool) -> list[Fact]:
    """The account and what to quote; without an account, how much is to be paid and by when.

    Beside a code, in which it is too, what to quote is in the sentence alone.
    """
    formats, labels, seller = compositor.formats, compositor.labels, invoice.seller
    iban = in_fours(seller.iban) if seller.iban else None
    pairs: list[tuple[str, str | None]] = [(labels.iban, iban), (labels.bic, seller.bic)]
    if not _has_account(invoice):
        due = formats.date(invoice.due_on) if invoice.due_on else None
        pairs = [(labels.amount_due, formats.money(invoice.left_to_pay)), (labels.due, due)]
    if not has_code:
        pairs.append((labels.payment_reference, quoted(invoice)))
    return [(label, value) for label, value in pairs if value and value.strip()]


def _has_account(invoice: Snapshot) -> bool:
    return bool(invoice.seller.iban and invoice.seller.iban.strip())


def _panel_space(compositor: Compositor, height: float) -> Piece:
    builder = PieceBuilder(compositor)
    builder.box(0, 0, WIDTH, height + 0.4, TINT)
    return builder.piece(height, keep=True)
