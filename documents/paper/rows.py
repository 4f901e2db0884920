"""The rows of the table: the heading, the sub-headings of orders, and the lines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from documents.paper.compose import Compositor, Draft, Piece
from documents.paper.fonts import font
from documents.paper.grid import BODY, INK, LABEL, SMALL, STRONG, WIDTH, Style
from documents.paper.lanes import Lanes
from documents.paper.text import Printable
from invoicing.snapshot import Line

PADDING = 5.0
BESIDE = 8.0  # between a name and the item number, in points
TOGETHER = 6  # a row of more text lines than this may go on on the next page
HEAD, TAIL = 3, 2  # of which so many stay together

Cells = tuple[Printable, ...]


class Words(NamedTuple):
    """A line of text in the first column, or more words `beside` the one before, at x points."""

    text: Printable
    style: Style
    x: float = 0.0
    beside: bool = False


@dataclass(frozen=True, slots=True)
class Rows:
    """How the rows of one table look."""

    compositor: Compositor
    lanes: Lanes

    def heading(self, titles: Cells) -> Piece:
        draft = Draft(self.compositor)
        draft.left(0, LABEL.size, self.compositor.clean(self.compositor.labels.description), LABEL)
        self._figures(draft, LABEL.size, titles, LABEL)
        draft.rule(15, 0, WIDTH, INK, 0.75)
        return draft.piece(19, keep=True)

    def row(self, line: Line, cells: Cells, running: tuple[Piece, ...]) -> list[Piece]:
        texts = self._texts(line)
        first, *rest = _parts(texts)
        draft = Draft(self.compositor)
        self._figures(draft, PADDING + BODY.size, cells, BODY)
        height = self._lines(draft, PADDING, first)
        pieces = []
        for part in rest:
            pieces.append(draft.piece(height, running=running))
            draft = Draft(self.compositor)
            height = self._lines(draft, 0, part)
        height += PADDING - 1
        draft.rule(height, 0, WIDTH)
        return [*pieces, draft.piece(height, running=running)]

    def sub_heading(self, text: str, running: tuple[Piece, ...]) -> list[Piece]:
        pieces = []
        for number, line in enumerate(self.compositor.lines(text, STRONG, WIDTH)):
            draft = Draft(self.compositor)
            top = 0 if number else 2 * PADDING
            draft.left(0, top + STRONG.size, line, STRONG)
            pieces.append(draft.piece(top + STRONG.leading, keep=True, running=running))
        return pieces

    def continued(self, order: str) -> list[Piece]:
        """The sub-heading of a group that goes on on a new page; a long one is not worth the room."""
        pieces = self.sub_heading(f"{order} ({self.compositor.labels.continued})", ())
        return pieces if len(pieces) == 1 else []

    def _figures(self, draft: Draft, y: float, cells: Cells, style: Style) -> None:
        style = style if self.lanes.scale == 1 else style.scaled(self.lanes.scale)
        for edge, cell in zip(self.lanes.edges, cells, strict=True):
            draft.right(edge, y, cell, style)

    def _lines(self, draft: Draft, y: float, texts: list[Words]) -> float:
        baseline = y
        for text, style, x, beside in texts:
            if not beside:
                baseline = y + style.size
                y += style.leading
            draft.left(x, baseline, text, style)
        return y

    def _texts(self, line: Line) -> list[Words]:
        lines, room = self.compositor.lines, self.lanes.room
        texts = [Words(text, BODY) for text in lines(line.name, BODY, room)] or [Words(Printable(""), BODY)]
        if line.sku:
            texts += self._sku(line.sku, texts)
        if line.description:
            texts += [Words(text, SMALL) for text in lines(line.description, SMALL, room)]
        return texts

    def _sku(self, sku: str, name: list[Words]) -> list[Words]:
        """Beside a short name, otherwise below it."""
        words = self.compositor.clean(sku)
        x = font(BODY.weight).width(name[0].text) * BODY.size + BESIDE
        if len(name) == 1 and x + font(SMALL.weight).width(words) * SMALL.size <= self.lanes.room:
            return [Words(words, SMALL, x, beside=True)]
        return [Words(text, SMALL) for text in self.compositor.lines(sku, SMALL, self.lanes.room)]


def _parts(texts: list[Words]) -> list[list[Words]]:
    """The text lines that stay together: all of them, or the first, each of the middle, and the last."""
    if len(texts) <= TOGETHER:
        return [texts]
    return [texts[:HEAD], *([text] for text in texts[HEAD:-TAIL]), texts[-TAIL:]]
