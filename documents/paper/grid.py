"""The page: its measures in points, its colours and its text styles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

WIDTH = 483.28  # of the text, on sheets of any size
TOP = 52.0
TOP_OF_NEXT = 68.0  # of all pages but the first, below their running head
CARRY = 17.0  # height of the row of a sum that is carried from page to page
WINDOW_TOP = 138.0  # here the buyer's address shows in the window of a DIN 5008 or C5/6 envelope
MARGIN, PART_MARGIN = 48.0, 30.0  # from the footer's rule to the edge of the sheet, to the payment part
COLUMNS = 4
GUTTER = 14.0
COLUMN = (WIDTH - (COLUMNS - 1) * GUTTER) / COLUMNS

INK = "0.09 0.12 0.16"
MUTED = "0.39 0.44 0.50"
HAIRLINE = "0.86 0.88 0.90"
ACCENT = "0.04 0.39 0.42"
TINT = "0.955 0.972 0.972"


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet of paper in points; `foot` is the height of the seller's own text at the foot of each page.

    `part` is that of the Swiss payment part below it, if the page has one.
    """

    width: float
    height: float
    foot: float = 0.0
    part: float = 0.0

    @property
    def left(self) -> float:
        return (self.width - WIDTH) / 2

    @property
    def bottom(self) -> float:
        """Where the content ends."""
        return self.footer - 14

    @property
    def footer(self) -> float:
        """Where the footer's rule is."""
        return self.height - self.foot - (self.part + PART_MARGIN if self.part else MARGIN)


A4, LETTER = Sheet(595.28, 841.89), Sheet(612, 792)


class Style(NamedTuple):
    """A weight ("R" regular, "B" semi-bold), a size and a leading in points, a colour."""

    weight: str
    size: float
    leading: float
    colour: str = INK

    def scaled(self, factor: float) -> Style:
        return self._replace(size=round(self.size * factor, 2))


NAME = Style("B", 13, 18)
TITLE = Style("B", 23, 31)
LABEL = Style("R", 8, 10.5, MUTED)
SMALL = Style("R", 8, 10.5, MUTED)
SMALL_NAME = Style("B", 8, 10.5)
FACT = Style("B", 9.2, 12.5)
HEADING = Style("B", 9.2, 15, ACCENT)
BODY = Style("R", 9.2, 12.5)
STRONG = Style("B", 9.2, 12.5)
MARK = Style("B", 10.5, 12.5, ACCENT)
TOTAL = Style("B", 11.5, 12.5, ACCENT)


def column(number: int) -> float:
    """Where a column of the grid starts, from the left margin."""
    return number * (COLUMN + GUTTER)
