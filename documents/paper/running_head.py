"""What the top of every page but the first says: whose invoice it is, which one, and of when."""

from __future__ import annotations

from itertools import accumulate

from documents.paper.compose import Compositor, PieceBuilder
from documents.paper.fonts import font
from documents.paper.grid import LABEL, TOP_OF_NEXT, WIDTH, Sheet, Style
from documents.paper.text import Printable
from invoicing.snapshot import Snapshot

ABOVE = 26.0  # from the head's upper edge to that of the content, in points
GAP = 14.0
ELLIPSIS = "…"


def running_head(compositor: Compositor, invoice: Snapshot, sheet: Sheet) -> str:
    """The head as page content. Where room is short the seller's name is shortened, never the number."""
    labels, clean = compositor.labels, compositor.clean
    which = clean(
        f"{labels.title(invoice.type)} {invoice.number}  ·  {compositor.formats.date(invoice.issued_on)}"
    )
    builder = PieceBuilder(compositor, is_artifact=True)
    taken = font(LABEL.weight).width(which) * LABEL.size
    style = LABEL.scaled(min(1.0, WIDTH / taken))
    builder.left(0, LABEL.size, shortened(clean(invoice.seller.name), style, WIDTH - taken - GAP), style)
    builder.right(WIDTH, LABEL.size, which, style)
    builder.rule(LABEL.leading + 3, 0, WIDTH)
    y = sheet.height - TOP_OF_NEXT + ABOVE
    return f"q 1 0 0 1 {sheet.left:.2f} {y:.2f} cm\n{builder.piece(ABOVE).content}\nQ"


def shortened(text: Printable, style: Style, width: float) -> Printable:
    """The text, or as much of its beginning as fits with an ellipsis behind it."""
    face = font(style.weight)
    if face.width(text) * style.size <= width:
        return text
    room = width / style.size - face.width(ELLIPSIS)
    ends = accumulate(map(face.width, text))
    kept = text[: sum(end <= room for end in ends)]
    return Printable(kept.rstrip() + ELLIPSIS if kept else "")
