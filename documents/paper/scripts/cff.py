"""PostScript's outlines as fonts have them: the Compact Font Format (Adobe's Technical Note 5176)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

_CHARSET, _ROS = 15, 0x0C1E
_ESCAPE, _SHORT, _LONG, _REAL = 12, 28, 29, 30
_END_OF_REAL = 0xF


def is_cid_keyed(font: bytes) -> bool:
    """Whether its glyphs go by numbers that it gives them itself, the codes of a PDF, not by names."""
    return any(operator == _ROS for operator, _ in _operators(font))


def with_codes(font: bytes, codes: Sequence[int]) -> bytes:
    """The font with these codes for its glyphs, in their order; that of the first, which is none, is 0.

    The new table stands at the end, and the place where its position is written has room for any (HarfBuzz
    writes five bytes).
    """
    at = next(start for operator, start in _operators(font) if operator == _CHARSET)
    position = bytes([_LONG]) + len(font).to_bytes(4, "big")
    table = b"\0" + b"".join(code.to_bytes(2, "big") for code in codes)
    return font[:at] + position + font[at + len(position) :] + table


def _operators(font: bytes) -> Iterator[tuple[int, int]]:
    """The operators of the font's first dictionary, each with where its last operand begins."""
    names, _ = _index(font, font[2])
    dictionaries, starts = _index(font, names)
    at, operand = starts, 0
    while at < dictionaries:
        byte = font[at]
        if byte <= 21:
            size = 2 if byte == _ESCAPE else 1
            yield int.from_bytes(font[at : at + size], "big"), operand
        else:
            operand, size = at, _size(font, at)
        at += size


def _index(font: bytes, at: int) -> tuple[int, int]:
    """Where an index ends, and where its first entry begins."""
    count = int.from_bytes(font[at : at + 2], "big")
    if not count:
        return at + 2, at + 2
    size = font[at + 2]
    entries = at + 3 + (count + 1) * size
    last = int.from_bytes(font[entries - size : entries], "big")
    return entries - 1 + last, entries


def _size(font: bytes, at: int) -> int:
    """How many bytes an operand has."""
    byte = font[at]
    if byte == _REAL:
        end = at + 1
        while font[end] & 0xF != _END_OF_REAL and font[end] >> 4 != _END_OF_REAL:
            end += 1
        return end - at + 1
    return {_SHORT: 3, _LONG: 5}.get(byte, 1 if byte < 247 else 2)
