"""How well a colour can be read on white paper: the contrast of WCAG 2.2."""

from __future__ import annotations

from decimal import ROUND_DOWN, Decimal

LEAST = Decimal("4.5")
"""What WCAG 2.2 (1.4.3, level AA) asks of text."""

_LUMINANCE_WEIGHTS = (Decimal("0.2126"), Decimal("0.7152"), Decimal("0.0722"))
_OFFSET = Decimal("0.05")


def contrast_on_white(colour: str) -> Decimal:
    """The contrast of #RRGGBB on white, with two decimals that never round up: from 1 to 21."""
    parts = (Decimal(int(colour[start : start + 2], 16)) / 255 for start in (1, 3, 5))
    luminance = sum(
        (weight * _linear(part) for weight, part in zip(_LUMINANCE_WEIGHTS, parts, strict=True)), Decimal(0)
    )
    contrast = (1 + _OFFSET) / (luminance + _OFFSET)
    return contrast.quantize(Decimal("0.01"), rounding=ROUND_DOWN)


def _linear(part: Decimal) -> Decimal:
    """The light that a value of sRGB stands for."""
    if part <= Decimal("0.04045"):
        return part / Decimal("12.92")
    return ((part + Decimal("0.055")) / Decimal("1.055")) ** Decimal("2.4")
