"""Lines that are not imported: why, in codes and sentences, and the file that lists them."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from invoicing.errors import InvoicingError
from invoicing.importing.columns import ADDRESS, OF_REJECTS

_COLUMNS = {
    "type": "item_type",
    "number": "order_number",
    "id": "order_id",
    "handle": "customer_handle",
    "billing_name": "customer_name",
    "email": "customer_email",
    "vat_number": "customer_vat_number",
    "shipping_address.country_code": "ship_to_country",
    "billing_address.email": "customer_email",
    **{f"billing_address.{part}": column for column, part in ADDRESS.items()},
}
OF_CUSTOMER = {**_COLUMNS, "name": "customer_name"}
"""The same for a refusal of the customer, whose name is not the item's."""


@dataclass(frozen=True, slots=True)
class Flaw:
    """Why a line is rejected: the code, and the sentence."""

    reason: str
    message: str


class Flawed(Exception):
    """An order is imported whole or not at all: here is what is wrong, by the place of the line in it."""

    def __init__(self, flaws: Mapping[int, Flaw]) -> None:
        super().__init__(f"{len(flaws)} lines are flawed.")
        self.flaws = flaws


@dataclass(frozen=True, slots=True)
class Reject:
    """A rejected line, by its number in the file and its cells as they stand."""

    line: int
    fields: Sequence[str]
    flaw: Flaw


def flaw(error: InvoicingError, columns: Mapping[str, str] = _COLUMNS) -> Flaw:
    """A refusal, in the words of the file's columns."""
    given = error.field or ""
    column = columns.get(given, given)
    if error.code not in ("VALIDATION_ERROR", "MALFORMED_ID"):
        return Flaw(error.code.lower(), str(error))
    return Flaw(f"invalid_{column}", str(error).replace(given, column, 1))


def rejected(lines: Sequence[Any], flawed: Flawed) -> list[Reject]:
    """All lines of an order that has a flaw, the sound ones because of the others."""
    sound = Flaw("order_incomplete", "Another line of the order was rejected; orders are imported whole.")
    return [Reject(line.number, line.fields, flawed.flaws.get(at, sound)) for at, line in enumerate(lines)]


@dataclass
class Rejects:
    """The file of rejects; it comes into being with the first one."""

    path: Path
    header: Sequence[str]
    reasons: Counter[str] = field(default_factory=Counter)

    def __enter__(self) -> Rejects:
        self._open_files = ExitStack()
        self._writer: Any = None
        self.path.unlink(missing_ok=True)
        return self

    def __exit__(self, *_: object) -> None:
        self._open_files.close()

    def add(self, rejects: Sequence[Reject]) -> None:
        for reject in rejects:
            self.reasons[reject.flaw.reason] += 1
            self._row([str(reject.line), reject.flaw.reason, reject.flaw.message, *reject.fields])

    def _row(self, cells: Sequence[str]) -> None:
        if self._writer is None:
            new = self.path.open("w", encoding="utf-8", errors="surrogateescape", newline="")
            self._writer = csv.writer(self._open_files.enter_context(new))
            self._writer.writerow([*OF_REJECTS, *self.header])
        self._writer.writerow(cells)
