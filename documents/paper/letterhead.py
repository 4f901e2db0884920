"""The top of the first page: the seller, the buyer, the title and what the invoice refers to."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from documents.paper.account_numbers import printed_vat_number
from documents.paper.address import address_lines, distinct_lines, party_lines
from documents.paper.columns import (
    PLAIN,
    Fact,
    Line,
    columns,
    facts,
    keep_together,
    text_lines,
    wrapped_lines,
)
from documents.paper.compose import Compositor, Piece, PieceBuilder, space
from documents.paper.fonts import font
from documents.paper.grid import (
    ACCENT,
    BODY,
    GUTTER,
    HEADING,
    LABEL,
    MARK,
    NAME,
    SMALL,
    SMALL_NAME,
    STRONG,
    TITLE,
    TOP,
    WIDTH,
    WINDOW_TOP,
    Style,
)
from invoicing.snapshot import CreditedInvoice, Logo, Party, Snapshot

LOGO_TOP, LOGO_HEIGHT = -16.0, 44.0  # from the first line of the address, in points

MARK_GAP = 12.0
MOST_NAMED = 5  # numbers of orders at the head
DAY_ALWAYS_SAID = ("AT", "DE")  # UStG § 11 (1) 3 d in Austria, § 14 (4) 6 in Germany


def letterhead(compositor: Compositor, invoice: Snapshot) -> list[Piece]:
    seller = _seller(compositor, invoice)
    window = space(max(14.0, WINDOW_TOP - TOP - sum(piece.height for piece in seller)))
    return [
        *seller,
        window,
        *_buyer(compositor, invoice),
        space(24, gives=10),
        _title(compositor, invoice),
        *facts(compositor, _references(compositor, invoice)),
        space(10, gives=4),
        *_reason(compositor, invoice),
    ]


def _reason(compositor: Compositor, invoice: Snapshot) -> list[Piece]:
    """Why a credit invoice was issued, above its lines."""
    if invoice.type != "CREDIT" or not invoice.note or not invoice.note.strip():
        return []
    heading = text_lines(compositor, compositor.labels.credit_reason, HEADING)
    words = text_lines(compositor, invoice.note, BODY)
    return [*keep_together(heading), *words, space(12, gives=4)]


def _seller(compositor: Compositor, invoice: Snapshot) -> list[Piece]:
    """On the left the name under a bar; or the logo, and then the name above the address."""
    seller, logo = invoice.seller, invoice.branding.logo if invoice.branding else None
    labels = compositor.labels
    lines = [line for line in party_lines(seller, labels, labels.seller_contact) if line != seller.name]
    contact = [seller.email or seller.address.email, seller.phone_number or seller.address.phone_number]
    details = distinct_lines([*_numbers(compositor, seller), *contact])
    mark = PieceBuilder(compositor)
    address: list[tuple[str, Style]] = [(line, SMALL) for line in lines]
    name: list[tuple[str, Style]] = [(seller.name, NAME)]
    if logo is None:
        mark.box(0, -18, 26, 3, ACCENT)
    else:
        mark.logo(LOGO_TOP, *_logo_size(logo), seller.name)
        address, name = [(seller.name, SMALL_NAME), *address], []
    blocks = [
        (0.0, wrapped_lines(compositor, PLAIN.span(2), name)),
        (PLAIN.x(2), wrapped_lines(compositor, PLAIN.column, address)),
        (PLAIN.x(3), wrapped_lines(compositor, PLAIN.column, [(line, SMALL) for line in details])),
    ]
    return [mark.piece(0), *columns(compositor, blocks)]


def _logo_size(logo: Logo) -> tuple[float, float]:
    """LOGO_HEIGHT high, or less where it would be wider than its place; never distorted."""
    height = min(LOGO_HEIGHT, (PLAIN.span(2) - GUTTER) * logo.height / logo.width)
    return height * logo.width / logo.height, height


def _buyer(compositor: Compositor, invoice: Snapshot) -> list[Piece]:
    labels = compositor.labels
    lines = party_lines(invoice.buyer, labels, labels.contact)
    numbers = [(number, SMALL) for number in distinct_lines(_numbers(compositor, invoice.buyer))]
    blocks = [(0.0, _address_block(compositor, labels.billed_to, lines, numbers))]
    shipping = address_lines(invoice.shipping_address, labels) if invoice.shipping_address else []
    if shipping and shipping != address_lines(invoice.buyer.address, labels):
        blocks.append((PLAIN.x(2), _address_block(compositor, labels.shipped_to, shipping)))
    return columns(compositor, blocks)


def _address_block(
    compositor: Compositor, label: str, lines: list[str], more: Sequence[tuple[str, Style]] = ()
) -> list[Line]:
    styled = [(line, BODY if number else STRONG) for number, line in enumerate(lines)]
    return wrapped_lines(compositor, PLAIN.span(2), [(label, LABEL), *styled, *more])


def _numbers(compositor: Compositor, who: Party) -> list[str | None]:
    labels = compositor.labels
    return [
        _labelled(labels.vat_number, printed_vat_number(who.vat_number or "")),
        _labelled(labels.tax_number, who.tax_number),
        _labelled(labels.registration_number, who.registration_number),
    ]


def _title(compositor: Compositor, invoice: Snapshot) -> Piece:
    labels = compositor.labels
    prices = labels.prices_including if invoice.is_including_vat else labels.prices_excluding
    builder = PieceBuilder(compositor)
    title = compositor.clean(labels.title(invoice.type))
    builder.left(0, TITLE.size, title, TITLE)
    marks = [labels.paid_mark] if invoice.is_paid else []
    marks += [labels.copy_mark] if compositor.is_copy else []
    if marks:
        after = font(TITLE.weight).width(title) * TITLE.size + MARK_GAP
        builder.left(after, TITLE.size, compositor.clean("  ·  ".join(marks)), MARK)
    builder.right(WIDTH, TITLE.size, compositor.clean(prices.format(currency=invoice.currency)), SMALL)
    builder.rule(TITLE.leading, 0, WIDTH)
    return builder.piece(TITLE.leading + 11, keep=True)


def _references(compositor: Compositor, invoice: Snapshot) -> list[Fact]:
    labels, formats = compositor.labels, compositor.formats
    orders = distinct_lines(order.number for order in invoice.orders)
    purchase_orders = distinct_lines(
        [invoice.purchase_order_number, *(order.purchase_order_number for order in invoice.orders)]
    )
    is_credit = invoice.type == "CREDIT"
    pairs = [
        (labels.credit_number if is_credit else labels.number, invoice.number),
        (labels.credit_issued if is_credit else labels.issued, formats.date(invoice.issued_on)),
        *_asked(compositor, invoice),
        (labels.credited, ", ".join(_number_and_date(compositor, each) for each in invoice.credits)),
        (labels.order if len(orders) == 1 else labels.orders, _listed(orders, labels.orders_listed)),
        (
            labels.purchase_order if len(purchase_orders) == 1 else labels.purchase_orders,
            _listed(purchase_orders, labels.numbers_listed),
        ),
        _supplied(compositor, invoice),
        (labels.cost_center, invoice.cost_center or ""),
        (labels.reference, invoice.buyer.reference or ""),
    ]
    return [(label, value) for label, value in pairs if value.strip()]


def _asked(compositor: Compositor, invoice: Snapshot) -> list[Fact]:
    """How much is to be paid, and by when; or how much a credit invoice gives back."""
    labels, formats = compositor.labels, compositor.formats
    if invoice.due < 0:
        return [(labels.amount_credited, formats.money(-invoice.left_to_pay))]
    if invoice.left_to_pay <= 0:
        return []
    due = [(labels.due, formats.date(invoice.due_on))] if invoice.due_on else []
    return [*due, (labels.amount_due, formats.money(invoice.left_to_pay))]


def _listed(numbers: Sequence[str], words: str) -> str:
    """The numbers, or how many there are: the table has each above its lines."""
    return ", ".join(numbers) if len(numbers) <= MOST_NAMED else words.format(count=len(numbers))


def _supplied(compositor: Compositor, invoice: Snapshot) -> Fact:
    """When it was delivered or done; where that is the date of the invoice, only if the seller's law asks."""
    labels, formats = compositor.labels, compositor.formats
    if invoice.service_period is not None:
        return labels.service_period, formats.period(invoice.service_period)
    day = invoice.delivery_date or _delivery_of_orders(invoice)
    is_said = day != invoice.issued_on or invoice.seller.address.country_code in DAY_ALWAYS_SAID
    return labels.delivered, formats.date(day) if day and is_said else ""


def _delivery_of_orders(invoice: Snapshot) -> date | None:
    """The delivery date that all orders have. Only invoices of before they had one themselves need it."""
    days = {order.delivery_date for order in invoice.orders}
    return days.pop() if len(days) == 1 else None


def _number_and_date(compositor: Compositor, invoice: CreditedInvoice) -> str:
    """The number of a credited invoice, with its date (BG-3)."""
    return f"{invoice.number} ({compositor.formats.date(invoice.issued_on)})"


def _labelled(label: str, value: str | None) -> str | None:
    return f"{label} {value}" if value else None
