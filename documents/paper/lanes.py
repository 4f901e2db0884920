"""Lanes: the table's columns of figures, right-aligned, as wide as the widest amount, never overlapping."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

GAP = 12.0


@dataclass(frozen=True, slots=True)
class Lanes:
    """The figures' right edges and the width left for the text before them, in points; the type's scale."""

    edges: tuple[float, ...]
    room: float
    scale: float


def lanes(natural: Sequence[float], *, width: float, text: float, least: Sequence[float]) -> Lanes:
    """Lanes for figures of such widths, at least `least` points each.

    Type shrinks if the text would get less than `text` points.
    """
    room = width - text - GAP * len(least)
    scale = min(1.0, room / sum(natural)) if any(natural) else 1.0
    sizes = [size * scale for size in natural]
    spare = max(0.0, room - sum(sizes))
    wanted = [max(0.0, wish - size) for wish, size in zip(least, sizes, strict=True)]
    share = min(1.0, spare / sum(wanted)) if any(wanted) else 0.0
    sizes = [size + wish * share for size, wish in zip(sizes, wanted, strict=True)]
    edges = tuple(
        width - sum(sizes[number + 1 :]) - GAP * (len(sizes) - 1 - number) for number in range(len(sizes))
    )
    return Lanes(edges, width - sum(sizes) - GAP * len(sizes), scale)
