"""Row 10: `createInvoice` over HTTP, settled at once by a manual transfer."""

from __future__ import annotations

from collections.abc import Iterator

from bench import mutating, shop
from bench.bare import Work, command
from bench.homes import POSTGRESQL, SQLITE
from bench.mutating import Mutation
from bench.results import Result, Run
from bench.shop import NOW, Shop
from invoicing.audit.actions import AuditAction
from invoicing.invoices import one_time
from invoicing.invoices.values import CreateInvoiceValues
from invoicing.storage.database import Database

LINES = 5
_MUTATION = "mutation($i:CreateInvoiceInput!){createInvoice(input:$i){invoice{id number total currency}}}"


def results(run: Run) -> Iterator[Result]:
    return mutating.results(run, _CREATE)


def _stock(_: Database, __: Shop, ___: int) -> None:
    """Needs only the shop's customers."""


def _body(number: int) -> object:
    return {"query": _MUTATION, "variables": {"i": _values(number)}}  # orjson writes the date in ISO format


def _work(opened: Shop, number: int) -> Work:
    values = _values(number)
    return command(
        opened.principal, AuditAction.CREATE_INVOICE, one_time.create_invoice, values, gateways=(), now=NOW
    )


def _values(number: int) -> CreateInvoiceValues:
    return {
        "customer_id": shop.customer_id(number),
        "handle": shop.tag("A", number),
        "order_lines": [
            {"text": name, "amount": 2_499 + 731 * line, "quantity": line + 1}
            for line, name in enumerate(shop.GOODS[:LINES])
        ],
        "manual_transfer": {"method": "BANK_TRANSFER", "payment_date": NOW.date()},
    }


_CREATE = Mutation(
    f"`createInvoice`, {LINES} lines, manual transfer",
    {SQLITE: 0.25, POSTGRESQL: 0.70},
    _stock,
    _body,
    _work,
    {"invoices": 1, "invoice_lines": LINES, "payments": 1, "outbox": 1, "audit_entries": 1},
)
