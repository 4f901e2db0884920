"""The foot of every page: whose invoice it is, its number, and page x of y."""

from __future__ import annotations

from documents.paper.compose import Compositor, Draft, Piece
from documents.paper.fonts import font
from documents.paper.grid import FOOTER, LABEL, LEFT, PAGE_HEIGHT, WIDTH
from invoicing.snapshot import Snapshot


def footers(compositor: Compositor, invoice: Snapshot, pages: int) -> list[str]:
    """Each page's foot as page content."""
    labels = compositor.labels
    whose = compositor.clean(f"{invoice.seller.name}  ·  {labels.title(invoice.type)} {invoice.number}")
    feet = []
    for page in range(1, pages + 1):
        draft = Draft(compositor)
        draft.rule(0, 0, WIDTH)
        count = compositor.clean(labels.page.format(page=page, pages=pages))
        # Both parts stand on the first page in full, so a foot too long for one line may be left out.
        if font(LABEL.weight).width(whose + count) * LABEL.size < WIDTH - LABEL.leading:
            draft.left(0, 15, whose, LABEL)
        draft.right(WIDTH, 15, count, LABEL)
        feet.append(_placed(draft.piece(LABEL.leading)))
    return feet


def _placed(piece: Piece) -> str:
    return f"q 1 0 0 1 {LEFT} {PAGE_HEIGHT - FOOTER:.2f} cm\n{piece.content}\nQ"
