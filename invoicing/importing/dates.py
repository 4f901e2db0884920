"""Dates in the form that a map names, such as DD.MM.YYYY hh:mm."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

_CODES = {"YYYY": "%Y", "YY": "%y", "MM": "%m", "DD": "%d", "hh": "%H", "mm": "%M", "ss": "%S"}
_PARTS = re.compile("|".join(_CODES))
_SHOWN = datetime(2024, 2, 29, 13, 45)  # noqa: DTZ001 (only to be printed)


@dataclass(frozen=True, slots=True)
class DatePattern:
    """A form of dates, made of YYYY, YY, MM, DD, hh, mm and ss."""

    text: str

    def __post_init__(self) -> None:
        parts = _PARTS.findall(self.text)
        rest = _PARTS.sub("", self.text)
        needed = {"MM", "DD"} <= set(parts) and ("YYYY" in parts) != ("YY" in parts)
        if not needed or len(parts) != len(set(parts)) or any(sign.isalnum() or sign == "%" for sign in rest):
            raise ValueError(
                f"“{self.text}” is no form of a date: it is made of YYYY or YY, MM and DD, and perhaps of "
                f"hh, mm and ss, such as DD.MM.YYYY or YYYY-MM-DD hh:mm."
            )

    @property
    def example(self) -> str:
        return _SHOWN.strftime(self._code)

    def read(self, cell: str) -> datetime:
        """The moment, without a time zone. ValueError if the cell has another form."""
        return datetime.strptime(cell, self._code)  # noqa: DTZ007 (the account's time zone is added later)

    @property
    def _code(self) -> str:
        return _PARTS.sub(lambda part: _CODES[part[0]], self.text)
