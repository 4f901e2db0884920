"""The table's figures: text whose width is measured once, for its lane and for its place in it."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from documents.paper.fonts import font
from documents.paper.text import Printable

WEIGHT = "R"  # of all of them

Key = TypeVar("Key", bound=Hashable)


@dataclass(slots=True, eq=False)
class Figure:
    """A text with its width in ems, and as the first subset writes it; None where that has not all of it."""

    text: Printable
    literal: str | None
    width: float


def figure(text: Printable) -> Figure:
    face = font(WEIGHT)
    return Figure(text, face.first_literal(text), face.width(text))


NO_FIGURE = Figure(Printable(""), "", 0.0)


def figures(keys: Sequence[Key | None], made: Callable[[Key], Figure]) -> list[Figure]:
    """A column of them, each made once, however often it comes; of None there is none."""
    found = {key: NO_FIGURE if key is None else made(key) for key in dict.fromkeys(keys)}
    return [found[key] for key in keys]
