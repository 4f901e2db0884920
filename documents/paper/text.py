"""Text made printable: characters that the fonts lack become boxes, and long lines are wrapped."""

from __future__ import annotations

import unicodedata
from functools import cache
from typing import NewType

from documents.paper.emoji import without_emoji
from documents.paper.fonts import MISSING, Font, font

Printable = NewType("Printable", str)
"""Text of which the fonts have every character. Only this can be drawn; mypy checks it."""

SELECTORS = (
    range(0xFE00, 0xFE10),
    range(0xE0100, 0xE01F0),
)  # select a variant of a glyph and draw nothing themselves


class Repertoire(dict[int, str]):
    """For `str.translate`: characters of the fonts stay, controls are removed, any other becomes a box.

    Before it is a box, a compatibility character gives way to what it stands for (NFKC): ﬁ to fi, ① to 1.
    """

    def __missing__(self, code: int) -> str:
        char = chr(code)
        category = unicodedata.category(char)
        if category.startswith("Z") or char.isspace():
            return " "
        if category in ("Cc", "Cf") or any(code in selectors for selectors in SELECTORS):
            return ""
        return self._compatible(char) or MISSING

    def _compatible(self, char: str) -> str:
        """What a character stands for, one step of NFKC at a time: ㎡ is m², and 10⁶ never 106."""
        tag, *codes = unicodedata.decomposition(char).split() or [""]
        if not tag.startswith("<") or tag in ("<super>", "<sub>"):
            return ""
        parts = [self.get(int(code, 16)) or self._compatible(chr(int(code, 16))) for code in codes]
        return "".join(parts) if all(parts) else ""


def clean(text: str) -> Printable:
    """The text in one line as it is printed, without control characters, formats and emoji."""
    if text.isascii() and text.isprintable():
        return Printable(text)
    return Printable(without_emoji(unicodedata.normalize("NFC", text)).translate(_repertoire()))


def missing_characters(text: str) -> set[str]:
    """The characters that `clean` replaces by a box, and emoji if they are all there is."""
    composed = unicodedata.normalize("NFC", text)
    left = without_emoji(composed)
    if not left and not composed.isspace():
        return {char for char in composed if unicodedata.category(char)[0] in "SC"}
    repertoire = _repertoire()
    return {char for char in left if repertoire[ord(char)] == MISSING} - {MISSING}


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
