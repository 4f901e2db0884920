"""Questions that take too long are ended, and so are those whose caller has gone; the others are answered."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from invoicing.storage.database import Database
from tests.support import factories
from tests.support.client import Client, client, data
from tests.support.endless import make_endless
from tests.support.live_server import running_server
from tests.support.patience import PATIENCE
from tests.support.rest_door import Door, basic

CUSTOMERS = "{ customers { nodes { id } } }"
ACCOUNT = "{ account { name } }"
CALLERS = 6


@pytest.fixture
def patient(database_url: str) -> Iterator[Database]:
    database = Database(database_url, query_timeout=10 * PATIENCE)
    yield database
    database.close()


def endless_shop(database: Database, folder: Path, *tables: str) -> Client:
    """A shop with a customer, an order and an invoice, none of which can be read to the end."""
    shop = client(database, folder)
    factories.customer(database, shop.principal, id="ann", handle="ann")
    factories.order(database, shop.principal, id="o", customer_id="ann")
    factories.invoice(database, shop.principal, invoice_id="v")
    for table in tables or ("customers", "orders", "invoices"):
        make_endless(database, table)
    return shop


def test_a_question_that_takes_too_long_is_refused(hurried: Database, tmp_path: Path) -> None:
    shop = endless_shop(hurried, tmp_path)
    refusal = shop.refused(CUSTOMERS)
    assert (refusal.code, refusal.path) == ("QUERY_TIMEOUT", ["customers"])
    assert shop.ask(ACCOUNT)["account"]["name"]


def test_rest_says_so_in_each_doors_words(hurried: Database, tmp_path: Path) -> None:
    shop = endless_shop(hurried, tmp_path)
    token = str(shop.token)
    status, told = Door(shop, basic(token)).refused("GET", "/v1/invoice/v")
    assert (status, told["code"], told["error"]) == (503, 2, "Took too long")
    status, told = Door(shop, {"authorization": f"Bearer {token}"}).refused("GET", "/v1/orders/")
    assert (status, told["error"]) == (503, "QueryTimeout")


def test_nobody_waits_for_callers_that_have_gone(patient: Database, tmp_path: Path) -> None:
    shop = endless_shop(patient, tmp_path)
    other = shop.neighbour()
    asking = {"authorization": f"Bearer {shop.token}"}
    with running_server(shop.app) as address, httpx.Client(base_url=address, timeout=PATIENCE) as http:
        for _ in range(CALLERS):
            with pytest.raises(httpx.ReadTimeout):
                http.post("/graphql", json={"query": CUSTOMERS}, headers=asking, timeout=0.3)
            with pytest.raises(httpx.ReadTimeout):
                http.get("/v1/orders/", headers=asking, timeout=0.3)
        answer = http.post(
            "/graphql", json={"query": ACCOUNT}, headers={"authorization": f"Bearer {other.token}"}
        )
        assert data(answer)["account"]["name"]
        assert http.get("/readyz").json()["database"] == "ok"


@pytest.mark.anyio
async def test_an_account_that_waits_for_much_keeps_no_other_waiting(
    patient: Database, tmp_path: Path
) -> None:
    shop = endless_shop(patient, tmp_path, "customers")
    other = shop.neighbour()
    factories.order(patient, other.principal, id="o")
    asking, others = ({"authorization": f"Bearer {each.token}"} for each in (shop, other))
    with running_server(shop.app) as address:
        async with httpx.AsyncClient(base_url=address, timeout=PATIENCE) as http:
            slow = [
                asyncio.create_task(http.post("/graphql", json={"query": CUSTOMERS}, headers=asking))
                for _ in range(CALLERS)
            ]
            for query in (ACCOUNT, "{ orders { nodes { id } totalCount } }", '{ order(id: "o") { id } }'):
                assert data(await http.post("/graphql", json={"query": query}, headers=others))
            assert data(await http.post("/graphql", json={"query": ACCOUNT}, headers=asking))
            assert (await http.get("/readyz")).json()["database"] == "ok"
            assert not any(each.done() for each in slow)
            for each in slow:
                each.cancel()
