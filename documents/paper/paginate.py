"""Places pieces on pages: what belongs together stays together, as long as it fits on one page."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from documents.paper.compose import Piece
from documents.paper.grid import BOTTOM, CARRY, LEFT, PAGE_HEIGHT, TOP, TOP_OF_NEXT

Carried = Callable[[int], tuple[Piece, Piece]]
"""Makes the rows that carry a sum forward, each CARRY high: the last of a page and the first of the next."""


class Pages:
    """The content of the pages so far, and how far down the last one is filled, in points."""

    def __init__(self, carried: Carried) -> None:
        self.contents: list[list[str]] = [[]]
        self._y = TOP
        self._carried = carried
        self._sum: int | None = None  # of the table's rows so far

    def place(self, chain: Sequence[Piece]) -> None:
        """Places a chain on this page or the next. Of one too tall for a page the end is kept together."""
        rest = sum(piece.height for piece in chain) + _reserve(chain[-1])
        for piece in chain:
            is_over = self._y + rest > BOTTOM and self._top(piece) + rest <= BOTTOM
            if piece.content and (is_over or self._y + piece.height + _reserve(piece) > BOTTOM):
                self._start_page(piece)
            self._draw(piece)
            rest -= piece.height

    def _top(self, first: Piece) -> float:
        """Where this piece would begin on a new page."""
        carry = CARRY if self._is_carried(first) else 0
        return TOP_OF_NEXT + carry + sum(piece.height for piece in first.running)

    def _is_carried(self, first: Piece) -> bool:
        return self._sum is not None and bool(first.running)

    def _start_page(self, first: Piece) -> None:
        if not self.contents[-1]:
            return
        above = first.running
        if self._sum is not None and self._is_carried(first):
            foot, head = self._carried(self._sum)
            self._draw(foot)
            above = (above[0], head, *above[1:])
        self.contents.append([])
        self._y = TOP_OF_NEXT
        for piece in above:
            self._draw(piece)

    def _draw(self, piece: Piece) -> None:
        if piece.content:
            where = f"q 1 0 0 1 {LEFT} {PAGE_HEIGHT - self._y:.2f} cm"
            self.contents[-1].append(f"{where}\n{piece.content}\nQ")
        if self.contents[-1]:  # no empty space at the top of a page
            self._y += piece.height
        if piece.sum_after is not None:
            self._sum = piece.sum_after


def paginate(pieces: Iterable[Piece], carried: Carried) -> list[list[str]]:
    pages = Pages(carried)
    for chain in _chains(pieces):
        pages.place(chain)
    return pages.contents


def _reserve(piece: Piece) -> float:
    """The room kept below a row of the table for the sum that is carried forward."""
    return CARRY if piece.sum_after is not None else 0


def _chains(pieces: Iterable[Piece]) -> Iterator[list[Piece]]:
    chain: list[Piece] = []
    for piece in pieces:
        chain.append(piece)
        if not piece.keep_with_next:
            yield chain
            chain = []
    if chain:
        yield chain
