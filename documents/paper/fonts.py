"""The embedded fonts: how wide a text is, how page content writes it, which font programs a file embeds.

A PDF font of this kind holds 256 characters, so each font is divided into fixed subsets. The first holds all
that Western European invoices need, and most documents embed no other. As the subsets never change, each
font program is compressed once per process and reused by every document.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Protocol

from reportlab.pdfbase.ttfonts import TTFontFace  # type: ignore[import-untyped]

from documents.paper.objects import Objects, stream
from documents.paper.qr_characters import PERMITTED
from documents.paper.scripts.shaping import Shaped, shaped
from documents.paper.to_unicode import to_unicode

FOLDER = Path(__file__).parents[1] / "fonts"
MISSING = "□"  # printed in place of a character that the fonts lack
NO_BREAK_SPACE = "\u00a0"
FIRST_CODE, LAST_CODE = 32, 255
SYMBOLIC = 4  # ISO 32000-1, table 123: the codes are the font's own, not those of a standard encoding
FIRST_SUBSET = (
    [chr(code) for code in range(0x20, 0x7F)]
    + [chr(code) for code in range(0xA0, 0x100)]
    + list("€ŒœŠšŽžŸ–—‘’‚“”„†•…‰‹›™№−\u202f" + MISSING)
)
_ASCII = [chr(code) for code in range(0x20, 0x7F)]
_OF_QR_BILL = {  # one of the four families that SIX allows; bold are its headings only
    "LR": (
        "LiberationSans-Regular.ttf",
        [*_ASCII, NO_BREAK_SPACE, *(chr(code) for code in range(0xC0, 0x100))],
    ),
    "LB": ("LiberationSans-Bold.ttf", [*_ASCII, *"àäéèôü"]),
}


class EmbeddedFont(Protocol):
    """Page content refers to it by its name."""

    @property
    def name(self) -> str: ...

    def add_to(self, objects: Objects) -> int:
        """Its number in the file."""
        ...


@dataclass(frozen=True, slots=True)
class Subset:
    """At most 224 characters of a font, as the PDF objects that embed them.

    Page content refers to it by `name`; %d stands for the number of an object that is referred to.
    """

    name: str
    program: bytes
    to_unicode: bytes
    descriptor: str  # refers to the program
    dictionary: str  # refers to the descriptor and to to_unicode

    def add_to(self, objects: Objects) -> int:
        """The number of the font in the file."""
        program, to_unicode = objects.add(self.program), objects.add(self.to_unicode)
        descriptor = objects.add(self.descriptor % program)
        return objects.add(self.dictionary % (descriptor, to_unicode))


class Font:
    """One weight of a family. Not thread-safe: ReportLab's face keeps a position in its file.

    `first` are the characters of the first subset, all of ASCII among them; `only` are all that are used, if
    these are not all that the file has.
    """

    def __init__(
        self,
        name: str,
        file: str,
        first: Sequence[str] = FIRST_SUBSET,
        only: Container[str] | None = None,
    ) -> None:
        self.name = name
        self.face = TTFontFace(str(FOLDER / file))
        glyphs = self.face.charToGlyph.items()
        # Glyph 0 is what is drawn for a missing character; U+FFFF, the end of the font's table, has it.
        characters = sorted(
            chr(code)
            for code, glyph in glyphs
            if glyph and code >= FIRST_CODE and (only is None or chr(code) in only)
        )
        self.widths: dict[str, float] = {
            char: self.face.getCharWidth(ord(char)) / 1000 for char in characters
        }
        self._subset_characters = _divide(characters, first)
        self._codes = {
            char: (number, code)
            for number, characters in enumerate(self._subset_characters)
            for code, char in enumerate(characters, start=FIRST_CODE)
        }
        self.space = self.widths[" "]
        self._measured, self._width = "", 0.0
        self._first_subset = frozenset(self._subset_characters[0])
        self._literals = {ord(char): _literal(code) for char, (_, code) in self._codes.items()}
        self._literals[ord(NO_BREAK_SPACE)] = " "  # equally wide, and a reader copies an ordinary space
        self._subsets: dict[int, Subset] = {}

    def width(self, text: str) -> float:
        """The text's width in ems; a character that no font has is a KeyError."""
        if text is not self._measured:  # a name is measured to be wrapped, then to place what is beside it
            try:
                self._width = sum(map(self.widths.__getitem__, text))
            except KeyError:
                self._width = self.shaped(text).width
            self._measured = text
        return self._width

    def has(self, text: str) -> bool:
        """Whether it has all characters itself."""
        return self.widths.keys() >= set(text)

    def shaped(self, text: str) -> Shaped:
        """A text that it has not all characters of, in glyphs of other fonts."""
        return shaped(text, self)

    def literal(self, text: str) -> str:
        """The text in its subset's codes, as it stands inside a PDF string."""
        return text.translate(self._literals)

    def first_literal(self, text: str) -> str | None:
        """The literal, if the first subset alone can write the text."""
        is_in_it = text.isascii() or self._first_subset.issuperset(text)
        return text.translate(self._literals) if is_in_it else None

    def runs(self, text: str) -> list[tuple[int, str]]:
        """The text divided where the subset changes: (the subset's number, the literal)."""
        runs: list[tuple[int, str]] = []
        for char in text:
            number = self._codes[char][0]
            if runs and (char == " " or number == runs[-1][0]):  # every subset has a space
                runs[-1] = (runs[-1][0], runs[-1][1] + char)
            else:
                runs.append((number, char))
        return [(number, self.literal(chars)) for number, chars in runs]

    def subset(self, number: int) -> Subset:
        if number not in self._subsets:
            self._subsets[number] = self._make(number)
        return self._subsets[number]

    def _make(self, number: int) -> Subset:
        codes = [0] * FIRST_CODE + [ord(char) for char in self._subset_characters[number]]
        program = self.face.makeSubset(codes)
        # The six letters say that the font is a subset (ISO 32000-1, 9.6.4); each subset needs its own.
        name = f"IN{self.name:V>2}A{chr(ord('A') + number)}+{self.face.name.decode()}"
        widths = " ".join(f"{self.face.getCharWidth(code):.1f}" for code in codes)
        return Subset(
            name=f"{self.name}{number}",
            program=stream(program, f"/Length1 {len(program)} ", is_reused=True),
            to_unicode=stream(_to_unicode(self._subset_characters[number]).encode(), is_reused=True),
            descriptor=self._descriptor(name),
            dictionary=f"<< /Type /Font /Subtype /TrueType /BaseFont /{name} /FirstChar 0 "
            f"/LastChar {len(codes) - 1} /Widths [{widths}] /FontDescriptor %d 0 R /ToUnicode %d 0 R >>",
        )

    def _descriptor(self, name: str) -> str:
        face = self.face
        box = " ".join(f"{edge:.0f}" for edge in face.bbox)
        return (
            f"<< /Type /FontDescriptor /FontName /{name} /Flags {SYMBOLIC} /FontBBox [{box}] /ItalicAngle 0 "
            f"/Ascent {face.ascent:.0f} /Descent {face.descent:.0f} /CapHeight {face.capHeight:.0f} "
            f"/StemV {face.stemV:.0f} /FontFile2 %d 0 R >>"
        )


def _divide(characters: list[str], first: Sequence[str]) -> list[str]:
    """The characters of each subset: the first, then rows of 256 code points, to keep scripts together."""
    size = LAST_CODE - FIRST_CODE + 1
    rest = [char for char in characters if char not in first]
    subsets = ["".join(first)]
    for _, row in groupby(rest, key=lambda char: ord(char) >> 8):
        chars = "".join(row)
        subsets += [" " + chars[start : start + size - 1] for start in range(0, len(chars), size - 1)]
    return subsets


def _literal(code: int) -> str:
    char = chr(code)
    if char in "()\\":
        return "\\" + char
    return char if code < 0x7F and char != "%" else f"\\{code:03o}"  # % is kept for marks of the content


def _to_unicode(characters: str) -> str:
    rows = [f"<{code:02X}> <{ord(char):04X}>" for code, char in enumerate(characters, start=FIRST_CODE)]
    return to_unicode(rows, "<00> <FF>")


@cache
def font(weight: str) -> Font:
    """The regular ("R") or the semi-bold ("B") font; of a QR-bill's "LR" or "LB". Loaded once per process."""
    if weight in _OF_QR_BILL:
        file, first = _OF_QR_BILL[weight]
        return Font(weight, f"qr_bill/{file}", first, PERMITTED)
    return Font(weight, {"R": "Inter-Regular.ttf", "B": "Inter-SemiBold.ttf"}[weight])
