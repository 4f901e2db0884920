"""Row 1: `invoiceItems` over HTTP, against the same transactions without the server."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bench import mutating, shop
from bench.bare import Work, command
from bench.homes import POSTGRESQL, SQLITE
from bench.mutating import Mutation
from bench.results import Result, Run
from bench.shop import NOW, Shop
from invoicing.audit.actions import AuditAction
from invoicing.invoices import from_orders
from invoicing.storage.database import Database

LINES = 5
_MUTATION = "mutation($i:InvoiceItemsInput!){invoiceItems(input:$i){invoice{id number total currency}}}"


def results(run: Run) -> Iterator[Result]:
    return mutating.results(run, ISSUE, printing=True)


def stock(database: Database, opened: Shop, count: int, prefix: str = "A") -> None:
    shop.stock_orders(database, opened, prefix, count, lines=LINES)


def body(number: int, prefix: str = "A") -> dict[str, Any]:
    return {"query": _MUTATION, "variables": {"i": {"items": shop.item_ids(prefix, number, LINES)}}}


def _work(opened: Shop, number: int) -> Work:
    ids = shop.item_ids("A", number, LINES)
    return command(opened.principal, AuditAction.INVOICE_ITEMS, from_orders.invoice_items, ids, now=NOW)


ISSUE = Mutation(
    f"`invoiceItems`, {LINES} items",
    {SQLITE: 0.30, POSTGRESQL: 0.90},
    stock,
    body,
    _work,
    {"invoices": 1, "invoice_lines": LINES, "outbox": 1, "audit_entries": 1},
)
