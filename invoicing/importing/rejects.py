"""Lines that are rejected: the reasons, and the file that lists them."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from stat import S_ISREG
from typing import Any

from invoicing.errors import InvoicingError
from invoicing.importing.columns import ADDRESS_COLUMNS, DETAIL_COLUMNS
from invoicing.importing.formulas import REJECT_COLUMNS, guarded

_COLUMNS = {
    "type": "item_type",
    "supply": "item_supply",
    "number": "order_number",
    "id": "order_id",
    "handle": "customer_handle",
    "billing_name": "customer_name",
    "email": "customer_email",
    **{field: column for column, field in DETAIL_COLUMNS.items()},
    "electronic_address.scheme": "customer_electronic_address",
    "electronic_address.value": "customer_electronic_address",
    "shipping_address.country_code": "ship_to_country",
    "billing_address.email": "customer_email",
    **{f"billing_address.{part}": column for column, part in ADDRESS_COLUMNS.items()},
}
CUSTOMER_COLUMNS = {**_COLUMNS, "name": "customer_name"}
"""The same for an error in the customer, where `name` is not the item's name."""


_FIRST = 10


@dataclass(frozen=True, slots=True)
class Flaw:
    """Why a line is rejected: a code and a sentence."""

    reason: str
    message: str


class FlawedOrder(Exception):
    """The order cannot be imported. `flaws` says why, by the position of the line in the order."""

    def __init__(self, flaws: Mapping[int, Flaw]) -> None:
        super().__init__(f"{len(flaws)} lines are flawed.")
        self.flaws = flaws

    def at_places(self, places: Sequence[int] | None) -> FlawedOrder:
        """The same by the line that each item is from; of several flaws of a line the first counts."""
        if places is None:
            return self
        found: dict[int, Flaw] = {}
        for at, flaw in sorted(self.flaws.items()):
            found.setdefault(places[at], flaw)
        return FlawedOrder(found)


@dataclass(frozen=True, slots=True)
class Reject:
    """A rejected line: its number in the file, its original cells and its flaw."""

    line: int
    fields: Sequence[str]
    flaw: Flaw


def flaw_of(error: InvoicingError, columns: Mapping[str, str] = _COLUMNS) -> Flaw:
    """An error as a flaw, with the name of the file's column in place of the field's."""
    given = error.field or ""
    column = columns.get(given, given)
    if error.code not in ("VALIDATION_ERROR", "MALFORMED_ID"):
        return Flaw(error.code.lower(), str(error))
    return Flaw(f"invalid_{column}", str(error).replace(given, column, 1))


def rejects_of_order(lines: Sequence[Any], flawed: FlawedOrder) -> list[Reject]:
    """All lines of an order with flaws; those without one are rejected because of the others."""
    incomplete = Flaw(
        "order_incomplete", "Another line of the order was rejected; orders are imported whole."
    )
    return [
        Reject(line.number, line.fields, flawed.flaws.get(at, incomplete)) for at, line in enumerate(lines)
    ]


@dataclass
class Rejects:
    """The file of rejects, which is created with the first one. A spreadsheet runs nothing of it.

    Lines that are skipped are in it too, as they were not imported either. Without a path nothing is written.
    """

    path: Path | None
    header: Sequence[str]
    reasons: Counter[str] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)
    first: list[Reject] = field(default_factory=list)

    def __enter__(self) -> Rejects:
        self._open_files = ExitStack()
        self._writer: Any = None
        if self.path is not None:
            self.path.open("w").close()  # where it cannot be written, nothing is imported
            if S_ISREG(self.path.lstat().st_mode):
                self.path.unlink()  # a device, such as /dev/null, or a link stays
        return self

    def __exit__(self, *_: object) -> None:
        self._open_files.close()

    def add(self, rejects: Sequence[Reject]) -> None:
        self._write(rejects, self.reasons)

    def skip(self, lines: Sequence[Reject]) -> None:
        self._write(lines, self.skipped)

    def _write(self, rejects: Sequence[Reject], reasons: Counter[str]) -> None:
        for reject in rejects:
            reasons[reject.flaw.reason] += 1
            if len(self.first) < _FIRST:
                self.first.append(reject)
            self._write_row([str(reject.line), reject.flaw.reason, reject.flaw.message, *reject.fields])

    def _write_row(self, cells: Sequence[str]) -> None:
        if self.path is None:
            return
        if self._writer is None:
            new = self.path.open("w", encoding="utf-8", errors="surrogateescape", newline="")
            self._writer = csv.writer(self._open_files.enter_context(new))
            self._writer.writerow([*REJECT_COLUMNS, *map(guarded, self.header)])
        self._writer.writerow([*map(guarded, cells)])
