"""Verifies all books: numbers, totals, credits, money, states, PDFs, logos and the audit log. Reads only."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import BindParameter, Connection, and_, bindparam, func, select, tuple_

from invoicing.storage.id_lists import id_list, is_one_of
from invoicing.storage.tables import accounts, invoice_lines, invoices, number_series, order_items
from invoicing.verify.audit_log import count_entries, find_faults_in_audit_log
from invoicing.verify.balances import find_wrong_balances
from invoicing.verify.credits import find_wrong_credits
from invoicing.verify.discount_shares import find_wrong_shares
from invoicing.verify.discounts import find_wrong_discounts
from invoicing.verify.invoices import INVOICE_FIELDS, LINE_FIELDS, find_contradictions
from invoicing.verify.items import find_wrong_items
from invoicing.verify.logos import find_wrong_logos
from invoicing.verify.payments import count_payments, find_wrong_payments
from invoicing.verify.pdfs import find_wrong_pdfs
from invoicing.verify.quotes import find_wrong_quotes
from invoicing.verify.set_offs import find_wrong_set_offs

_BATCH = 1_000
_ACCOUNT_ID: BindParameter[str] = bindparam("account")

_SERIES = select(invoices.c.type, invoices.c.period).where(invoices.c.account_id == _ACCOUNT_ID).distinct()
_LAST_TAKEN = select(number_series.c.type, number_series.c.period, number_series.c.last).where(
    number_series.c.account_id == _ACCOUNT_ID, number_series.c.type.in_(("INVOICE", "CREDIT"))
)
_NEXT_INVOICES = (
    select(
        *(
            invoices.c[name]
            for name in (*INVOICE_FIELDS, "rounding", "sequence", "issued_on", "due_on", "logo", "snapshot")
        )
    )
    .where(
        invoices.c.account_id == _ACCOUNT_ID,
        invoices.c.type == bindparam("type"),
        invoices.c.period == bindparam("period"),
        tuple_(invoices.c.sequence, invoices.c.id) > tuple_(bindparam("sequence"), bindparam("id")),
    )
    .order_by(invoices.c.sequence, invoices.c.id)
    .limit(_BATCH)
)
_LINES = (
    select(
        *(invoice_lines.c[name] for name in LINE_FIELDS),
        invoice_lines.c.rounding,
        invoice_lines.c.credited_invoice_id,
        invoice_lines.c.invoice_id,
        order_items.c.invoice_id.label("marked"),
    )
    .outerjoin_from(
        invoice_lines,
        order_items,
        and_(
            order_items.c.account_id == invoice_lines.c.account_id,
            order_items.c.id == invoice_lines.c.order_item_id,
        ),
    )
    .where(
        invoice_lines.c.account_id == _ACCOUNT_ID,
        is_one_of(invoice_lines.c.invoice_id, id_list("ids")),
    )
    .order_by(invoice_lines.c.invoice_id, invoice_lines.c.position)
)
_NUMBERS_TWICE = (
    select(invoices.c.number, func.count().label("times"))
    .where(invoices.c.account_id == _ACCOUNT_ID)
    .group_by(invoices.c.number)
    .having(func.count() > 1)
)
_MARKED_WITHOUT_LINE = (
    select(order_items.c.id, order_items.c.invoice_id)
    .outerjoin_from(
        order_items,
        invoice_lines,
        and_(
            invoice_lines.c.account_id == order_items.c.account_id,
            invoice_lines.c.invoice_id == order_items.c.invoice_id,
            invoice_lines.c.order_item_id == order_items.c.invoiced_as,
        ),
    )
    .where(
        order_items.c.account_id == _ACCOUNT_ID,
        order_items.c.invoice_id.is_not(None),
        invoice_lines.c.order_item_id.is_(None),
    )
)


@dataclass(frozen=True, slots=True)
class Finding:
    """A fault. `subject` is an invoice's number, a series, an item, a payment, a job, a logo, or an entry
    or a chain of the audit log."""

    account_id: str
    subject: str
    kind: str
    detail: str


@dataclass(slots=True)
class Verdict:
    invoices: int = 0
    series: int = 0
    payments: int = 0
    audit_entries: int = 0
    findings: list[Finding] = field(default_factory=list)


def verify(connection: Connection, account_id: str | None = None) -> Verdict:
    """Verifies the books of one account, or of all, as of one moment; reads 1,000 invoices at a time."""
    if connection.dialect.name == "postgresql":  # an SQLite transaction always reads one state
        connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    verdict = Verdict()
    for each in [account_id] if account_id else connection.execute(select(accounts.c.id)).scalars().all():
        faults = _check_account(connection, each, verdict)
        verdict.findings += [Finding(each, subject, kind, detail) for subject, kind, detail in faults]
    return verdict


_Faults = Iterator[tuple[str, str, str]]


def _check_account(connection: Connection, account_id: str, verdict: Verdict) -> _Faults:
    key = {"account": account_id}
    last_taken = {(row.type, row.period): row.last for row in connection.execute(_LAST_TAKEN, key)}
    issued = {(row.type, row.period) for row in connection.execute(_SERIES, key)}
    for type, period in sorted(issued | last_taken.keys()):
        verdict.series += 1
        yield from _check_series(
            connection, account_id, type, period, last_taken.get((type, period), 0), verdict
        )
    for number, times in connection.execute(_NUMBERS_TWICE, key):
        yield number, "duplicate", f"{times} invoices have this number."
    for item, invoice in connection.execute(_MARKED_WITHOUT_LINE, key):
        yield item, "items", f"The item is marked with invoice {invoice}, which has no line for it."
    yield from find_wrong_items(connection, account_id)
    yield from find_wrong_credits(connection, account_id)
    yield from find_wrong_quotes(connection, account_id)
    yield from find_wrong_discounts(connection, account_id)
    yield from find_wrong_shares(connection, account_id)
    verdict.payments += count_payments(connection, account_id)
    yield from find_wrong_payments(connection, account_id)
    yield from find_wrong_balances(connection, account_id)
    yield from find_wrong_set_offs(connection, account_id)
    yield from find_wrong_pdfs(connection, account_id)
    yield from find_wrong_logos(connection, account_id)
    verdict.audit_entries += count_entries(connection, account_id)
    yield from find_faults_in_audit_log(connection, account_id)


def _check_series(
    connection: Connection, account_id: str, type: str, period: str, last_taken: int, verdict: Verdict
) -> _Faults:
    name = f"{type} {period}".strip()
    highest, last_date = 0, date.min
    for batch in _batches(connection, account_id, type, period):
        lines = _lines(connection, account_id, [invoice.id for invoice in batch])
        for invoice in batch:
            verdict.invoices += 1
            if invoice.sequence == highest:
                yield invoice.number, "duplicate", f"Sequence {highest} of {name} is taken twice."
            elif invoice.sequence != highest + 1:
                yield (
                    name,
                    "gap",
                    f"{_missing(highest + 1, invoice.sequence - 1)} before {invoice.number}.",
                )
            highest = invoice.sequence
            if invoice.issued_on < last_date:
                yield invoice.number, "dates", f"It is dated {invoice.issued_on}, one before it {last_date}."
            last_date = invoice.issued_on
            for kind, detail in find_contradictions(invoice, lines[invoice.id]):
                yield invoice.number, kind, detail
    if last_taken != highest:
        yield name, "series", f"The last number taken is {last_taken}, the last on an invoice {highest}."


def _missing(first: int, last: int) -> str:
    return f"{first} is missing" if first == last else f"{first} to {last} are missing"


def _batches(connection: Connection, account_id: str, type: str, period: str) -> Iterator[Sequence[Any]]:
    after = {"sequence": 0, "id": ""}
    while True:
        key = {"account": account_id, "type": type, "period": period, **after}
        batch = connection.execute(_NEXT_INVOICES, key).all()
        if not batch:
            return
        yield batch
        after = {"sequence": batch[-1].sequence, "id": batch[-1].id}


def _lines(connection: Connection, account_id: str, ids: Sequence[str]) -> dict[str, list[Any]]:
    lines: defaultdict[str, list[Any]] = defaultdict(list)
    for line in connection.execute(_LINES, {"account": account_id, "ids": ids}):
        lines[line.invoice_id].append(line)
    return lines
