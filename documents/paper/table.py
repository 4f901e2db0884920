"""The table of lines: figures in their lanes; with several orders, each has a sub-heading above its lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from documents.paper.compose import Compositor, Piece
from documents.paper.grid import BODY, LABEL, WIDTH
from documents.paper.lanes import lanes
from documents.paper.rows import Cells, Rows
from documents.paper.text import Printable
from invoicing.decimals import price_of
from invoicing.snapshot import Line, OrderReference, Snapshot

LEAST_WIDTHS = {"quantity": 48.0, "unit_price": 54.0, "discount": 44.0, "vat": 28.0, "amount": 60.0}
LEAST_TEXT = 120.0  # width of the descriptions, in points
DASH = Printable("–")
OTHER_ITEMS = OrderReference(id="", number="")  # stands for the lines that belong to none of the orders


def table(compositor: Compositor, invoice: Snapshot) -> list[Piece]:
    """The lines' pieces; the last stays on one page with the totals."""
    shown = [
        name for name in LEAST_WIDTHS if name != "discount" or any(line.discount for line in invoice.lines)
    ]
    titles = tuple(compositor.clean(getattr(compositor.labels, name)) for name in shown)
    cells = [_cells(compositor, line, shown) for line in invoice.lines]
    widths = lanes(
        [(titles, LABEL), *((row, BODY) for row in cells)],
        width=WIDTH,
        text=LEAST_TEXT,
        least=[LEAST_WIDTHS[name] for name in shown],
    )
    rows = Rows(compositor, widths)
    pieces = [rows.heading(titles)]
    for order, numbers in _groups(invoice):
        running: tuple[Piece, ...] = (pieces[0],)
        if order is not None:
            pieces += rows.sub_heading(_order_heading(compositor, order), running)
            running += tuple(rows.continued(_order_name(compositor, order)))
        for number in numbers:
            pieces += rows.row(invoice.lines[number], cells[number], running)
    return [*pieces[:-1], replace(pieces[-1], keep_with_next=True)]


def _groups(invoice: Snapshot) -> Iterator[tuple[OrderReference | None, Sequence[int]]]:
    """The lines' positions by order; an invoice for one order is one group, without a sub-heading."""
    if len(invoice.orders) < 2:
        yield None, range(len(invoice.lines))
        return
    groups: dict[str | None, list[int]] = {order.id: [] for order in invoice.orders}
    for number, line in enumerate(invoice.lines):
        groups.setdefault(line.order_id if line.order_id in groups else None, []).append(number)
    others = groups.pop(None, [])
    for order in invoice.orders:
        yield order, groups.pop(order.id, [])
    if others:
        yield OTHER_ITEMS, others


def _cells(compositor: Compositor, line: Line, shown: Sequence[str]) -> Cells:
    formats = compositor.formats
    quantity = f"{formats.quantity(line.quantity)} {compositor.labels.unit(line.unit, line.quantity)}"
    cells = {
        "quantity": compositor.clean(quantity),
        "unit_price": formats.unit_price(price_of(line)),
        "discount": formats.plain(-line.discount) if line.discount else DASH,
        "vat": formats.percent(line.vat_rate),
        "amount": formats.plain(line.total),
    }
    if line.is_price_reduction:
        cells |= {"quantity": DASH, "unit_price": DASH}
    return tuple(cells[name] for name in shown)


def _order_heading(compositor: Compositor, order: OrderReference) -> str:
    labels = compositor.labels
    parts = [_order_name(compositor, order)]
    if order.purchase_order_number:
        parts.append(f"{labels.purchase_order} {order.purchase_order_number}")
    if order.delivery_date:
        parts.append(f"{labels.delivered} {compositor.formats.date(order.delivery_date)}")
    return "  ·  ".join(parts)


def _order_name(compositor: Compositor, order: OrderReference) -> str:
    labels = compositor.labels
    return labels.other_items if order is OTHER_ITEMS else f"{labels.order} {order.number}"
