"""The pieces of rows: drawn, or only measured to count pages.

Rows are most of a long invoice and much alike: what they have in common is written once.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from documents.paper.compose import Piece, PieceBuilder
from documents.paper.figures import NO_FIGURE, Figure
from documents.paper.fonts import font
from documents.paper.grid import BODY, WIDTH, Style
from documents.paper.rows import Row, Rows, Text, Words
from documents.paper.structure import Continued, Element, TableRow
from documents.paper.text import Printable

UNDRAWN = "-"  # the content of a piece that is only measured
CELLS, WORDS, X = "\1", Printable("\2"), math.nan  # in patterns: what is not known yet, and where it is

Running = tuple[Piece, ...]


class MeasuredRows:
    """Pieces as high as the rows, which show nothing."""

    def __init__(self, padding: float) -> None:
        self._padding = padding

    def pieces(self, row: Row, running: Running) -> list[Piece]:
        heights = row.text.heights(self._padding)
        return [Piece(height, UNDRAWN, running=running, sum_after=row.sum_after) for height in heights]


class Around(NamedTuple):
    """What is drawn before and after the figures of a row that is in one part, and how high it is."""

    before: str
    after: str
    height: float


class DrawnRows:
    """Draws rows, and adds their elements to the table. `columns` are the figures of all lines."""

    def __init__(self, rows: Rows, padding: float, columns: Sequence[Sequence[Figure]]) -> None:
        self._compositor, self._table, self._padding = rows.compositor, rows.table, padding
        self._style = rows.scaled(BODY)
        drawn = [self._drawn(column, edge) for column, edge in zip(columns, rows.lanes.edges, strict=True)]
        self._cells = list(zip(*drawn, strict=True))
        self._around: dict[Text, Around] = {}
        self._patterns: dict[tuple[tuple[Style, bool], ...], Around] = {}
        self._between = PieceBuilder(self._compositor).next_cell

    def pieces(self, row: Row, running: Running) -> list[Piece]:
        cells = self._cells[row.number]
        tagged = TableRow((True, *map(bool, cells)))
        self._table.append(tagged)
        if len(row.text.parts) > 1:
            return self._in_parts(row, running, tagged)
        before, after, height = self._around.get(row.text) or self._drawn_around(row.text)
        content = f"{before}{self._between.join(filter(None, cells))}{after}"
        return [Piece(height, content, False, running, row.sum_after, 0.0, (tagged,))]

    def _drawn(self, column: Sequence[Figure], edge: float) -> list[str]:
        """The page content of the figures of a column, from its right edge to the left.

        It leaves the style as it is; of no figure there is none.
        """
        compositor, style = self._compositor, self._style
        place = f"{-(self._padding + BODY.size):.2f} Tm"
        found = {NO_FIGURE: ""}
        for figure in dict.fromkeys(column):
            if figure is NO_FIGURE:
                continue
            shown = f"({figure.literal}) Tj"
            if figure.literal is None:
                shown = f"{compositor.runs('', figure.text, style)}\n{compositor.setting(style)}"
            found[figure] = f"1 0 0 1 {edge - figure.width * style.size:.2f} {place} {shown}"
        return [found[figure] for figure in column]

    def _drawn_around(self, text: Text) -> Around:
        """What is around the figures of all rows that have this text."""
        words = text.parts[0]
        layout, values = [], list[str | float]()
        for each, style, x, beside in words:
            face = font(style.weight)
            literal = face.first_literal(each)
            if literal is None:
                break
            layout.append((style, beside))
            values += (x - face.space * style.size, literal) if beside else (literal,)
        if len(layout) < len(words):
            around = self._written_around(words)
        else:
            around = self._filled(tuple(layout), values)
        self._around[text] = around
        return around

    def _filled(self, layout: tuple[tuple[Style, bool], ...], values: Sequence[str | float]) -> Around:
        """The pattern of rows whose lines of text are so, with a text's values in it."""
        pattern = self._patterns.get(layout)
        if pattern is None:
            unknown = [Words(WORDS, style, X if beside else 0.0, beside) for style, beside in layout]
            written, after, height = self._written_around(unknown)
            before = written.replace("%", "%%").replace(f"{X}", "%.2f").replace(WORDS, "%s")
            pattern = self._patterns[layout] = Around(before, after, height)
        return Around(pattern.before % tuple(values), pattern.after, pattern.height)

    def _written_around(self, words: list[Words]) -> Around:
        height, *_ = Text([words]).heights(self._padding)
        builder = PieceBuilder(self._compositor)
        builder.begin(Element("TD"))
        _draw(builder, self._padding, words)
        builder.cells([CELLS], self._style)
        builder.rule(height, 0, WIDTH)
        before, after = builder.piece(height).content.split(CELLS)
        return Around(before, after, height)

    def _in_parts(self, row: Row, running: Running, tagged: TableRow) -> list[Piece]:
        pieces = []
        heights = row.text.heights(self._padding)
        for number, (part, height) in enumerate(zip(row.text.parts, heights, strict=True)):
            builder = PieceBuilder(self._compositor)
            builder.begin(Continued(tagged) if number else tagged)
            _draw(builder, 0.0 if number else self._padding, part)
            if not number:
                builder.cells(list(filter(None, self._cells[row.number])), self._style)
            if number == len(heights) - 1:
                builder.rule(height, 0, WIDTH)
            pieces.append(builder.piece(height, running=running, sum_after=row.sum_after))
        return pieces


def _draw(builder: PieceBuilder, y: float, texts: list[Words]) -> None:
    baseline = y
    for text, style, x, beside in texts:
        if not beside:
            baseline = y + style.size
            y += style.leading
        builder.left(x, baseline, text, style)
