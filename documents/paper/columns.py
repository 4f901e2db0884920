"""Columns of text side by side, and facts: a small label with its value below it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from documents.paper.compose import Compositor, Piece, PieceBuilder, kind_of
from documents.paper.fonts import font
from documents.paper.grid import COLUMNS, FACT, GUTTER, LABEL, TINT, WIDTH, Style
from documents.paper.structure import Element
from documents.paper.text import Printable

BAND = 240.0  # points; columns taller than this may continue on the next page
MAX_FACT_LINES = 2  # of a fact in two columns; with more it takes the whole width
FACT_GAP = 9.0

Line = tuple[Printable, Style]
Fact = tuple[str, str]
Placed = tuple[float, float, Line, Element]


@dataclass(frozen=True, slots=True)
class Frame:
    """Where columns stand: an inset from both margins in points, and a tinted or a white background."""

    inset: float = 0.0
    tinted: bool = False

    @property
    def column(self) -> float:
        return (WIDTH - 2 * self.inset - (COLUMNS - 1) * GUTTER) / COLUMNS

    def x(self, number: int) -> float:
        return self.inset + number * (self.column + GUTTER)

    def span(self, columns: int) -> float:
        return columns * self.column + (columns - 1) * GUTTER


PLAIN = Frame()


def wrapped_lines(compositor: Compositor, width: float, texts: Iterable[tuple[str, Style]]) -> list[Line]:
    """Texts below each other, each wrapped to `width` points."""
    return [(line, style) for text, style in texts for line in compositor.lines(text, style, width)]


def columns(
    compositor: Compositor,
    blocks: Sequence[tuple[float, Sequence[Line]]],
    *,
    frame: Frame = PLAIN,
    after: float = 0.0,
    element: Element | None = None,
) -> list[Piece]:
    """Blocks side by side, each at its x; one piece, or several when they are tall.

    They are text of `element`, or a paragraph or heading each.
    """
    bands: dict[int, list[Placed]] = {}
    bottom = 0.0
    for x, lines in blocks:
        y = 0.0
        begun = element or compositor.document.add(kind_of(lines[0][1]) if lines else "P")
        for line in lines:
            bands.setdefault(int(y // BAND), []).append((x, y, line, begun))
            y += line[1].leading
            bottom = max(bottom, y)
    last = max(bands, default=0)
    pieces = []
    for number in sorted(bands):
        top = min(y for _, y, *_ in bands[number])
        end = bottom + after if number == last else min(y for _, y, *_ in bands[number + 1])
        pieces.append(_band(compositor, bands[number], top, end - top, frame))
    return pieces


def text_lines(compositor: Compositor, text: str, style: Style) -> list[Piece]:
    """Text in the full width, a piece for each line, so that a long one may continue on the next page."""
    pieces = []
    element = compositor.document.add(kind_of(style))
    for line in wrapped_lines(compositor, WIDTH, [(text, style)]):
        pieces += columns(compositor, [(0.0, [line])], element=element)
    return pieces


def _band(
    compositor: Compositor,
    lines: Sequence[Placed],
    top: float,
    height: float,
    frame: Frame,
) -> Piece:
    builder = PieceBuilder(compositor)
    if frame.tinted:
        builder.box(0, 0, WIDTH, height + 0.4, TINT)  # 0.4 more, so that no gap shows between bands
    for x, y, (text, style), element in lines:
        builder.begin(element)
        builder.left(x, y - top + style.size, text, style)
    return builder.piece(height, keep=frame.tinted)


def facts(
    compositor: Compositor, pairs: Sequence[Fact], *, frame: Frame = PLAIN, most: int = COLUMNS
) -> list[Piece]:
    """Labels with values, up to `most` side by side; a long value takes two columns, or the whole width."""
    pieces: list[Piece] = []
    row: list[tuple[float, list[Line]]] = []
    used = 0
    for pair in pairs:
        span, lines = _fact(compositor, pair, frame, most)
        if used + span > most:
            pieces += columns(compositor, row, frame=frame, after=FACT_GAP)
            row, used = [], 0
        row.append((frame.x(used), lines))
        used += span
    return [*pieces, *columns(compositor, row, frame=frame, after=FACT_GAP)]


def _fact(compositor: Compositor, pair: Fact, frame: Frame, columns: int) -> tuple[int, list[Line]]:
    label, value = pair
    longest = max(map(font(FACT.weight).width, compositor.clean(value).split(" "))) * FACT.size
    for span, most in ((1, 1), (2, MAX_FACT_LINES), (columns, None)):
        lines = wrapped_lines(compositor, frame.span(span), [(label, LABEL), (value, FACT)])
        if most is None or (len(lines) <= 1 + most and longest <= frame.span(span)):
            break
    return span, lines


def keep_together(pieces: Sequence[Piece]) -> list[Piece]:
    """The same pieces, kept on one page with each other and with the piece that follows."""
    return [piece if piece.keep_with_next else piece._replace(keep_with_next=True) for piece in pieces]
