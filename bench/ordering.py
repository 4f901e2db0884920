"""Row: `createOrder` over HTTP, against the same transactions without the server."""

from __future__ import annotations

from collections.abc import Iterator

from bench import mutating, shop
from bench.bare import Work, command
from bench.homes import KINDS
from bench.mutating import Mutation
from bench.results import Result, Run
from bench.shop import NOW, Shop
from invoicing.audit.actions import AuditAction
from invoicing.orders import intake
from invoicing.orders.values import CreateOrderValues
from invoicing.storage.database import Database

LEAST = 0.30
ITEMS = 5
_MUTATION = "mutation($i:CreateOrderInput!){createOrder(input:$i){order{id number total currency}}}"


def results(run: Run) -> Iterator[Result]:
    return mutating.results(run, _CREATE)


def _stock(_: Database, __: Shop, ___: int) -> None:
    """Needs only the shop's customers."""


def _body(number: int) -> object:
    return {"query": _MUTATION, "variables": {"i": _values(number)}}


def _work(opened: Shop, number: int) -> Work:
    values = _values(number)
    return command(opened.principal, AuditAction.CREATE_ORDER, intake.create_order, values, now=NOW)


def _values(number: int) -> CreateOrderValues:
    """Without ids and a number: the product gives them."""
    values = shop.order_values("A", number, ITEMS)
    for item in values["items"]:
        del item["id"]
    return {"customer_id": values["customer_id"], "items": values["items"]}


_CREATE = Mutation(
    f"`createOrder`, {ITEMS} items",
    dict.fromkeys(KINDS, LEAST),
    _stock,
    _body,
    _work,
    {"orders": 1, "order_items": ITEMS, "audit_entries": 1},
)
