"""The glyphs that a document uses of one face, as the objects of a PDF: a font with codes of two bytes.

A code stands for a glyph and for the text that it was drawn for, so that a reader copies and finds what was
written, whatever became of its letters (ISO 32000-1, 9.7 and 9.10.3).
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import chain, count
from typing import NamedTuple

import uharfbuzz as hb

from documents.paper.objects import Objects, stream
from documents.paper.scripts import cff
from documents.paper.scripts.families import Face
from documents.paper.scripts.shaping import Glyph, Run
from documents.paper.to_unicode import to_unicode

_UNREAD = ("BASE", "GDEF", "GPOS", "GSUB", "OS/2", "STAT", "cmap", "name", "post")
"""Tables that no reader of a PDF looks at."""
_INVISIBLE = (*range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2065), *range(0x2066, 0x2070))
"""Codes of glyphs without a text: some readers take the code for the character, and these draw nothing."""


class _Program(NamedTuple):
    """A part of a face, and the number in it of each glyph of the face."""

    font: bytes
    numbers: dict[int, int]


class Embedding:
    """The glyphs of one face that a document uses.

    Codes begin with 1, in the order in which they come. In PostScript's outlines (CFF) a glyph has one code
    and so one text.
    """

    def __init__(self, face: Face) -> None:
        self.name = face.key
        self._face = face
        self._codes: dict[tuple[int, str], int] = {}
        self._texts: dict[int, str] = {}
        self._numbers = count(1)
        self._invisible = chain(_INVISIBLE, self._numbers)

    def shown(self, run: Run, size: float) -> str:
        """The run as page content."""
        operators: list[str] = []
        row: list[str] = []
        behind, rise = 0.0, 0.0  # how far the pen is behind where it should be, and how far above the line
        for glyph in run.glyphs:
            if glyph.y != rise:
                operators += [*_row(row), f"{glyph.y * size:.2f} Ts"]
                row, rise = [], glyph.y
            if shift := round((behind + glyph.x) * 1000, 1):
                row.append(f"{-shift:g}")
            row.append(f"<{self._code(glyph):04X}>")
            behind = glyph.advance - glyph.width - glyph.x
        if shift := round(behind * 1000, 1):
            row.append(f"{-shift:g}")
        return " ".join([*operators, *_row(row), *(["0 Ts"] if rise else [])])

    def add_to(self, objects: Objects) -> int:
        program = _program(self._face, frozenset(glyph for glyph, _ in self._codes))
        name = f"INV{self.name[-1]}AA+{re.sub('[^A-Za-z0-9-]', '', self._face.hb_face.get_name(6) or 'Font')}"
        file, kind = objects.add(self._file(program)), "3" if self._face.is_cff else "2"
        left, bottom, right, top = self._face.box
        descriptor = objects.add(
            f"<< /Type /FontDescriptor /FontName /{name} /Flags 4 /FontBBox [{left} {bottom} {right} {top}] "
            f"/ItalicAngle 0 /Ascent {top} /Descent {bottom} /CapHeight {top} /StemV 80 "
            f"/FontFile{kind} {file} 0 R >>"
        )
        descendant = objects.add(
            f"<< /Type /Font /Subtype /CIDFontType{0 if self._face.is_cff else 2} /BaseFont /{name} "
            f"/CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> "
            f"/FontDescriptor {descriptor} 0 R {self._widths()} {self._glyphs(objects, program)} >>"
        )
        to_unicode = objects.add(stream(self._to_unicode()))
        return objects.add(
            f"<< /Type /Font /Subtype /Type0 /BaseFont /{name} /Encoding /Identity-H "
            f"/DescendantFonts [{descendant} 0 R] /ToUnicode {to_unicode} 0 R >>"
        )

    def _code(self, glyph: Glyph) -> int:
        key = glyph.id, "" if self._face.is_cff else glyph.text
        if key not in self._codes:
            new = self._numbers if glyph.text else self._invisible
            self._codes[key] = next(new)
            self._texts[self._codes[key]] = glyph.text
        return self._codes[key]

    def _file(self, program: _Program) -> bytes:
        if not self._face.is_cff:
            return stream(program.font, f"/Length1 {len(program.font)} ")
        codes = {program.numbers[glyph]: code for (glyph, _), code in self._codes.items()}
        font = cff.with_codes(program.font, [codes[number] for number in sorted(codes)])
        return stream(font, "/Subtype /CIDFontType0C ")

    def _widths(self) -> str:
        advance, em = self._face.hb_font.get_glyph_h_advance, self._face.em
        widths = {code: advance(glyph) * 1000 / em for (glyph, _), code in self._codes.items()}
        return f"/DW 0 /W [{' '.join(f'{code} [{widths[code]:g}]' for code in sorted(widths))}]"

    def _glyphs(self, objects: Objects, program: _Program) -> str:
        """The table from codes to glyphs (ISO 32000-1, table 117)."""
        if self._face.is_cff:
            return ""
        table = bytearray(2 * (max(self._codes.values()) + 1))
        for (glyph, _), code in self._codes.items():
            table[2 * code : 2 * code + 2] = program.numbers[glyph].to_bytes(2, "big")
        return f"/CIDToGIDMap {objects.add(stream(bytes(table)))} 0 R"

    def _to_unicode(self) -> bytes:
        """The text that each code stands for."""
        rows = [
            f"<{code:04X}> <{text.encode('utf-16-be').hex().upper()}>"
            for code, text in self._texts.items()
            if text
        ]
        return to_unicode(rows, "<0000> <FFFF>").encode("ascii")


def _row(row: list[str]) -> list[str]:
    return [f"[{''.join(row)}] TJ"] if row else []


@lru_cache(maxsize=64)
def _program(face: Face, glyphs: frozenset[int]) -> _Program:
    """The face with these glyphs alone, at its weight. The same sellers and goods come again and again."""
    flags = hb.SubsetFlags
    wanted = hb.SubsetInput()
    wanted.flags = flags.NO_LAYOUT_CLOSURE
    if face.is_cff:
        wanted.flags |= flags.DOWNGRADE_CFF2
    wanted.glyph_set.update(glyphs)
    wanted.drop_table_tag_set.update(int.from_bytes(tag.encode(), "big") for tag in _UNREAD)
    if face.weight is not None:
        wanted.pin_all_axes_to_default(face.hb_face)
        wanted.pin_axis_location(face.hb_face, "wght", float(face.weight))
    plan = hb.SubsetPlan(face.hb_face, wanted)
    made = plan.execute()
    font = made.reference_table("CFF ").data if face.is_cff else made.blob.data
    return _Program(font, dict(plan.old_to_new_glyph_mapping))
