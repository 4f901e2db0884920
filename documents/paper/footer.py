"""The footer of every page: page x of y; on the first, which has no running head, whose invoice it is too."""

from __future__ import annotations

from documents.paper.compose import Compositor, Piece, PieceBuilder
from documents.paper.fonts import font
from documents.paper.grid import FOOTER, LABEL, LEFT, PAGE_HEIGHT, WIDTH
from documents.paper.running_head import GAP, shortened
from documents.paper.text import Printable
from invoicing.snapshot import Snapshot


def footers(compositor: Compositor, invoice: Snapshot, pages: int) -> list[str]:
    """Each page's footer as page content."""
    labels = compositor.labels
    number = compositor.clean(f"{labels.title(invoice.type)} {invoice.number}")
    contents = []
    for page in range(1, pages + 1):
        builder = PieceBuilder(compositor, is_artifact=True)
        builder.rule(0, 0, WIDTH)
        count = compositor.clean(labels.page.format(page=page, pages=pages))
        if page == 1:
            _seller_and_number(builder, compositor.clean(invoice.seller.name), number, count)
        builder.right(WIDTH, 15, count, LABEL)
        contents.append(_placed(builder.piece(LABEL.leading)))
    return contents


def _seller_and_number(builder: PieceBuilder, seller: Printable, number: Printable, count: Printable) -> None:
    """Where room is short the name is shortened, never the number."""
    face = font(LABEL.weight)
    name = Printable(f"{seller}  ·  ")
    room = WIDTH - GAP - face.width(number + count) * LABEL.size
    if face.width(name) * LABEL.size > room:
        name = Printable(f"{shortened(seller, LABEL, room - face.width('  ·  ') * LABEL.size)}  ·  ")
    builder.left(0, 15, Printable(name + number), LABEL)


def _placed(piece: Piece) -> str:
    return f"q 1 0 0 1 {LEFT} {PAGE_HEIGHT - FOOTER:.2f} cm\n{piece.content}\nQ"
