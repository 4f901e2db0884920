"""What a page costs: the same few statements, however long it is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event, insert

from invoicing.invoices import from_orders
from invoicing.payments import manual
from invoicing.payments.values import RecordPaymentValues
from invoicing.storage.database import Database
from invoicing.storage.tables import documents
from resolvers import turns
from tests.support import factories
from tests.support.both_ways import executed_once
from tests.support.client import Client, client
from tests.support.factories import item

INVOICES = """query ($n: Int) { invoices(first: $n) { nodes {
  id number total pdf_url lines { name } vat { rate } customer { name } orders { number customer { name } }
} pageInfo { endCursor } } }"""
ORDERS = """query ($n: Int) { orders(first: $n) { nodes {
  id status total vat { amount } items { id invoice { number } } actions { action ids }
  blocked { id reason } invoices { number pdf_url } customer { name }
} } }"""

MONEY = """query ($n: Int) { invoices(first: $n) { nodes {
  reimbursement {
    status amount_due amount_paid amount_refunded amount_outstanding payments { id status amount }
  }
  credits { id number } credited_by { id number }
} } }"""


@pytest.fixture(autouse=True)
def _no_turn_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """A slow machine splits a batch of ids between two turns; what a page costs then is in test_metered."""
    monkeypatch.setattr(turns, "LONGEST", 3_600.0)


@pytest.fixture
def shop(database: Database, tmp_path: Path) -> Client:
    """Fifty invoices of as many customers and twice as many orders, half of them printed."""
    shop = client(database, tmp_path)
    for place in range(50):
        moment = factories.NOW + timedelta(minutes=place)
        buyer = factories.customer(database, shop.principal, id=f"c{place}", now=moment)
        given: dict[str, Any] = {"customer_id": buyer.id, "invoice_after_shipment": True, "now": moment}
        factories.order(database, shop.principal, items=[item(), item()], **given)
        issued = factories.invoice(database, shop.principal, customer_id=buyer.id, now=moment)
        row = {
            "account_id": shop.principal.account_id,
            "invoice_id": issued.id,
            "kind": "pdf",
            "key": f"{issued.id}.pdf",
            "size": 1,
            "sha256": "0" * 64,
            "created_at": moment,
        }
        if place % 2:
            database.write(lambda connection, row=row: connection.execute(insert(documents).values(row)))  # type: ignore[misc]
    return shop


@pytest.fixture
def settled(database: Database, shop: Client) -> Client:
    """The same; some are paid, some credited, and not every credit is on the page of what it credits."""
    ids = [node["id"] for node in shop.ask("{ invoices(first: 50) { nodes { id } } }")["invoices"]["nodes"]]
    for place, id in enumerate(ids):
        if place % 2:
            given: RecordPaymentValues = {
                "invoice_id": id,
                "amount": 100,
                "method": "CASH",
                "idempotency_key": id,
            }
            database.write(manual.record_payment, shop.principal, given, now=factories.NOW)
        if place % 3 == 0:
            moment = factories.NOW + timedelta(days=1 if place > 40 else -1)
            database.write(from_orders.credit_invoice, shop.principal, id, None, reason=None, now=moment)
    return shop


@contextmanager
def counted() -> Iterator[list[str]]:
    """The statements that are sent to any database meanwhile, without BEGIN and the like."""
    statements: list[str] = []

    def note(*given: Any) -> None:
        statement = given[2]
        if not statement.startswith(("BEGIN", "SAVEPOINT", "RELEASE", "PRAGMA")):
            statements.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        with executed_once():
            yield statements
    finally:
        event.remove(Engine, "before_cursor_execute", note)


@pytest.mark.parametrize(("query", "name", "most"), [(INVOICES, "invoices", 4), (ORDERS, "orders", 6)])
def test_a_page_costs_the_same_however_long_it_is(shop: Client, query: str, name: str, most: int) -> None:
    shop.ask("{ account { id } }")  # the key is known for the next second
    costs = {}
    for size in (1, 10, 50):
        with counted() as statements:
            found = shop.ask(query, n=size)[name]["nodes"]
        assert len(found) == size
        costs[size] = [statement for statement in statements if "FROM api_keys" not in statement]
    assert len(costs[50]) <= most, costs[50]
    assert len(costs[50]) <= max(len(costs[10]), len(costs[1]))


def test_a_page_costs_six_statements_with_all_that_was_paid_and_credited(settled: Client) -> None:
    settled.ask("{ account { id } }")
    with counted() as statements:
        nodes = settled.ask(MONEY, n=50)["invoices"]["nodes"]
    cost = [statement for statement in statements if "FROM api_keys" not in statement]
    assert len(cost) <= 6, cost
    crediting = [node for node in nodes if node["credits"]]
    credited = [node for node in nodes if node["credited_by"]]
    paid = [node for node in nodes if node["reimbursement"]["payments"]]
    assert (len(nodes), len(crediting), len(credited), len(paid)) == (50, 3, 16, 23)


def test_a_page_shows_each_its_own(shop: Client) -> None:
    for node in shop.ask(INVOICES, n=50)["invoices"]["nodes"]:
        (order,) = node["orders"]
        assert node["customer"] == order["customer"]
        assert node["pdf_url"] is None or node["pdf_url"].endswith(f"{node['number']}.pdf")
    shown = [node["pdf_url"] is None for node in shop.ask(INVOICES, n=50)["invoices"]["nodes"]]
    assert sum(shown) == 25


def test_an_invoice_alone_is_one_statement(shop: Client) -> None:
    id = shop.ask("{ invoices(first: 1) { nodes { id } } }")["invoices"]["nodes"][0]["id"]
    query = f'{{ invoice(id: "{id}") {{ number total lines {{ name }} seller {{ name }} pdf_url }} }}'
    with counted() as statements:
        shop.ask(query)
    assert len([statement for statement in statements if "FROM api_keys" not in statement]) == 1


def test_counting_is_paid_for_only_when_asked(shop: Client) -> None:
    with counted() as statements:
        shop.ask("{ orders(first: 5) { nodes { id } pageInfo { hasNextPage } } }")
    assert not [statement for statement in statements if "count(" in statement.lower()]
    with counted() as statements:
        assert shop.ask("{ orders(first: 5) { totalCount } }")["orders"]["totalCount"] == 100
    assert len([statement for statement in statements if "count(" in statement.lower()]) == 1


@pytest.mark.parametrize("name", ["customers", "orders", "invoices"])
def test_a_plan_counts_a_list_with_its_page(shop: Client, name: str) -> None:
    query = f"{{ {name}(first: 5) {{ totalCount nodes {{ id }} }} }}"
    shop.ask(query)  # which is planned
    with counted() as statements:
        found = shop.ask(query)[name]
    assert (found["totalCount"], len(found["nodes"])) == (100 if name == "orders" else 50, 5)
    assert len([statement for statement in statements if "FROM api_keys" not in statement]) == 1
