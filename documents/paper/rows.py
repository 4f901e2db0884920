"""The rows of the table: the heading, the sub-headings of orders, and the lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from documents.paper.compose import Compositor, Piece, PieceBuilder
from documents.paper.fonts import font
from documents.paper.grid import BODY, CARRY, INK, LABEL, SMALL, STRONG, WIDTH, Style
from documents.paper.lanes import Lanes
from documents.paper.structure import COLUMN_HEADER, Element, row_header_across
from documents.paper.text import Printable
from invoicing.snapshot import Line

PADDING, TIGHT = 5.0, 3.75  # above a row's text, in points; a row of one line is 21.5 or 19 points high
SKU_GAP = 8.0  # between a name and the item number, in points
MAX_UNBROKEN = 6  # a row of more text lines than this may continue on the next page
FIRST, LAST = 3, 2  # of its first and of its last lines so many stay together


class Words(NamedTuple):
    """A line of text in the first column, or words `beside` the line before, at x points."""

    text: Printable
    style: Style
    x: float = 0.0
    beside: bool = False


@dataclass(slots=True, eq=False)
class Text:
    """The text of a line's first cell, wrapped, in unbroken parts; lines that say the same share it."""

    parts: list[list[Words]]

    def heights(self, padding: float) -> list[float]:
        """How high each part is with so much room above the first one and, less a point, below the last."""
        heights = [sum([words.style.leading for words in part if not words.beside]) for part in self.parts]
        heights[0] = padding + heights[0]
        heights[-1] += padding - 1
        return heights


class Row(NamedTuple):
    """A line of the invoice, by its place among them, that is not drawn yet."""

    text: Text
    number: int
    sum_after: int  # of the lines up to it


@dataclass(frozen=True, slots=True)
class Rows:
    """Makes the rows of one table."""

    compositor: Compositor
    lanes: Lanes
    table: Element
    _texts: dict[tuple[object, ...], Text] = field(default_factory=dict)

    def heading(self, titles: Sequence[Printable]) -> Piece:
        builder = PieceBuilder(self.compositor)
        row = self.table.add("TR")
        builder.begin(row.add("TH", COLUMN_HEADER))
        builder.left(0, LABEL.size, self.compositor.clean(self.compositor.labels.description), LABEL)
        for edge, title in zip(self.lanes.edges, titles, strict=True):
            builder.begin(row.add("TH", COLUMN_HEADER))
            builder.right(edge, LABEL.size, title, self.scaled(LABEL))
        builder.rule(15, 0, WIDTH, INK, 0.75)
        return builder.piece(19, keep=True)

    def wrapped(self, line: Line, number: int, sum_after: int) -> Row:
        said = (
            line.name,
            line.sku,
            line.description,
            line.discount_reason,
            line.service_period,
            line.is_price_reduction,
        )
        text = self._texts.get(said)
        if text is None:
            text = self._texts[said] = Text(_parts(self._wrapped(line)))
        return Row(text, number, sum_after)

    def carried(self, words: str, amount: Printable) -> Piece:
        """The row of a sum that is carried from page to page."""
        builder = PieceBuilder(self.compositor, is_artifact=True)
        style = STRONG.scaled(self.lanes.scale)
        builder.left(0, 3 + SMALL.size, self.compositor.clean(words), SMALL)
        builder.right(self.lanes.edges[-1], 3 + SMALL.size, amount, style)
        builder.rule(CARRY - 1, 0, WIDTH)
        return builder.piece(CARRY)

    def sub_heading(self, text: str, row: Element, running: tuple[Piece, ...]) -> list[Piece]:
        pieces = []
        header = row.add("TH", row_header_across(1 + len(self.lanes.edges)))
        for number, line in enumerate(self.compositor.lines(text, STRONG, WIDTH)):
            builder = PieceBuilder(self.compositor)
            builder.begin(header)
            top = 0 if number else 2 * PADDING
            builder.left(0, top + STRONG.size, line, STRONG)
            pieces.append(builder.piece(top + STRONG.leading, keep=True, running=running))
        return pieces

    def continued(self, order: str) -> list[Piece]:
        """The sub-heading of a group that continues on a new page; none if it needs more than one line."""
        pieces = self.sub_heading(f"{order} ({self.compositor.labels.continued})", Element("TR"), ())
        return pieces if len(pieces) == 1 else []

    def scaled(self, style: Style) -> Style:
        return style if self.lanes.scale == 1 else style.scaled(self.lanes.scale)

    def _wrapped(self, line: Line) -> list[Words]:
        lines, room = self.compositor.lines, self.lanes.room
        texts = [Words(text, BODY) for text in lines(line.name, BODY, room)] or [Words(Printable(""), BODY)]
        if line.sku:
            texts += self._sku(line.sku, texts)
        # Below the name the middle columns are empty: the text runs across them, up to the amounts.
        across = self.lanes.edges[-2]
        for detail in self._details(line):
            texts += [Words(text, SMALL) for text in lines(detail, SMALL, across)]
        return texts

    def _details(self, line: Line) -> list[str]:
        """What stands below its name."""
        labels, formats = self.compositor.labels, self.compositor.formats
        details = []
        if line.is_price_reduction:
            details.append(labels.price_reduction)
        if line.description:
            details.append(line.description)
        if line.discount_reason:
            details.append(labels.discount_for.format(reason=line.discount_reason))
        if line.service_period:
            details.append(f"{labels.service_period} {formats.period(line.service_period)}")
        return details

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
