"""The seller's branding on the paper: the size of the sheets, and the colours."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from documents.paper.grid import A4, ACCENT, LETTER, TINT, Sheet
from invoicing.snapshot import Snapshot

TINTED = 0.047
"""How much of the accent is in a tinted background."""


def sheet_of(invoice: Snapshot) -> Sheet:
    return LETTER if invoice.branding is not None and invoice.branding.paper_size == "LETTER" else A4


def colours_of(invoice: Snapshot) -> Mapping[str, str]:
    """The seller's own colours, by those of the grid in whose place they stand."""
    return {} if invoice.branding is None else _colours(invoice.branding.accent_color)


@lru_cache(maxsize=256)
def _colours(accent: str) -> Mapping[str, str]:
    parts = [int(accent[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    tint = [1 - TINTED * (1 - part) for part in parts]
    return {ACCENT: _operands(parts), TINT: _operands(tint)}


def _operands(parts: list[float]) -> str:
    return " ".join(f"{part:.3f}" for part in parts)
