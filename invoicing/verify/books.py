"""Whether the books are right: numbers, totals, credits, money, states and papers. Reads only."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import BindParameter, Connection, and_, bindparam, func, select, tuple_

from invoicing.storage.tables import accounts, invoice_lines, invoices, number_series, order_items
from invoicing.verify.balances import wrong_standings
from invoicing.verify.credits import wrong_credits
from invoicing.verify.invoices import LINE, ROW, wrong
from invoicing.verify.payments import count_payments, wrong_payments
from invoicing.verify.pdfs import wrong_papers

_WINDOW = 1_000
_MINE: BindParameter[str] = bindparam("account")

_SERIES = select(invoices.c.type, invoices.c.period).where(invoices.c.account_id == _MINE).distinct()
_TAKEN = select(number_series.c.type, number_series.c.period, number_series.c.last).where(
    number_series.c.account_id == _MINE, number_series.c.type.in_(("INVOICE", "CREDIT"))
)
_NEXT = (
    select(*(invoices.c[name] for name in (*ROW, "sequence", "issued_on", "due_on", "snapshot")))
    .where(
        invoices.c.account_id == _MINE,
        invoices.c.type == bindparam("type"),
        invoices.c.period == bindparam("period"),
        tuple_(invoices.c.sequence, invoices.c.id) > tuple_(bindparam("sequence"), bindparam("id")),
    )
    .order_by(invoices.c.sequence, invoices.c.id)
    .limit(_WINDOW)
)
_LINES = (
    select(
        *(invoice_lines.c[name] for name in LINE),
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
        invoice_lines.c.account_id == _MINE,
        invoice_lines.c.invoice_id.in_(bindparam("ids", expanding=True)),
    )
    .order_by(invoice_lines.c.invoice_id, invoice_lines.c.position)
)
_NUMBERS_TWICE = (
    select(invoices.c.number, func.count().label("times"))
    .where(invoices.c.account_id == _MINE)
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
        order_items.c.account_id == _MINE,
        order_items.c.invoice_id.is_not(None),
        invoice_lines.c.order_item_id.is_(None),
    )
)


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong; `subject` is an invoice's number, a series, an item, a payment or a job."""

    account_id: str
    subject: str
    kind: str
    detail: str


@dataclass(slots=True)
class Verdict:
    invoices: int = 0
    series: int = 0
    payments: int = 0
    findings: list[Finding] = field(default_factory=list)


def verify(connection: Connection, account_id: str | None = None) -> Verdict:
    """Every invoice of one account, or of all, as they are at one moment; a thousand in memory at a time."""
    if connection.dialect.name == "postgresql":  # SQLite reads one state of the database anyway
        connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    verdict = Verdict()
    for mine in [account_id] if account_id else connection.execute(select(accounts.c.id)).scalars().all():
        found = _account(connection, mine, verdict)
        verdict.findings += [Finding(mine, subject, kind, detail) for subject, kind, detail in found]
    return verdict


_Found = Iterator[tuple[str, str, str]]


def _account(connection: Connection, mine: str, verdict: Verdict) -> _Found:
    key = {"account": mine}
    taken = {(row.type, row.period): row.last for row in connection.execute(_TAKEN, key)}
    issued = {(row.type, row.period) for row in connection.execute(_SERIES, key)}
    for type, period in sorted(issued | taken.keys()):
        verdict.series += 1
        yield from _series(connection, mine, type, period, taken.get((type, period), 0), verdict)
    for number, times in connection.execute(_NUMBERS_TWICE, key):
        yield number, "duplicate", f"{times} invoices have this number."
    for item, invoice in connection.execute(_MARKED_WITHOUT_LINE, key):
        yield item, "items", f"The item is marked with invoice {invoice}, which has no line for it."
    yield from wrong_credits(connection, mine)
    verdict.payments += count_payments(connection, mine)
    yield from wrong_payments(connection, mine)
    yield from wrong_standings(connection, mine)
    yield from wrong_papers(connection, mine)


def _series(
    connection: Connection, mine: str, type: str, period: str, taken: int, verdict: Verdict
) -> _Found:
    name = f"{type} {period}".strip()
    highest = 0
    for window in _windows(connection, mine, type, period):
        lines = _lines(connection, mine, [invoice.id for invoice in window])
        for invoice in window:
            verdict.invoices += 1
            if invoice.sequence == highest:
                yield invoice.number, "duplicate", f"Place {highest} of {name} is taken twice."
            elif invoice.sequence != highest + 1:
                yield name, "gap", f"{_missing(highest + 1, invoice.sequence - 1)} before {invoice.number}."
            highest = invoice.sequence
            for kind, detail in wrong(invoice, lines[invoice.id]):
                yield invoice.number, kind, detail
    if taken != highest:
        yield name, "series", f"The last number taken is {taken}, the last on an invoice {highest}."


def _missing(first: int, last: int) -> str:
    return f"{first} is missing" if first == last else f"{first} to {last} are missing"


def _windows(connection: Connection, mine: str, type: str, period: str) -> Iterator[Sequence[Any]]:
    place = {"sequence": 0, "id": ""}
    while True:
        key = {"account": mine, "type": type, "period": period, **place}
        window = connection.execute(_NEXT, key).all()
        if not window:
            return
        yield window
        place = {"sequence": window[-1].sequence, "id": window[-1].id}


def _lines(connection: Connection, mine: str, ids: Sequence[str]) -> dict[str, list[Any]]:
    found: defaultdict[str, list[Any]] = defaultdict(list)
    for line in connection.execute(_LINES, {"account": mine, "ids": ids}):
        found[line.invoice_id].append(line)
    return found
