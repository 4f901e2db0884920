"""Cells that a spreadsheet would run as a formula: in the file of rejects they have an apostrophe in front.

A file to import may come from anybody: a spreadsheet that opens its rejects must not run what is in them.
Imported again, the file has its cells as they were.
"""

from __future__ import annotations

import re

REJECT_COLUMNS = ("reject_line", "reject_reason", "reject_message")
"""The columns in front of a file of rejects."""

_STARTS = "=+\\-@\t\r\n＝＋－＠"
_WOULD_RUN = re.compile(f"'*[{_STARTS}]")
_IS_GUARDED = re.compile(f"'+[{_STARTS}]")


def guarded(cell: str) -> str:
    """The cell as text for a spreadsheet. What looks like that already gets one more apostrophe."""
    return f"'{cell}" if _WOULD_RUN.match(cell) else cell


def unguarded(cell: str) -> str:
    """The cell as it was."""
    return cell[1:] if _IS_GUARDED.match(cell) else cell


def is_guarded(header: list[str]) -> bool:
    """Whether a file with this header is a file of rejects."""
    return tuple(header[: len(REJECT_COLUMNS)]) == REJECT_COLUMNS
