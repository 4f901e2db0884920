"""QR codes as squares of the page (ISO/IEC 18004, error correction M)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from math import isqrt
from typing import cast

import zxingcpp

QUIET = 4  # modules of white around the code
_MOST = 177  # modules of a side
_BLACK = re.compile(b"\0+")
_LEFTS = [str(left) for left in range(_MOST)]  # a code has up to a thousand squares
_WIDTHS = [f"{width} 1 re" for width in range(_MOST + 1)]


def modules_of(text: str) -> list[bytes]:
    """The code's rows from above, a byte for each module; 0 is black. Its text is UTF-8."""
    code = zxingcpp.create_barcode(text.encode(), zxingcpp.BarcodeFormat.QRCode, ec_level="M")
    image = code.to_image(scale=1, add_quiet_zones=False)
    pixels = memoryview(cast(bytes, image)).tobytes()  # its types do not say that it is a buffer
    size = isqrt(len(pixels))
    return [pixels[start : start + size] for start in range(0, size * size, size)]


def rectangles(modules: Sequence[bytes]) -> Iterator[tuple[int, int, int]]:
    """The black of each row as x, y and width, in modules."""
    for y, row in enumerate(modules):
        for run in _BLACK.finditer(row):
            start, end = run.span()
            yield start, y, end - start


def drawing_of(modules: Sequence[bytes], size: float) -> str:
    """Fills the code's black. Its lower left corner is at 0, 0, and it is `size` points wide and high."""
    module = size / len(modules)
    lows = [f" {-top - 1} " for top in range(len(modules))]
    squares = [_LEFTS[left] + lows[top] + _WIDTHS[width] for left, top, width in rectangles(modules)]
    scale = f"{module:.4f} 0 0 {module:.4f} 0 {size:.2f} cm"  # so that a module is 1 wide and high
    return "\n".join([scale, "0 0 0 rg", *squares, "f"])
