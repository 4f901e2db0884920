"""The units of quantities (BT-130): codes of UN/ECE Recommendations 20 and 21, the latter after an X.

`units.txt` has those that EN 16931's code list of April 2026 takes.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

_FILE = Path(__file__).with_suffix(".txt")


@cache
def units() -> frozenset[str]:
    """All codes, such as C62 (a piece), HUR (an hour), KGM (a kilogram)."""
    return frozenset(_FILE.read_text("ascii").split())
