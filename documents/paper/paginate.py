"""Places pieces on pages: what belongs together stays together, as long as it fits on one page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from documents.paper.compose import Piece
from documents.paper.grid import BOTTOM, LEFT, PAGE_HEIGHT, TOP


class Pages:
    """The content of the pages so far, and how far down the last one is filled, in points."""

    def __init__(self) -> None:
        self.contents: list[list[str]] = [[]]
        self._y = TOP

    def place(self, chain: Sequence[Piece]) -> None:
        """Places a chain on this page or the next. Of one too tall for a page the end is kept together."""
        rest = sum(piece.height for piece in chain)
        for piece in chain:
            running = sum(above.height for above in piece.running)
            is_over = self._y + rest > BOTTOM and TOP + running + rest <= BOTTOM
            if piece.content and (is_over or self._y + piece.height > BOTTOM):
                self._start_page(piece)
            self._draw(piece)
            rest -= piece.height

    def _start_page(self, first: Piece) -> None:
        if self.contents[-1]:
            self.contents.append([])
            self._y = TOP
            for piece in first.running:
                self._draw(piece)

    def _draw(self, piece: Piece) -> None:
        if piece.content:
            where = f"q 1 0 0 1 {LEFT} {PAGE_HEIGHT - self._y:.2f} cm"
            self.contents[-1].append(f"{where}\n{piece.content}\nQ")
        if self.contents[-1]:  # no empty space at the top of a page
            self._y += piece.height


def paginate(pieces: Iterable[Piece]) -> list[list[str]]:
    pages = Pages()
    for chain in _chains(pieces):
        pages.place(chain)
    return pages.contents


def _chains(pieces: Iterable[Piece]) -> Iterator[list[Piece]]:
    chain: list[Piece] = []
    for piece in pieces:
        chain.append(piece)
        if not piece.keep_with_next:
            yield chain
            chain = []
    if chain:
        yield chain
