"""The rows of the table: the heading, the sub-headings of orders, and the lines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from documents.paper.compose import Compositor, Piece, PieceBuilder
from documents.paper.fonts import font
from documents.paper.grid import BODY, INK, LABEL, SMALL, STRONG, WIDTH, Style
from documents.paper.lanes import Lanes
from documents.paper.text import Printable
from invoicing.snapshot import Line

PADDING = 5.0
SKU_GAP = 8.0  # between a name and the item number, in points
MAX_UNBROKEN = 6  # a row of more text lines than this may continue on the next page
FIRST, LAST = 3, 2  # of its first and of its last lines so many stay together

Cells = tuple[Printable, ...]


class Words(NamedTuple):
    """A line of text in the first column, or words `beside` the line before, at x points."""

    text: Printable
    style: Style
    x: float = 0.0
    beside: bool = False


@dataclass(frozen=True, slots=True)
class Rows:
    """Makes the rows of one table."""

    compositor: Compositor
    lanes: Lanes

    def heading(self, titles: Cells) -> Piece:
        builder = PieceBuilder(self.compositor)
        builder.left(0, LABEL.size, self.compositor.clean(self.compositor.labels.description), LABEL)
        self._figures(builder, LABEL.size, titles, LABEL)
        builder.rule(15, 0, WIDTH, INK, 0.75)
        return builder.piece(19, keep=True)

    def row(self, line: Line, cells: Cells, running: tuple[Piece, ...]) -> list[Piece]:
        texts = self._texts(line)
        first, *rest = _parts(texts)
        builder = PieceBuilder(self.compositor)
        self._figures(builder, PADDING + BODY.size, cells, BODY)
        height = self._lines(builder, PADDING, first)
        pieces = []
        for part in rest:
            pieces.append(builder.piece(height, running=running))
            builder = PieceBuilder(self.compositor)
            height = self._lines(builder, 0, part)
        height += PADDING - 1
        builder.rule(height, 0, WIDTH)
        return [*pieces, builder.piece(height, running=running)]

    def sub_heading(self, text: str, running: tuple[Piece, ...]) -> list[Piece]:
        pieces = []
        for number, line in enumerate(self.compositor.lines(text, STRONG, WIDTH)):
            builder = PieceBuilder(self.compositor)
            top = 0 if number else 2 * PADDING
            builder.left(0, top + STRONG.size, line, STRONG)
            pieces.append(builder.piece(top + STRONG.leading, keep=True, running=running))
        return pieces

    def continued(self, order: str) -> list[Piece]:
        """The sub-heading of a group that continues on a new page; none if it needs more than one line."""
        pieces = self.sub_heading(f"{order} ({self.compositor.labels.continued})", ())
        return pieces if len(pieces) == 1 else []

    def _figures(self, builder: PieceBuilder, y: float, cells: Cells, style: Style) -> None:
        style = style if self.lanes.scale == 1 else style.scaled(self.lanes.scale)
        for edge, cell in zip(self.lanes.edges, cells, strict=True):
            builder.right(edge, y, cell, style)

    def _lines(self, builder: PieceBuilder, y: float, texts: list[Words]) -> float:
        baseline = y
        for text, style, x, beside in texts:
            if not beside:
                baseline = y + style.size
                y += style.leading
            builder.left(x, baseline, text, style)
        return y

    def _texts(self, line: Line) -> list[Words]:
        lines, room = self.compositor.lines, self.lanes.room
        texts = [Words(text, BODY) for text in lines(line.name, BODY, room)] or [Words(Printable(""), BODY)]
        if line.sku:
            texts += self._sku(line.sku, texts)
        if line.is_price_reduction:
            reduction = self.compositor.labels.price_reduction
            texts += [Words(text, SMALL) for text in lines(reduction, SMALL, room)]
        if line.description:
            texts += [Words(text, SMALL) for text in lines(line.description, SMALL, room)]
        if line.discount_reason:
            reason = f"{self.compositor.labels.discount}: {line.discount_reason}"
            texts += [Words(text, SMALL) for text in lines(reason, SMALL, room)]
        if line.service_period:
            labels, formats = self.compositor.labels, self.compositor.formats
            period = f"{labels.service_period} {formats.period(line.service_period)}"
            texts += [Words(text, SMALL) for text in lines(period, SMALL, room)]
        return texts

    def _sku(self, sku: str, name: list[Words]) -> list[Words]:
        """The item number, beside a short name, otherwise below it."""
        words = self.compositor.clean(sku)
        x = font(BODY.weight).width(name[0].text) * BODY.size + SKU_GAP
        if len(name) == 1 and x + font(SMALL.weight).width(words) * SMALL.size <= self.lanes.room:
            return [Words(words, SMALL, x, beside=True)]
        return [Words(text, SMALL) for text in self.compositor.lines(sku, SMALL, self.lanes.room)]


def _parts(texts: list[Words]) -> list[list[Words]]:
    """The lines in unbroken parts: all in one, or the first ones, each of the middle, the last ones."""
    if len(texts) <= MAX_UNBROKEN:
        return [texts]
    return [texts[:FIRST], *([text] for text in texts[FIRST:-LAST]), texts[-LAST:]]
