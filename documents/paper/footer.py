"""The footer of every page: the seller, the invoice's number, and page x of y."""

from __future__ import annotations

from documents.paper.compose import Compositor, Piece, PieceBuilder
from documents.paper.fonts import font
from documents.paper.grid import FOOTER, LABEL, LEFT, PAGE_HEIGHT, WIDTH
from invoicing.snapshot import Snapshot


def footers(compositor: Compositor, invoice: Snapshot, pages: int) -> list[str]:
    """Each page's footer as page content."""
    labels = compositor.labels
    seller_and_number = compositor.clean(
        f"{invoice.seller.name}  ·  {labels.title(invoice.type)} {invoice.number}"
    )
    contents = []
    for page in range(1, pages + 1):
        builder = PieceBuilder(compositor)
        builder.rule(0, 0, WIDTH)
        count = compositor.clean(labels.page.format(page=page, pages=pages))
        # The first page has seller and number in full, so they may be left out if they do not fit.
        if font(LABEL.weight).width(seller_and_number + count) * LABEL.size < WIDTH - LABEL.leading:
            builder.left(0, 15, seller_and_number, LABEL)
        builder.right(WIDTH, 15, count, LABEL)
        contents.append(_placed(builder.piece(LABEL.leading)))
    return contents


def _placed(piece: Piece) -> str:
    return f"q 1 0 0 1 {LEFT} {PAGE_HEIGHT - FOOTER:.2f} cm\n{piece.content}\nQ"
