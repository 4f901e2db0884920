"""The totals: VAT per rate on the left, the sums on the right, row by row."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import zip_longest

from documents.paper.compose import Compositor, Piece, PieceBuilder, space
from documents.paper.fonts import font
from documents.paper.grid import BODY, GUTTER, INK, LABEL, SMALL, TOTAL, WIDTH, Style, column
from documents.paper.lanes import GAP, Lanes, lanes
from documents.paper.running_head import shortened
from documents.paper.structure import COLUMN_HEADER, ROW_HEADER, Element
from documents.paper.text import Printable
from invoicing.snapshot import Snapshot, VatRow

ROW_HEIGHT, SPACE_ABOVE = 16.0, 10.0
MOST_TOGETHER = 24  # rows; with more, each may stand on a page of its own
VAT_SIDE, SUM_SIDE = column(2) - 2 * GUTTER, column(2) - GUTTER  # their widths
LEAST_SCALE = 0.85  # if VAT amounts would shrink below this beside the sums, they get the whole width
NOTHING = Printable("")
LEAST_WIDTHS = (60.0, 44.0)  # of the lanes of bases and of VAT amounts, in points

Cells = tuple[Printable, Printable, Printable]


@dataclass(frozen=True, slots=True)
class Sum:
    label: Printable
    amount: Printable
    style: Style
    below: Printable = NOTHING  # further words of the label, where the next row is empty


NO_SUM = Sum(NOTHING, NOTHING, BODY)
"""An empty row."""


Row = tuple[Cells | None, Sum | None]


def totals(compositor: Compositor, invoice: Snapshot) -> list[Piece]:
    """Rows that stay on one page with each other and with the line before them, as long as they fit."""
    rates = [_titles(compositor), *(_rate(compositor, row) for row in invoice.vat)]
    sums = _sums(compositor, invoice)
    widths = _lanes(rates, VAT_SIDE)
    if widths.scale < 1:
        widths = _lanes(rates, VAT_SIDE + GUTTER)  # up to the sums
    rows: list[Row] = list(zip_longest(rates, sums))
    if widths.scale < LEAST_SCALE:
        widths = _lanes(rates, WIDTH)
        rows = [*((rate, None) for rate in rates), (None, None), *((None, total) for total in sums)]
    pieces = [space(SPACE_ABOVE, keep=True, gives=3)]
    tables = compositor.document.add("Table"), compositor.document.add("Table")
    parts = [rows] if len(rows) <= MOST_TOGETHER else [[row] for row in rows]
    titles = rates[0]
    for number, part in enumerate(parts):
        builder = PieceBuilder(compositor)
        for place, (rate, _) in enumerate(part):  # before the sums, so that they are read one after the other
            if rate is not None:
                _vat_side(builder, tables[0], place * ROW_HEIGHT, rate, widths, is_head=rate is titles)
        for place, (_, total) in enumerate(part):
            if total is not None and total.label:
                _sum_side(builder, tables[1], place * ROW_HEIGHT, total)
        pieces.append(builder.piece(len(part) * ROW_HEIGHT, keep=number < len(parts) - 1))
    return pieces


def _titles(compositor: Compositor) -> Cells:
    labels, clean = compositor.labels, compositor.clean
    return clean(labels.vat_rate), clean(labels.vat_base), clean(labels.vat_amount)


def _rate(compositor: Compositor, row: VatRow) -> Cells:
    formats, labels = compositor.formats, compositor.labels
    name = f"{formats.percent(row.rate)} {labels.categories.get(row.category, '')}".strip()
    return compositor.clean(name), formats.plain(row.base), formats.plain(row.amount)


def _sums(compositor: Compositor, invoice: Snapshot) -> list[Sum]:
    formats, labels = compositor.formats, compositor.labels
    total = labels.total_credit if invoice.type == "CREDIT" else labels.total
    sums = [
        Sum(compositor.clean(labels.total_ex_vat), formats.money(invoice.total_ex_vat), BODY),
        Sum(compositor.clean(labels.total_vat), formats.money(invoice.total_vat), BODY),
        Sum(compositor.clean(total), formats.money(invoice.total), TOTAL),
    ]
    if not invoice.paid and not invoice.rounding:
        return sums
    sums.append(NO_SUM)
    if invoice.rounding:  # EN 16931: BT-114
        sums.append(Sum(compositor.clean(labels.rounding), formats.money(invoice.rounding), BODY))
    sums += _paid(compositor, invoice)  # BT-113
    due = labels.amount_credited if invoice.due < 0 else labels.amount_due
    return [*sums, Sum(compositor.clean(due), formats.money(invoice.left_to_pay), TOTAL)]  # BT-115


def _paid(compositor: Compositor, invoice: Snapshot) -> list[Sum]:
    """What was paid, when and how; one sum where that is not known."""
    formats, labels = compositor.formats, compositor.labels
    if invoice.paid and not invoice.payments:
        return [Sum(compositor.clean(labels.paid), formats.money(-invoice.paid), BODY)]
    sums = []
    for payment in invoice.payments:
        words = compositor.clean(f"{labels.paid}  ·  {formats.date(payment.paid_on)}")
        method = compositor.clean(labels.payment_method(payment.method))
        sums += _paid_by(words, method, formats.money(-payment.amount))
    return sums


def _paid_by(words: Printable, method: Printable, amount: Printable) -> list[Sum]:
    """A payment; how it was paid is on a line of its own where that has no room beside the day."""
    width = font(BODY.weight).width
    in_one = Printable(f"{words}  ·  {method}") if method else words
    if (width(in_one) + width(amount)) * BODY.size + GAP <= SUM_SIDE:
        return [Sum(in_one, amount, BODY)]
    return [Sum(words, amount, BODY, shortened(method, SMALL, SUM_SIDE)), NO_SUM]


def _lanes(rows: list[Cells], width: float) -> Lanes:
    face = font(SMALL.weight)
    text, *natural = (max(map(face.width, column)) * SMALL.size for column in zip(*rows, strict=True))
    return lanes(natural, width=width, text=text, least=LEAST_WIDTHS)


def _vat_side(
    builder: PieceBuilder, table: Element, y: float, rate: Cells, widths: Lanes, *, is_head: bool
) -> None:
    row, style = table.add("TR"), LABEL if is_head else SMALL
    builder.begin(row.add("TH", COLUMN_HEADER if is_head else ROW_HEADER))
    builder.left(0, y + BODY.size, rate[0], style)
    for edge, figure in zip(widths.edges, rate[1:], strict=True):
        builder.begin(row.add("TH", COLUMN_HEADER) if is_head else row.add("TD"))
        builder.right(edge, y + BODY.size, figure, style.scaled(widths.scale))


def _sum_side(builder: PieceBuilder, table: Element, y: float, total: Sum) -> None:
    left = column(2)
    style = total.style
    baseline = y + BODY.size
    if style is TOTAL:
        builder.rule(y + 1, left, WIDTH, INK, 0.75)
        baseline += 9
    face = font(style.weight)
    needed = (face.width(total.label) + face.width(total.amount)) * style.size + GAP
    style = style.scaled(min(1.0, SUM_SIDE / needed))
    row = table.add("TR")
    builder.begin(row.add("TH", ROW_HEADER))
    builder.left(left, baseline, total.label, style)
    if total.below:
        builder.left(left, baseline + SMALL.leading + 1, total.below, SMALL)
    builder.begin(row.add("TD"))
    builder.right(WIDTH, baseline, total.amount, style)
