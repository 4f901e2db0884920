"""An import from its first line to its last: nothing twice, nothing lost, whenever it is cut off."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy.exc import IntegrityError

from invoicing.access import Principal
from invoicing.database import Database
from invoicing.importing.assembling import Incoming, Terms, assembled
from invoicing.importing.billing import bill
from invoicing.importing.columns import Format, columns
from invoicing.importing.lines import Line, gathered, index, lines
from invoicing.importing.rejects import Flawed, Rejects
from invoicing.importing.source import Source
from invoicing.importing.storing import Stored, rejected, store

MOST_ORDERS = 500
MOST_ITEMS = 5_000
MOST_INVOICES = 100
_ATTEMPTS = 5

Progress = Callable[[int, int], None]


class Unaccounted(Exception):
    """Lines of the file went nowhere, or to two places: it changed meanwhile, or the import is wrong."""


@dataclass
class Summary:
    """Where the lines went. Amounts are minor units by currency: ordered as quoted, invoiced with VAT."""

    lines: int
    ignored_columns: Sequence[str]
    imported: int = 0
    there: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    orders: int = 0
    orders_there: int = 0
    customers: int = 0
    ordered: Counter[str] = field(default_factory=Counter)
    invoices: int = 0
    invoiced: Counter[str] = field(default_factory=Counter)

    @property
    def accounted(self) -> int:
        return self.imported + self.there + self.rejected.total()

    def add(self, stored: Stored) -> None:
        self.imported += len(stored.items)
        self.there += sum(len(order.lines) for order in stored.there)
        self.orders += len(stored.orders)
        self.orders_there += len(stored.there)
        self.customers += len(stored.customers)
        currencies = {row["id"]: row["currency"] for row in stored.orders}
        for item in stored.items:
            quoted = item["unit_price"] * item["quantity"] - item["discount"]
            self.ordered[currencies[item["order_id"]]] += quoted


def import_orders(
    database: Database,
    principal: Principal,
    source: Source,
    expected: Format,
    terms: Terms,
    *,
    rejects: Path,
    invoice: bool = False,
    progress: Progress | None = None,
) -> Summary:
    """Reads the file twice: to see that it can be read and where orders end, then to import it.

    UnreadableFile, before anything is stored, if it cannot be. An order is imported whole or not at all.
    """
    header = source.header()
    found = columns(header, expected)
    whole = index(source, found)
    summary = Summary(whole.lines, found.ignored)
    with Rejects(rejects, header, summary.rejected) as rejected_lines:
        orders = gathered(lines(source, found, expected), whole.last)
        for batch in _batches(_sound(orders, terms, rejected_lines)):
            stored = _stored(database, principal, batch, terms)
            rejected_lines.add(stored.rejects)
            summary.add(stored)
            if invoice:
                _bill(database, principal, stored, terms, summary)
            if progress is not None:
                progress(summary.accounted, summary.lines)
    if summary.accounted != summary.lines:
        raise Unaccounted(f"{summary.lines} lines were read, {summary.accounted} are accounted for.")
    return summary


def _sound(orders: Iterable[Sequence[Line]], terms: Terms, rejects: Rejects) -> Iterator[Incoming]:
    for order in orders:
        try:
            yield assembled(order, terms)
        except Flawed as flawed:
            rejects.add(rejected(order, flawed))


def _batches(orders: Iterable[Incoming]) -> Iterator[list[Incoming]]:
    batch: list[Incoming] = []
    items = 0
    for order in orders:
        batch.append(order)
        items += len(order.lines)
        if len(batch) == MOST_ORDERS or items >= MOST_ITEMS:
            yield batch
            batch, items = [], 0
    if batch:
        yield batch


def _stored(database: Database, principal: Principal, batch: Sequence[Incoming], terms: Terms) -> Stored:
    """Tries again if another import was faster: what it stored is there the next time."""
    for _ in range(_ATTEMPTS - 1):
        try:
            return database.write(store, principal, batch, terms)
        except IntegrityError:
            continue
    return database.write(store, principal, batch, terms)


def _bill(database: Database, principal: Principal, stored: Stored, terms: Terms, summary: Summary) -> None:
    """In the order of the file, so that the numbers are too."""
    orders = sorted([*stored.imported, *stored.there], key=lambda order: order.lines[0].number)
    for start in range(0, len(orders), MOST_INVOICES):
        part = [order.id for order in orders[start : start + MOST_INVOICES]]
        for issued in database.write(bill, principal, part, now=terms.now):
            summary.invoices += 1
            summary.invoiced[issued.currency] += issued.total
