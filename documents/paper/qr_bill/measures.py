"""The measures of a QR-bill, in points (version 2.3, chapter 3, and the style guide that belongs to it)."""

from __future__ import annotations

from dataclasses import dataclass

from documents.paper.grid import A4, Style

MM = 72 / 25.4
BLACK = "0 0 0"
HEIGHT, WIDTH = 105 * MM, A4.width  # of both parts together
EDGE = 5 * MM  # around each part nothing is printed
RECEIPT_WIDTH = 62 * MM
RECEIPT_TEXT = RECEIPT_WIDTH - 2 * EDGE
PART = RECEIPT_WIDTH + EDGE  # where the payment part's title, code and amount begin
INFORMATION, INFORMATION_WIDTH = 118 * MM, 87 * MM
CODE, CROSS = 46 * MM, 7 * MM
CODE_TOP = 17 * MM
BELOW_TITLE, AMOUNTS, ACCEPTANCE = 12 * MM, 68 * MM, 82 * MM  # from the upper edge
RECEIPT_BOX, PART_BOX = (52 * MM, 20 * MM), (65 * MM, 25 * MM)  # to be filled in by hand
TITLE = Style("LB", 11, 12, BLACK)


@dataclass(frozen=True, slots=True)
class Type:
    """How a section is set; a value is always two points larger than its heading."""

    heading: Style
    value: Style

    @property
    def leading(self) -> float:
        return self.value.leading


def _type(size: float) -> Type:
    return Type(Style("LB", size - 2, size + 1, BLACK), Style("LR", size, size + 1, BLACK))


RECEIPT_TYPE, PART_TYPE = _type(8), _type(10)
PART_TYPES = (PART_TYPE, _type(9), _type(8))
"""The recommended one, and smaller ones for longer names: none of less than 8 points is allowed."""
