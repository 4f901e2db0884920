"""Text made printable: characters that the fonts lack become boxes, and long lines are wrapped."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import cache
from typing import NewType

from documents.paper.emoji import without_emoji
from documents.paper.fonts import FIRST_SUBSET, MISSING, Font, font
from documents.paper.scripts import direction
from documents.paper.scripts.families import family_of

Printable = NewType("Printable", str)
"""Text of which the fonts have every character. Only this can be drawn; mypy checks it."""

SELECTORS = (
    range(0xFE00, 0xFE10),
    range(0xE0100, 0xE01F0),
)  # select a variant of a glyph and draw nothing themselves
JOINERS = "\u200c\u200d"  # say whether letters join, in Arabic and Indian scripts
VIRAMA = 9  # combining class of the marks that join two consonants
_STRAY_JOINERS = re.compile(f"(?<![\u0600-\u109f\u1780-\u18af\ua8e0-\uabff])[{JOINERS}]+")
_IDEOGRAPHIC = re.compile(
    "[\u2e80-\u312f\u31a0-\u31bf\u31f0-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff00-\uff9f\U00020000-\U0003ffff]"
)
# JIS X 4051: what may begin no line, and what may end none.
_NOT_FIRST = frozenset(
    "、。，．・：；？！）」』】〕》〉］｝ーァィゥェォッャュョヮヵヶぁぃぅぇぉっゃゅょゎ々〻％"
)
_NOT_LAST = frozenset("（「『【〔《〈［｛￥＄")


class Repertoire(dict[int, str]):
    """For `str.translate`: characters that some font has stay, controls are removed, any other becomes a box.

    Where the paper's own fonts lack it, a compatibility character gives way to what it stands for (NFKC): ﬁ
    to fi, ① to 1. Wide and narrow ones belong to Chinese characters: their fonts are asked first.
    """

    def __missing__(self, code: int) -> str:
        char = chr(code)
        category = unicodedata.category(char)
        if category.startswith("Z") or char.isspace():
            return " "
        if char in JOINERS:
            return char
        if category in ("Cc", "Cf") or any(code in selectors for selectors in SELECTORS):
            return ""
        is_of_width = unicodedata.decomposition(char).startswith(("<wide>", "<narrow>"))
        plain = "" if is_of_width else self._compatible(char)
        return plain or self._in_other_font(char) or self._compatible(char, self._in_other_font) or MISSING

    def _in_other_font(self, char: str) -> str:
        return char if family_of(char, "") else ""

    def _compatible(self, char: str, another: Callable[[str], str] = lambda _: "") -> str:
        """What a character stands for, one step of NFKC at a time: ㎡ is m², and 10⁶ never 106."""
        tag, *codes = unicodedata.decomposition(char).split() or [""]
        if not tag.startswith("<") or tag in ("<super>", "<sub>"):
            return ""
        chars = [chr(int(code, 16)) for code in codes]
        parts = [self.get(ord(each)) or self._compatible(each, another) or another(each) for each in chars]
        return "".join(parts) if all(parts) else ""


def clean(text: str) -> Printable:
    """The text in one line as it is printed, without control characters, formats and emoji."""
    if _plain().fullmatch(text):
        return Printable(text)
    cleaned = without_emoji(unicodedata.normalize("NFC", text)).translate(_repertoire())
    return Printable(_STRAY_JOINERS.sub("", cleaned))


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
    for word in filter(None, text.split(" ")):  # not at no-break spaces
        glue = " "
        for part in _parts(word, face, width):
            size, gap = face.width(part), face.width(glue)
            if line and used + gap + size > width:
                lines.append(line)
                line, used = part, size
            else:
                line, used = (line + glue + part, used + gap + size) if line else (part, size)
            glue = ""
    return _directed(text, [*lines, line])


def in_direction_of_page(text: Printable) -> Printable:
    """The text from left to right, although it may begin with a name that runs from right to left."""
    return _directed(Printable("x" + text), [text])[0]


def _directed(text: Printable, lines: list[str]) -> list[Printable]:
    """Each line in the direction of the whole text."""
    if not text.isascii() and direction.has_right_to_left(text):
        lines = [direction.mark(text) + line for line in lines]
    return [Printable(line) for line in lines]


def _parts(word: str, face: Font, width: float) -> list[str]:
    """The word as it may be broken: between Chinese characters and kana, and anywhere if it is too long."""
    if not _IDEOGRAPHIC.search(word) and face.width(word) <= width:
        return [word]
    parts, part, used = [], "", 0.0
    for unit in _units(word):
        size = face.width(unit)
        if part and (used + size > width or _IDEOGRAPHIC.match(unit) or _IDEOGRAPHIC.match(part[-1])):
            parts.append(part)
            part, used = "", 0.0
        part, used = part + unit, used + size
    return [*parts, part]


def _units(word: str) -> list[str]:
    """The characters, each with its marks, and with the punctuation that may not be parted from it."""
    units: list[str] = []
    for char in word:
        is_joined = char in JOINERS or char in _NOT_FIRST or unicodedata.category(char).startswith("M")
        if units and (
            is_joined or units[-1][-1] in _NOT_LAST or unicodedata.combining(units[-1][-1]) == VIRAMA
        ):
            units[-1] += char
        else:
            units.append(char)
    return units


@cache
def _plain() -> re.Pattern[str]:
    """What needs no change: nearly all that is written in Western Europe."""
    repertoire = _repertoire()
    chars = "".join(char for char in FIRST_SUBSET if repertoire[ord(char)] == char)
    return re.compile(f"[{re.escape(chars)}]*")


@cache
def _repertoire() -> Repertoire:
    inked = (char for char in font("R").widths if unicodedata.category(char) != "Cf")  # no soft hyphens
    return Repertoire({ord(char): char for char in inked})
