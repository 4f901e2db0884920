"""The footer of every page: the seller's own text, and page x of y; on the first whose invoice it is too.

The others have a running head, which says so.
"""

from __future__ import annotations

from collections.abc import Sequence

from documents.paper.columns import wrapped_lines
from documents.paper.compose import Compositor, Piece, PieceBuilder
from documents.paper.fonts import font
from documents.paper.grid import GUTTER, LABEL, SMALL, WIDTH, Sheet
from documents.paper.running_head import GAP, shortened
from documents.paper.text import Printable, in_direction_of_page
from invoicing.snapshot import Snapshot

COLUMNS = 3
COLUMN = (WIDTH - (COLUMNS - 1) * GUTTER) / COLUMNS


def seller_foot(compositor: Compositor, invoice: Snapshot) -> Piece:
    """The seller's own text for the foot of every page, in columns side by side; without it no height."""
    own = invoice.branding.footer if invoice.branding else None
    builder = PieceBuilder(compositor, is_artifact=True)
    bottom = 0.0
    for number, text in enumerate(own.split("\n\n") if own else ()):
        y = 0.0
        for line, style in wrapped_lines(compositor, COLUMN, [(text, SMALL)]):
            builder.left(number * (COLUMN + GUTTER), y + style.size, line, style)
            y += style.leading
        bottom = max(bottom, y)
    return builder.piece(bottom + 5 if own else 0)


def footers(compositor: Compositor, invoice: Snapshot, foot: Piece, sheets: Sequence[Sheet]) -> list[str]:
    """Each page's footer as page content; `sheets` are those of the pages."""
    labels = compositor.labels
    number = compositor.clean(f"{labels.title(invoice.type)} {invoice.number}")
    contents = []
    for page, sheet in enumerate(sheets, start=1):
        builder = PieceBuilder(compositor, is_artifact=True)
        builder.rule(-sheet.foot, 0, WIDTH)
        count = compositor.clean(labels.page.format(page=page, pages=len(sheets)))
        if page == 1:
            _seller_and_number(builder, compositor.clean(invoice.seller.name), number, count)
        builder.right(WIDTH, 15, count, LABEL)
        last = _placed(builder.piece(LABEL.leading), sheet, sheet.footer + sheet.foot)
        contents.append("\n".join([_placed(foot, sheet, sheet.footer + 5), last]) if foot.content else last)
    return contents


def _seller_and_number(builder: PieceBuilder, seller: Printable, number: Printable, count: Printable) -> None:
    """Where room is short the name is shortened, never the number."""
    face = font(LABEL.weight)
    name = Printable(f"{seller}  ·  ")
    room = WIDTH - GAP - face.width(number + count) * LABEL.size
    if face.width(name) * LABEL.size > room:
        name = Printable(f"{shortened(seller, LABEL, room - face.width('  ·  ') * LABEL.size)}  ·  ")
    builder.left(0, 15, in_direction_of_page(Printable(name + number)), LABEL)


def _placed(piece: Piece, sheet: Sheet, y: float) -> str:
    return f"q 1 0 0 1 {sheet.left:.2f} {sheet.height - y:.2f} cm\n{piece.content}\nQ"
