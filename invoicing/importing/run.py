"""Runs an import. It may be interrupted at any moment and repeated: nothing is lost or stored twice."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path

from sqlalchemy.exc import IntegrityError

from invoicing.access import Principal
from invoicing.audit.actions import AuditAction
from invoicing.audit.entries import Act, audited
from invoicing.audit.subjects import AuditSubjectType, Subject, subjects
from invoicing.importing.billing import credit_cancellations, invoice_orders
from invoicing.importing.cancellations import Cancellation, read_cancellation
from invoicing.importing.columns import Format, columns
from invoicing.importing.csv_file import Source
from invoicing.importing.lines import Line, group_by_order, index_orders, read_lines
from invoicing.importing.orders import ImportedOrder, Terms, read_order
from invoicing.importing.rejects import Flaw, FlawedOrder, Reject, Rejects, rejects_of_order
from invoicing.importing.returns import ReturnedBatch, take_back
from invoicing.importing.sale import NotSold
from invoicing.importing.sales import read_sale, shop_terms
from invoicing.importing.store import StoredBatch, store_batch
from invoicing.importing.summary import Summary
from invoicing.storage.database import Database

MAX_ORDERS = 500
MAX_ITEMS = 5_000
MAX_INVOICES = 100
MAX_CANCELLATIONS = 100
_ATTEMPTS = 5

Progress = Callable[[int, int], None]


class LinesUnaccounted(Exception):
    """The lines do not add up: the file was changed during the import, or the import has an error."""


def _act(principal: Principal, now: datetime, order_ids: Iterable[str] = ()) -> Act:
    about = subjects(AuditSubjectType.ORDER, *order_ids)
    return Act.of(principal, AuditAction.IMPORT_ORDERS, *about, at=now)


def _stored_subjects(batch: StoredBatch) -> list[Subject]:
    customers = subjects(AuditSubjectType.CUSTOMER, *(row["id"] for row in batch.customers))
    return [*subjects(AuditSubjectType.ORDER, *(row["id"] for row in batch.orders)), *customers]


def _returned_subjects(batch: ReturnedBatch) -> list[Subject]:
    return subjects(AuditSubjectType.ORDER, *sorted(batch.orders))


def _no_progress(_: int, __: int) -> None:
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
    progress: Progress = _no_progress,
    clock: Callable[[], datetime] | None = None,
) -> Summary:
    """Reads the file twice: first to check that it can be read and where orders end, then to import it.

    Raises UnreadableFile before anything is stored. An order is imported whole or not at all. Cancellations
    are stored after all orders, the oldest first, so that the sales that they take back exist by then.

    What is issued has the date that `clock` says then, by default that of `terms`: an import may run past
    midnight, and the dates of a series never run backwards.
    """
    clock = clock or (lambda: terms.now)
    header = source.header()
    expected = expected.fitting(header)
    file_columns = columns(header, expected)
    order_index = index_orders(source, file_columns)
    summary = Summary(order_index.lines, file_columns.ignored, source.dialect)
    cancellations: list[Cancellation] = []
    with Rejects(rejects, header, summary.rejected, summary.skipped) as rejected_lines:
        orders = group_by_order(read_lines(source, file_columns, expected), order_index.last_lines)
        for batch in batches(read_orders(orders, expected, terms, rejected_lines, cancellations)):
            stored = _store(database, principal, batch, terms)
            rejected_lines.add(stored.rejects)
            summary.add_orders(stored)
            database.keep_statistics()
            if invoice:
                _invoice(database, principal, stored, summary, clock)
            progress(summary.accounted, summary.lines)
        for documents in _by_date(cancellations):
            now = clock()
            take = audited(_act(principal, now), take_back, _returned_subjects)
            returned = database.write(take, principal, documents, now=now)
            rejected_lines.add(returned.rejects)
            summary.add_returns(returned)
            if invoice:
                _credit(database, principal, documents, returned, summary, now=clock())
            progress(summary.accounted, summary.lines)
    if summary.accounted != summary.lines:
        raise LinesUnaccounted(f"{summary.lines} lines were read, {summary.accounted} are accounted for.")
    return summary


def read_orders(
    orders: Iterable[Sequence[Line]],
    expected: Format,
    terms: Terms,
    rejects: Rejects,
    cancellations: list[Cancellation],
) -> Iterator[ImportedOrder]:
    """The orders; cancellations are added to `cancellations` for later."""
    shop = shop_terms(terms)
    for order in orders:
        if order[0].is_cancellation:
            if (read := read_cancellation(order, terms, rejects)) is not None:
                cancellations.append(read)
            continue
        try:
            if expected.to_sale is None:
                yield read_order(order, terms)
            else:
                yield read_sale(order, terms, shop, expected.to_sale)
        except FlawedOrder as flawed:
            rejects.add(rejects_of_order(order, flawed))
        except NotSold as other:
            flaw = Flaw(other.reason, other.message)
            rejects.skip([Reject(line.number, line.fields, flaw) for line in order])


def batches(orders: Iterable[ImportedOrder]) -> Iterator[list[ImportedOrder]]:
    batch: list[ImportedOrder] = []
    items = 0
    for order in orders:
        batch.append(order)
        items += len(order.values["items"])
        if len(batch) == MAX_ORDERS or items >= MAX_ITEMS:
            yield batch
            batch, items = [], 0
    if batch:
        yield batch


def _store(
    database: Database, principal: Principal, batch: Sequence[ImportedOrder], terms: Terms
) -> StoredBatch:
    """Tries again if another import stores the same orders: the next attempt finds them stored."""
    store = audited(_act(principal, terms.now), store_batch, _stored_subjects)
    for _ in range(_ATTEMPTS - 1):
        try:
            return database.write(store, principal, batch, terms)
        except IntegrityError:
            continue
    return database.write(store, principal, batch, terms)


def _invoice(
    database: Database,
    principal: Principal,
    stored: StoredBatch,
    summary: Summary,
    clock: Callable[[], datetime],
) -> None:
    """Issues invoices in the order of the file, and so of their numbers."""
    orders = sorted([*stored.imported, *stored.existing], key=lambda order: order.lines[0].number)
    for start in range(0, len(orders), MAX_INVOICES):
        part = [order.id for order in orders[start : start + MAX_INVOICES]]
        now = clock()
        issue = audited(_act(principal, now, part), invoice_orders)
        invoices, refused = database.write(issue, principal, part, now=now)
        for issued in invoices:
            summary.add_invoice(issued)
        summary.not_invoiced += refused


def _by_date(cancellations: Sequence[Cancellation]) -> Iterator[Sequence[Cancellation]]:
    """The documents in batches, the oldest first: later ones get what these leave."""
    documents = sorted(cancellations, key=lambda document: (document.at, document.line))
    for start in range(0, len(documents), MAX_CANCELLATIONS):
        yield documents[start : start + MAX_CANCELLATIONS]


def _credit(
    database: Database,
    principal: Principal,
    documents: Sequence[Cancellation],
    returned: ReturnedBatch,
    summary: Summary,
    *,
    now: datetime,
) -> None:
    """Issues credit invoices in the order of the documents, and so of their numbers."""
    orders, numbers = sorted(returned.orders), [document.number for document in documents]
    credit = audited(_act(principal, now, orders), credit_cancellations)
    for issued in database.write(credit, principal, orders, numbers, now=now):
        summary.add_credit(issued)
