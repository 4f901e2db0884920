"""An import from its first line to its last: nothing twice, nothing lost, whenever it is cut off."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from sqlalchemy.exc import IntegrityError

from invoicing.access import Principal
from invoicing.importing.billing import bill, credit
from invoicing.importing.cancellations import Cancellation, cancellation
from invoicing.importing.columns import Format, columns
from invoicing.importing.csv_file import Source
from invoicing.importing.lines import Line, gathered, index, lines
from invoicing.importing.orders import Incoming, Terms, assembled
from invoicing.importing.rejects import Flawed, Rejects, rejected
from invoicing.importing.returns import Returned, take_back
from invoicing.importing.store import Stored, store
from invoicing.importing.summary import Summary
from invoicing.storage.database import Database

MOST_ORDERS = 500
MOST_ITEMS = 5_000
MOST_INVOICES = 100
MOST_CANCELLATIONS = 100
_ATTEMPTS = 5

Progress = Callable[[int, int], None]


class Unaccounted(Exception):
    """Lines of the file went nowhere, or to two places: it changed meanwhile, or the import is wrong."""


def _untold(_: int, __: int) -> None:
    return None


def import_orders(
    database: Database,
    principal: Principal,
    source: Source,
    expected: Format,
    terms: Terms,
    *,
    rejects: Path,
    invoice: bool = False,
    progress: Progress = _untold,
) -> Summary:
    """Reads the file twice: to see that it can be read and where orders end, then to import it.

    UnreadableFile, before anything is stored, if it cannot be. An order is imported whole or not at all.
    Cancellations come last, the oldest first, wherever they stand: what they take back is there by then.
    """
    header = source.header()
    found = columns(header, expected)
    whole = index(source, found)
    summary = Summary(whole.lines, found.ignored)
    cancelling: list[Cancellation] = []
    with Rejects(rejects, header, summary.rejected) as rejected_lines:
        orders = gathered(lines(source, found, expected), whole.last)
        for batch in _batches(_sound(orders, terms, rejected_lines, cancelling)):
            stored = _stored(database, principal, batch, terms)
            rejected_lines.add(stored.rejects)
            summary.add(stored)
            if invoice:
                _bill(database, principal, stored, terms, summary)
            progress(summary.accounted, summary.lines)
        for documents in _by_date(cancelling):
            returned = database.write(take_back, principal, documents, now=terms.now)
            rejected_lines.add(returned.rejects)
            summary.take_back(returned)
            if invoice:
                _credit(database, principal, documents, returned, terms, summary)
            progress(summary.accounted, summary.lines)
    if summary.accounted != summary.lines:
        raise Unaccounted(f"{summary.lines} lines were read, {summary.accounted} are accounted for.")
    return summary


def _sound(
    orders: Iterable[Sequence[Line]], terms: Terms, rejects: Rejects, cancelling: list[Cancellation]
) -> Iterator[Incoming]:
    """The orders; the cancellations among them are kept for later."""
    for order in orders:
        if order[0].cancels:
            if (read := cancellation(order, terms, rejects)) is not None:
                cancelling.append(read)
            continue
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
            summary.bill(issued)


def _by_date(cancelling: Sequence[Cancellation]) -> Iterator[Sequence[Cancellation]]:
    """The oldest first, a batch at a time: a later one takes what they leave."""
    documents = sorted(cancelling, key=lambda document: (document.at, document.line))
    for start in range(0, len(documents), MOST_CANCELLATIONS):
        yield documents[start : start + MOST_CANCELLATIONS]


def _credit(
    database: Database,
    principal: Principal,
    documents: Sequence[Cancellation],
    returned: Returned,
    terms: Terms,
    summary: Summary,
) -> None:
    """In the order of the documents, so that the numbers are too."""
    numbers = [document.number for document in documents]
    for issued in database.write(credit, principal, sorted(returned.orders), numbers, now=terms.now):
        summary.credit(issued)
