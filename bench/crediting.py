"""Row 9: `creditInvoice` over HTTP of a whole unpaid invoice, against which the credit is set off."""

from __future__ import annotations

from collections.abc import Iterator

from bench import mutating, shop
from bench.bare import Work, command
from bench.homes import KINDS
from bench.mutating import Mutation
from bench.results import Result, Run
from bench.shop import NOW, Shop
from invoicing.audit.actions import AuditAction
from invoicing.invoices import from_orders
from invoicing.storage.database import Database

LEAST = 0.35
LINES = 5
_MUTATION = "mutation($i:CreditInvoiceInput!){creditInvoice(input:$i){invoice{id number total currency}}}"


def results(run: Run) -> Iterator[Result]:
    return mutating.results(run, _CREDIT)


def _stock(database: Database, opened: Shop, count: int) -> None:
    shop.stock_invoices(database, opened, "A", count, lines=LINES)


def _body(number: int) -> object:
    return {"query": _MUTATION, "variables": {"i": {"invoice_id": shop.tag("A", number)}}}


def _work(opened: Shop, number: int) -> Work:
    id = shop.tag("A", number)
    credit = from_orders.credit_invoice
    return command(opened.principal, AuditAction.CREDIT_INVOICE, credit, id, None, reason=None, now=NOW)


_CREDIT = Mutation(
    f"`creditInvoice`, {LINES} lines, unpaid",
    dict.fromkeys(KINDS, LEAST),
    _stock,
    _body,
    _work,
    {"invoices": 1, "invoice_lines": LINES, "outbox": 1, "audit_entries": 1},
)
