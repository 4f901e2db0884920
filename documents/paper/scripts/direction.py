"""In which direction each character of a line runs: Unicode's bidirectional algorithm (UAX #9).

Embeddings and isolates (rules X1 to X8) are left out: text is printed without the characters that make them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from itertools import groupby
from typing import TypeVar

LEFT_TO_RIGHT, RIGHT_TO_LEFT = "\u200e", "\u200f"  # invisible letters that set a direction
_RIGHT_TO_LEFT = re.compile(
    "[\u0590-\u08ff\u200f\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]"
)
_STRONG = {"L": 0, "R": 1, "AL": 1}
_NEUTRAL = frozenset(("B", "S", "WS", "ON", "BN"))
_BRACKETS = dict(zip("([{〈《「『【〔", ")]}〉》」』】〕", strict=True))
_PAIRED = {**_BRACKETS, **{end: start for start, end in _BRACKETS.items()}}
_MIRRORED = {**_PAIRED, "<": ">", ">": "<", "«": "»", "»": "«", "‹": "›", "›": "‹", "≤": "≥", "≥": "≤"}

T = TypeVar("T")


def has_right_to_left(text: str) -> bool:
    return _RIGHT_TO_LEFT.search(text) is not None


def mark(text: str) -> str:
    """The invisible letter by which a part of the text has the direction of the whole."""
    return RIGHT_TO_LEFT if base_level(text) else LEFT_TO_RIGHT


def base_level(text: str) -> int:
    """1 if the first letter runs from right to left, else 0 (P2, P3)."""
    return next((_STRONG[kind] for kind in map(unicodedata.bidirectional, text) if kind in _STRONG), 0)


def levels(text: str) -> list[int]:
    """The level of each character: it runs from right to left where the level is odd."""
    base = base_level(text)
    strong = "R" if base else "L"
    originals = [unicodedata.bidirectional(char) or "L" for char in text]
    kinds = _numbers(_marks(originals, strong), strong)
    _brackets(text, originals, kinds, strong)
    _neutrals(kinds, strong)
    found = [_implicit(kind, base) for kind in kinds]
    end = len(text.rstrip())  # L1
    return [*found[:end], *[base] * (len(text) - end)]


def in_visual_order(runs: Sequence[tuple[int, T]]) -> list[T]:
    """Runs with their levels, from left to right (L2)."""
    ordered = list(runs)
    highest = max((level for level, _ in runs), default=0)
    for level in range(highest, 0, -1):
        ordered = _turned_from(level, ordered)
    return [run for _, run in ordered]


def _turned_from(level: int, runs: list[tuple[int, T]]) -> list[tuple[int, T]]:
    """With each row of runs turned round that are of this level or a higher one."""
    ordered: list[tuple[int, T]] = []
    for is_turned, group in groupby(runs, lambda run: run[0] >= level):
        row = list(group)
        ordered += row[::-1] if is_turned else row
    return ordered


def mirrored(text: str) -> str:
    """The text from its last character to its first, its brackets turned round (L4)."""
    return "".join(_MIRRORED.get(char, char) for char in reversed(text))


def _marks(originals: Sequence[str], strong: str) -> list[str]:
    """Marks are of the kind of what they stand on; after Arabic letters, digits are Arabic (W1 to W3)."""
    kinds: list[str] = []
    last, before = strong, strong
    for kind in originals:
        kind = before if kind == "NSM" else kind
        before = kind
        if kind in _STRONG:
            last = kind
        kinds.append("AN" if kind == "EN" and last == "AL" else kind)
    return ["R" if kind == "AL" else kind for kind in kinds]


def _numbers(kinds: list[str], strong: str) -> list[str]:
    """Separators between digits belong to them, and so do signs of currencies beside them (W4 to W7)."""
    for at in range(1, len(kinds) - 1):
        around = {kinds[at - 1], kinds[at + 1]}
        if (kinds[at] in ("ES", "CS") and around == {"EN"}) or (kinds[at] == "CS" and around == {"AN"}):
            kinds[at] = kinds[at - 1]
    start = 0
    for kind, group in groupby(kinds[:]):
        end = start + len(list(group))
        if kind == "ET" and "EN" in (kinds[start - 1] if start else "", *kinds[end : end + 1]):
            kinds[start:end] = ["EN"] * (end - start)
        start = end
    kinds = ["ON" if kind in ("ES", "ET", "CS") else kind for kind in kinds]
    last = strong
    for at, kind in enumerate(kinds):
        last = kind if kind in ("L", "R") else last
        kinds[at] = "L" if kind == "EN" and last == "L" else kind
    return kinds


def _brackets(text: str, originals: Sequence[str], kinds: list[str], strong: str) -> None:
    """A pair of brackets has one direction: that of the line if such text is in it (N0)."""
    for start, end in _pairs(text, kinds):
        inside = {_direction(kind) for kind in kinds[start + 1 : end]} - {""}
        if not inside:
            continue
        direction = strong
        if strong not in inside:
            before = (_direction(kind) for kind in reversed(kinds[:start]))
            direction = next(filter(None, before), strong)
            direction = direction if direction in inside else strong
        for at in (start, end):
            kinds[at] = direction
            for mark in range(at + 1, len(kinds)):
                if originals[mark] != "NSM":
                    break
                kinds[mark] = direction


def _pairs(text: str, kinds: Sequence[str]) -> list[tuple[int, int]]:
    open_ones: list[tuple[str, int]] = []
    pairs = []
    for at, char in enumerate(text):
        if char not in _PAIRED or kinds[at] != "ON":
            continue
        if char in _BRACKETS:
            open_ones.append((_BRACKETS[char], at))
        elif match := [number for number, (close, _) in enumerate(open_ones) if close == char]:
            pairs.append((open_ones[match[-1]][1], at))
            del open_ones[match[-1] :]
    return sorted(pairs)


def _neutrals(kinds: list[str], strong: str) -> None:
    """What is neutral takes the direction of both sides, or that of the line (N1, N2)."""
    start = 0
    for is_neutral, group in groupby(kinds[:], lambda kind: kind in _NEUTRAL):
        end = start + len(list(group))
        if is_neutral:
            before = _direction(kinds[start - 1]) if start else strong
            after = _direction(kinds[end]) if end < len(kinds) else strong
            kinds[start:end] = [before if before == after else strong] * (end - start)
        start = end


def _direction(kind: str) -> str:
    return {"L": "L", "R": "R", "EN": "R", "AN": "R"}.get(kind, "")


def _implicit(kind: str, base: int) -> int:
    """Letters against the line's direction are one level up, digits two from left to right (I1, I2)."""
    if base:
        return 2 if kind in ("L", "EN", "AN") else 1
    return {"R": 1, "EN": 2, "AN": 2}.get(kind, 0)
