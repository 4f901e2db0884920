"""Small fonts for the tests."""

from __future__ import annotations

from pathlib import Path

from fontTools.fontBuilder import FontBuilder
from fontTools.pens.t2CharStringPen import T2CharStringPen
from fontTools.pens.ttGlyphPen import TTGlyphPen

MIAO = "\U00016f00"
"""A letter that no font has which is installed for the tests."""


def make_font(file: Path, char: str, *, in_postscript: bool = False, **values: int) -> None:
    """A font that has a square for the character."""
    names = {"familyName": file.stem, "styleName": "Regular", "psName": file.stem}
    builder = FontBuilder(1000, isTTF=not in_postscript)
    builder.setupGlyphOrder([".notdef", "square"])
    builder.setupCharacterMap({ord(char): "square"})
    empty, square = (T2CharStringPen(700, None) if in_postscript else TTGlyphPen(None) for _ in range(2))
    square.moveTo((50, 0))
    for corner in ((650, 0), (650, 600), (50, 600)):
        square.lineTo(corner)
    square.closePath()
    if in_postscript:
        outlines = {".notdef": empty.getCharString(), "square": square.getCharString()}
        builder.setupCFF(file.stem, {}, outlines, {})
    else:
        builder.setupGlyf({".notdef": empty.glyph(), "square": square.glyph()})
    builder.setupHorizontalMetrics({".notdef": (700, 0), "square": (700, 50)})
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupNameTable(names)
    builder.setupOS2(**values)
    builder.setupPost()
    builder.save(file)
