"""Row 12: creating an invoice through a REST front door, against GraphQL on the same server."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bench import shop
from bench.homes import KINDS
from bench.load import CLIENTS, GRAPHQL, Door, Load, load, write_bodies
from bench.mutating import MAX_RATE
from bench.results import Result, Run, comparison, cpu_comparison
from bench.serving import running_server
from bench.shop import NOW, PAST, Shop
from invoicing.customers import details
from invoicing.customers.values import CreateCustomerValues
from invoicing.storage.database import Database

LINES = 5
HANDLE = "atelier-noord"
_SHOWN = (
    "id handle number type state currency created_at due_on total total_ex_vat total_vat pdf_url "
    "customer{id handle} lines{id name quantity unit_price total_ex_vat vat{rate amount}}"
)
_CREATE = f"mutation($i:CreateInvoiceInput!){{createInvoice(input:$i){{invoice{{{_SHOWN}}}}}}}"
_ORDER = f"mutation($i:InvoiceOrderInput!){{invoiceOrder(input:$i){{invoice{{{_SHOWN}}}}}}}"


@dataclass(frozen=True, slots=True)
class Pair:
    """The same request at a front door and in GraphQL, each as a function of a tag (the order or invoice).

    GraphQL is asked for the invoice and its lines. Reepay's door also returns payments and credits.
    """

    name: str
    door: Door
    stock: Callable[[Database, Shop, str, int], None]
    body: Callable[[str], object]
    graphql_body: Callable[[str], object]
    least: float | None = None


def results(run: Run) -> Iterator[Result]:
    for pair in _PAIRS:
        for kind in KINDS:
            yield from _results(run, pair, kind)


def _results(run: Run, pair: Pair, kind: str) -> Iterator[Result]:
    count = MAX_RATE * (run.seconds * run.rounds + 1)
    loads: list[Load] = []
    limits: list[Load] = []
    with run.homes.fresh(kind) as home:
        with home.database() as database:
            opened = shop.open_shop(database)
            for prefix in ("A", "B"):
                pair.stock(database, opened, prefix, count)
        tags = range(count)
        door_bodies = write_bodies(home.data / "ours", (pair.body(shop.tag("A", number)) for number in tags))
        graphql_bodies = write_bodies(
            home.data / "theirs", (pair.graphql_body(shop.tag("B", number)) for number in tags)
        )
        home.settle()
        with running_server(home, opened.token) as server:
            loads.append(load(server, door_bodies, seconds=1, door=pair.door))  # warms the server up
            limits.append(load(server, graphql_bodies, seconds=1))
            for _ in range(run.rounds):
                loads.append(
                    load(server, door_bodies, seconds=run.seconds, start=loads[-1].sent, door=pair.door)
                )
                limits.append(
                    load(server, graphql_bodies, seconds=run.seconds, start=limits[-1].sent, door=GRAPHQL)
                )
    name = f"{pair.name}, {CLIENTS} clients, against GraphQL, {kind}"
    errors = sum(each.errors for each in (*loads, *limits))
    yield comparison(
        name,
        [each.rate for each in loads[1:]],
        [each.rate for each in limits[1:]],
        least=pair.least,
        errors=errors,
    )
    yield cpu_comparison(name, [each.cpu for each in loads[1:]], [each.cpu for each in limits[1:]])


def _customer(database: Database, opened: Shop, prefix: str, _: int) -> None:
    """A one-time invoice needs only a customer with this handle."""
    if prefix == "A":
        values: CreateCustomerValues = {
            "name": "Atelier Noord",
            "handle": HANDLE,
            "billing_address": shop.ADDRESS,
        }
        database.write(details.create_customer, opened.principal, values, now=PAST)


def _orders(database: Database, opened: Shop, prefix: str, count: int) -> None:
    shop.stock_orders(database, opened, prefix, count, lines=LINES)


def _lines(name: str) -> list[dict[str, Any]]:
    return [
        {name: text, "amount": 2_499 + 731 * line, "quantity": line + 1}
        for line, text in enumerate(shop.GOODS[:LINES])
    ]


def _transfer(method: str) -> Mapping[str, object]:
    return {"method": method, "payment_date": NOW.date()}


_PAIRS = (
    Pair(
        f"`POST /v1/customer/{{handle}}/invoice`, {LINES} lines, manual transfer",
        Door(f"/v1/customer/{HANDLE}/invoice", "basic"),
        _customer,
        lambda tag: {
            "handle": tag,
            "order_lines": _lines("ordertext"),
            "manual_transfer": _transfer("bank_transfer"),
        },
        lambda tag: {
            "query": _CREATE,
            "variables": {
                "i": {
                    "customer_handle": HANDLE,
                    "handle": tag,
                    "order_lines": _lines("text"),
                    "manual_transfer": _transfer("BANK_TRANSFER"),
                }
            },
        },
        least=0.9,
    ),
    Pair(
        f"`POST /invoices`, an order of {LINES} items",
        Door("/invoices", "accessToken"),
        _orders,
        lambda tag: {"orderId": tag},
        lambda tag: {"query": _ORDER, "variables": {"i": {"order_id": tag}}},
    ),
)
