"""Places pieces on pages: what belongs together stays together, as long as it fits on one page."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from documents.paper.compose import Piece
from documents.paper.grid import CARRY, MARGIN, PART_MARGIN, TOP, TOP_OF_NEXT, Sheet
from documents.paper.structure import Element

Carried = Callable[[int], tuple[Piece, Piece]]
"""Makes the rows that carry a sum forward, each CARRY high: the last of a page and the first of the next."""


_MARK = re.compile(r"/\w+<</MCID %d>>BDC")


@dataclass(slots=True)
class Page:
    """What is on a page, piece by piece, and the elements that its marked text belongs to, in their order."""

    content: list[str] = field(default_factory=list)
    marks: list[Element] = field(default_factory=list)
    mark_count: int = 0
    figures: list[tuple[Element, float, float]] = field(default_factory=list)
    """With the point that their boxes are measured from."""


class Pages:
    """The pages so far, and how far down the last one is filled, in points."""

    def __init__(self, sheet: Sheet, carried: Carried) -> None:
        self._left, self._bottom, self._height = sheet.left, sheet.bottom, sheet.height
        self._begin = f"q 1 0 0 1 {sheet.left:.2f}"
        self.pages = [Page()]
        self._y = TOP
        self._carried = carried
        self._sum: int | None = None  # of the table's rows so far

    def place(self, chain: Sequence[Piece]) -> None:
        """Places a chain on this page or the next. Of one too tall for a page the end is kept together."""
        rest = sum([piece.height for piece in chain]) + _reserve(chain[-1])
        for piece in chain:
            if self._y + rest > self._bottom and piece.content and self._is_for_next(piece, rest):
                self._start_page(piece)
            self._draw(piece, self._marked(piece) if piece.marks else piece.content)
            rest -= piece.height

    def _is_for_next(self, piece: Piece, rest: float) -> bool:
        """Whether a piece has to be on the next page, or all that follows it in the chain can be there."""
        has_no_room = self._y + piece.height + _reserve(piece) > self._bottom
        return has_no_room or self._top(piece) + rest <= self._bottom

    def place_at_foot(self, part: Sequence[Piece]) -> None:
        """Places pieces at the lower edge of the last page; on one of their own, if it has no room."""
        height = sum(piece.height for piece in part)
        if self._y > self._bottom - height + MARGIN - PART_MARGIN:
            self.pages.append(Page())
        self._y = self._height - height
        for piece in part:
            self._draw(piece, self._marked(piece) if piece.marks else piece.content)

    def _top(self, first: Piece) -> float:
        """Where this piece would begin on a new page."""
        carry = CARRY if self._is_carried(first) else 0
        return TOP_OF_NEXT + carry + sum(piece.height for piece in first.running)

    def _is_carried(self, first: Piece) -> bool:
        return self._sum is not None and bool(first.running)

    def _start_page(self, first: Piece) -> None:
        if not self.pages[-1].content:
            return
        above = first.running
        if self._sum is not None and self._is_carried(first):
            foot, head = self._carried(self._sum)
            self._draw(foot, foot.content)
            above = (above[0], head, *above[1:])
        self.pages.append(Page())
        self._y = TOP_OF_NEXT
        for piece in above:
            self._draw(piece, _MARK.sub("/Artifact BMC", piece.content))

    def _marked(self, piece: Piece) -> str:
        """The content with the numbers that its marks have on this page."""
        page = self.pages[-1]
        first = page.mark_count
        for element in piece.marks:
            page.mark_count += element.marks
            if element.box is not None:
                page.figures.append((element, self._left, self._height - self._y))
        page.marks += piece.marks
        return piece.content % tuple(range(first, page.mark_count))

    def _draw(self, piece: Piece, content: str) -> None:
        page = self.pages[-1]
        if content:
            page.content.append(f"{self._begin} {self._height - self._y:.2f} cm\n{content}\nQ")
        if page.content:  # no empty space at the top of a page
            self._y += piece.height
        if piece.sum_after is not None:
            self._sum = piece.sum_after


def paginate(
    pieces: Iterable[Piece], sheet: Sheet, carried: Carried, part: Sequence[Piece] = ()
) -> list[Page]:
    """The pages; the last one has the Swiss payment part at its foot, if there is one."""
    pages = Pages(sheet, carried)
    for chain in _chains(pieces):
        pages.place(chain)
    if part:
        pages.place_at_foot(part)
    return pages.pages


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
