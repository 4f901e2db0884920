"""The table's figures: text whose width is measured once, for its lane and for its place in it."""

from __future__ import annotations

from typing import NamedTuple

from documents.paper.fonts import font
from documents.paper.text import Printable

WEIGHT = "R"  # of all of them


class Figure(NamedTuple):
    """A text with its width in ems, and as the first subset writes it; None where that has not all of it."""

    text: Printable
    literal: str | None
    width: float


def figure(text: Printable) -> Figure:
    face = font(WEIGHT)
    return Figure(text, face.first_literal(text), face.width(text))


NO_FIGURE = Figure(Printable(""), "", 0.0)
