"""Text made printable: characters that the fonts lack become boxes, and long lines are wrapped."""

from __future__ import annotations

import unicodedata
from functools import cache
from typing import NewType

from documents.paper.fonts import MISSING, Font, font

Printable = NewType("Printable", str)
"""Text of which the fonts have every character. Only this can be drawn; mypy checks it."""

SELECTORS = (
    range(0xFE00, 0xFE10),
    range(0xE0100, 0xE01F0),
)  # select a variant of a glyph and draw nothing themselves


class Repertoire(dict[int, str]):
    """For `str.translate`: characters of the fonts stay, controls are removed, any other becomes a box."""

    def __missing__(self, code: int) -> str:
        category = unicodedata.category(chr(code))
        if category.startswith("Z") or chr(code).isspace():
            return " "
        if category in ("Cc", "Cf") or any(code in selectors for selectors in SELECTORS):
            return ""
        return MISSING


def clean(text: str) -> Printable:
    """The text in one line, without control and format characters, with boxes for what the fonts lack."""
    if text.isascii() and text.isprintable():
        return Printable(text)
    return Printable(unicodedata.normalize("NFC", text).translate(_repertoire()))


def missing_characters(text: str) -> set[str]:
    """The characters that `clean` replaces by a box."""
    repertoire = _repertoire()
    boxes = {char for char in unicodedata.normalize("NFC", text) if repertoire[ord(char)] == MISSING}
    return boxes - {MISSING}


def is_printable(text: str) -> bool:
    return not missing_characters(text)


def wrap(text: Printable, face: Font, width: float) -> list[Printable]:
    """Lines of at most `width` ems, broken at spaces; a longer word is broken between characters."""
    if face.width(text) <= width:
        return [text]
    lines: list[str] = []
    line, used = "", 0.0
    space = face.width(" ")
    for word in filter(None, text.split(" ")):  # not at no-break spaces
        for part in _parts(word, face, width):
            size = face.width(part)
            if line and used + space + size > width:
                lines.append(line)
                line, used = part, size
            else:
                line, used = (f"{line} {part}", used + space + size) if line else (part, size)
    return [Printable(line) for line in [*lines, line]]


def _parts(word: str, face: Font, width: float) -> list[str]:
    if face.width(word) <= width:
        return [word]
    parts, part, used = [], "", 0.0
    for char in word:
        size = face.widths[char]
        if part and used + size > width:
            parts.append(part)
            part, used = "", 0.0
        part, used = part + char, used + size
    return [*parts, part]


@cache
def _repertoire() -> Repertoire:
    inked = (char for char in font("R").widths if unicodedata.category(char) != "Cf")  # no soft hyphens
    return Repertoire({ord(char): char for char in inked})
