"""The table of lines: figures in their lanes; with several orders, each has a sub-heading above its lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from documents.paper.columns import keep_together
from documents.paper.compose import Compositor, Piece
from documents.paper.figures import Figure, figure, figures
from documents.paper.fonts import font
from documents.paper.grid import BODY, CARRY, LABEL, WIDTH
from documents.paper.lanes import lanes
from documents.paper.row_pieces import UNDRAWN, DrawnRows, MeasuredRows
from documents.paper.rows import PADDING, Row, Rows
from documents.paper.structure import Element
from documents.paper.text import Printable
from invoicing.decimals import price_of
from invoicing.snapshot import Line, OrderReference, Snapshot

LEAST_WIDTHS = {"quantity": 48.0, "unit_price": 54.0, "discount": 44.0, "vat": 28.0, "amount": 60.0}
LEAST_TEXT = 120.0  # width of the descriptions, in points
LEAST_ROWS = 3  # on a page that is turned to for the totals
OTHER_ITEMS = OrderReference(id="", number="")  # stands for the lines that belong to none of the orders


class Group(NamedTuple):
    """The lines of one order: its heading, what is repeated above its rows on a new page, and the rows."""

    row: Element  # of its heading
    headings: list[Piece]
    running: tuple[Piece, ...]
    rows: list[Row]


class _Columns:
    """The figures of lines, column by column."""

    def __init__(self, compositor: Compositor, lines: Sequence[Line]) -> None:
        self._compositor, self._formats = compositor, compositor.formats
        self._lines = lines

    def quantity(self) -> list[Figure]:
        keys = [None if line.is_price_reduction else (line.quantity, line.unit) for line in self._lines]
        return figures(keys, self._quantity)

    def unit_price(self) -> list[Figure]:
        keys = [None if line.is_price_reduction else price_of(line) for line in self._lines]
        return figures(keys, lambda price: figure(self._formats.unit_price(price)))

    def discount(self) -> list[Figure]:
        return figures([-line.discount or None for line in self._lines], self._amount)

    def vat(self) -> list[Figure]:
        rates = [line.vat_rate for line in self._lines]
        return figures(rates, lambda rate: figure(self._formats.percent(rate)))

    def amount(self) -> list[Figure]:
        return figures([line.total for line in self._lines], self._amount)

    def _quantity(self, key: tuple[int, str]) -> Figure:
        quantity, unit = key
        words = f"{self._formats.quantity(quantity)} {self._compositor.labels.unit(unit, quantity)}"
        return figure(self._compositor.clean(words))

    def _amount(self, amount: int) -> Figure:
        return figure(self._formats.plain(amount))


class Table:
    """The lines, wrapped but not drawn yet."""

    def __init__(self, compositor: Compositor, invoice: Snapshot) -> None:
        self._compositor = compositor
        is_discounted = any(line.discount for line in invoice.lines)
        shown = [name for name in LEAST_WIDTHS if name != "discount" or is_discounted]
        titles = tuple(compositor.clean(getattr(compositor.labels, name)) for name in shown)
        self._columns = [getattr(_Columns(compositor, invoice.lines), name)() for name in shown]
        widths = lanes(
            [_widest(title, column) for title, column in zip(titles, self._columns, strict=True)],
            width=WIDTH,
            text=LEAST_TEXT,
            least=[LEAST_WIDTHS[name] for name in shown],
        )
        self._table = compositor.document.add("Table")
        self._rows = Rows(compositor, widths, self._table)
        self._heading = self._rows.heading(titles)
        self._groups = list(self._wrapped_groups(invoice))

    @property
    def least_height(self) -> float:
        """What its rows take at least, in points, if each has one line."""
        return sum(len(group.rows) for group in self._groups) * (2 * PADDING - 1 + BODY.leading)

    def pieces(self, padding: float = PADDING, *, is_drawn: bool = True) -> list[Piece]:
        """Their pieces, with so much room in the rows; the last ones stay on one page with the totals."""
        rows = DrawnRows(self._rows, padding, self._columns) if is_drawn else MeasuredRows(padding)
        pieces = [self._heading]
        starts = []
        for group in self._groups:
            pieces += group.headings
            if is_drawn:
                self._table.append(group.row)
            for row in group.rows:
                starts.append(len(pieces))
                pieces += rows.pieces(row, group.running)
        return _kept_with_totals(pieces, starts)

    def carried(self, amount: int) -> tuple[Piece, Piece]:
        """The rows that carry a sum of lines from one page to the next."""
        labels, figure = self._compositor.labels, self._compositor.formats.plain(amount)
        return (
            self._rows.carried(labels.carried_forward, figure),
            self._rows.carried(labels.brought_forward, figure),
        )

    def carried_undrawn(self, _: int) -> tuple[Piece, Piece]:
        """The same rows where pages are only counted."""
        return Piece(CARRY, UNDRAWN), Piece(CARRY, UNDRAWN)

    def _wrapped_groups(self, invoice: Snapshot) -> Iterator[Group]:
        total = 0
        for order, numbers in _groups(invoice):
            running: tuple[Piece, ...] = (self._heading,)
            heading, headings = Element("TR"), list[Piece]()
            if order is not None:
                headings = self._rows.sub_heading(_order_heading(self._compositor, order), heading, running)
                running += tuple(self._rows.continued(_order_name(self._compositor, order)))
            rows = []
            for number in numbers:
                total += invoice.lines[number].total
                rows.append(self._rows.wrapped(invoice.lines[number], number, total))
            yield Group(heading, headings, running, rows)


def _kept_with_totals(pieces: list[Piece], starts: Sequence[int]) -> list[Piece]:
    """The last rows, up to three, stay on one page with each other and with what follows.

    Of a row in several parts only the last part does, and no row before it.
    """
    first = len(pieces) - 1
    for start, end in zip(starts[: -LEAST_ROWS - 1 : -1], [len(pieces), *starts[::-1]], strict=False):
        if end - start > 1:
            break
        first = start
    return [*pieces[:first], *keep_together(pieces[first:])]


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


def _widest(title: Printable, figures: Sequence[Figure]) -> float:
    """Of a column, in points."""
    widest = max([figure.width for figure in figures], default=0.0)
    return max(font(LABEL.weight).width(title) * LABEL.size, widest * BODY.size)


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
