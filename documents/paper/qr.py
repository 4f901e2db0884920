"""QR codes as squares of the page (ISO/IEC 18004, error correction M)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from math import isqrt
from typing import cast

import zxingcpp

QUIET = 4  # modules of white around the code


def modules_of(text: str) -> list[list[bool]]:
    """The code's rows from above; true is black. Its text is UTF-8."""
    code = zxingcpp.create_barcode(text.encode(), zxingcpp.BarcodeFormat.QRCode, ec_level="M")
    image = code.to_image(scale=1, add_quiet_zones=False)
    pixels = memoryview(cast(bytes, image)).tobytes()  # its types do not say that it is a buffer
    size = isqrt(len(pixels))
    black = [pixel == 0 for pixel in pixels]
    return [black[start : start + size] for start in range(0, size * size, size)]


def rectangles(modules: list[list[bool]]) -> Iterator[tuple[int, int, int]]:
    """The black of each row as x, y and width, in modules."""
    for y, row in enumerate(modules):
        x = 0
        for is_black, run in groupby(row):
            width = len([*run])
            if is_black:
                yield x, y, width
            x += width


def path_of(modules: list[list[bool]], x: float, y: float, size: float) -> str:
    """Fills the code's black. Its upper left corner is at x, y in the page's own units, upwards."""
    module = size / len(modules)
    squares = [
        f"{x + left * module:.3f} {y - (top + 1) * module:.3f} {width * module:.3f} {module:.3f} re"
        for left, top, width in rectangles(modules)
    ]
    return "\n".join(["0 0 0 rg", *squares, "f"])
