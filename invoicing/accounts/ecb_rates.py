"""The European Central Bank's own file of euro reference rates, `eurofxref.csv` or `eurofxref-hist.csv`."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import date, datetime
from typing import TextIO

from invoicing.accounts.exchange_rates import DailyRate
from invoicing.errors import ValidationError

_NOT_AVAILABLE = ("", "N/A")


def read_ecb_rates(file: TextIO) -> Iterator[DailyRate]:
    """Every rate of the file: units of each currency for one euro.

    The history names its days 2026-11-26, the file of one day 26 November 2026. ValidationError for a file
    that is neither, with the line.
    """
    rows = csv.reader(file, skipinitialspace=True)
    head = [name.strip() for name in next(rows, [])]
    if not head or head[0].lstrip("\ufeff") != "Date":
        raise ValidationError("The file is none of the ECB's: its first column must be “Date”.", field="file")
    for line, row in enumerate(rows, start=2):
        if not any(cell.strip() for cell in row):
            continue
        day = _day(row[0].strip(), line)
        for currency, rate in zip(head[1:], row[1:], strict=False):
            if currency and rate.strip() not in _NOT_AVAILABLE:
                yield DailyRate(day, currency, rate.strip())


def _day(text: str, line: int) -> date:
    for form in ("%Y-%m-%d", "%d %B %Y"):
        try:
            return datetime.strptime(text, form).date()  # noqa: DTZ007 (a day has no time zone)
        except ValueError:
            continue
    raise ValidationError(
        f"Line {line} does not begin with a day such as 2026-11-26 (it is “{text[:40]}”).", field="file"
    )
