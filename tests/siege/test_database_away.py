"""PostgreSQL is stopped and started again: callers hear that it is away, and then all works by itself."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import websockets
from structlog.testing import capture_logs

from invoicing.storage.database import Database
from tests.support import factories
from tests.support.client import CREATE_ORDER, INVOICE_ORDER, Client, client, data
from tests.support.own_postgresql import OwnPostgresql, own_postgresql
from tests.support.patience import PATIENCE, eventually
from tests.support.rest_door import Door, basic
from tests.support.subscribing import connected, running_server

GRAPHQL = "application/graphql-response+json"
ORDER = {"billing_name": "Ann Baker", "items": [factories.item()]}
COUNT = "{ orders { totalCount } }"
PDF = "query ($id: String!) { invoice(id: $id, wait_for_pdf_ms: 10000) { pdf_url } }"
LINES = [{"ordertext": "Advice", "amount": 1, "vat": 0, "quantity": 1}]


@pytest.fixture(scope="module")
def postgresql() -> Iterator[OwnPostgresql]:
    with own_postgresql() as running:
        yield running


@pytest.fixture
def database(postgresql: OwnPostgresql) -> Iterator[Database]:
    database = Database(postgresql.url)
    yield database
    postgresql.start()
    database.close()


@pytest.fixture
def shop(database: Database, tmp_path: Path) -> Client:
    shop = client(database, tmp_path)
    factories.customer(database, shop.principal, id="ann", handle="ann")
    return shop


def assert_unavailable(answer: httpx.Response) -> Any:
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5"), answer.text
    return answer.json()


def test_every_door_says_in_its_own_words_that_the_database_is_away(
    shop: Client, postgresql: OwnPostgresql
) -> None:
    shop.ask(COUNT)  # who asks is known for a second; the others have to be looked up
    postgresql.stop()
    for document, variables in ((COUNT, {}), (CREATE_ORDER, {"input": ORDER})):
        for accept in ("application/json", GRAPHQL):
            body = {"query": document, "variables": variables}
            for asking in (shop, shop.without_key()):
                headers = {"accept": accept, "authorization": f"Bearer {asking.token or 'inv_unknown'}"}
                answer = asking.request("POST", json=body, headers=headers)
                (error,) = assert_unavailable(answer)["errors"]
                assert error["extensions"]["code"] == "UNAVAILABLE"
                assert "Try again" in error["message"]
    reepay, bearer = Door(shop, basic(str(shop.token))), {"authorization": f"Bearer {shop.token}"}
    told = assert_unavailable(reepay.ask("GET", "/v1/invoice/1"))
    assert (told["code"], told["error"]) == (2, "Service unavailable")
    sent = {"handle": "1", "order_lines": LINES}
    assert_unavailable(reepay.ask("POST", "/v1/customer/ann/invoice", sent))
    told = assert_unavailable(Door(shop, bearer).ask("GET", "/v1/orders/"))
    assert told["error"] == "ServiceUnavailable"
    token = {"accesstoken": str(shop.token)}
    told = assert_unavailable(Door(shop, token).ask("POST", "/invoices", {"orderId": "1"}))
    assert told["success"] is False
    ready = shop.request("GET", "/readyz")
    assert (ready.status_code, ready.json()["database"]) == (503, "does not answer")
    assert shop.request("GET", "/healthz").status_code == 200
    postgresql.start()
    assert shop.request("GET", "/readyz").status_code == 200


def test_the_first_calls_after_a_restart_do_not_fail(shop: Client, postgresql: OwnPostgresql) -> None:
    for calls in ([COUNT, CREATE_ORDER], [CREATE_ORDER, COUNT]):
        shop.ask(COUNT)
        postgresql.stop()
        postgresql.start()
        for call in calls:
            shop.ask(call, input=ORDER)
    assert shop.ask(COUNT)["orders"]["totalCount"] == 2


def test_what_was_refused_was_not_done(shop: Client, postgresql: OwnPostgresql) -> None:
    shop.ask(CREATE_ORDER, input={**ORDER, "id": "before"})
    postgresql.stop()
    assert_unavailable(shop.post(CREATE_ORDER, input={**ORDER, "id": "while"}))
    postgresql.start()
    shop.ask(CREATE_ORDER, input={**ORDER, "id": "while"})
    assert shop.ask(COUNT)["orders"]["totalCount"] == 2


@pytest.mark.anyio
async def test_a_websocket_is_told_to_come_back_later(
    database: Database, postgresql: OwnPostgresql, tmp_path: Path
) -> None:
    shop = await asyncio.to_thread(client, database, tmp_path)
    async with running_server(shop.app) as url:
        await asyncio.to_thread(postgresql.stop)
        with pytest.raises(websockets.ConnectionClosed) as closed:
            async with connected(url, shop.token):
                pass
        await asyncio.to_thread(postgresql.start)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1013
        async with connected(url, shop.token):
            pass


@pytest.mark.anyio
async def test_workers_outlive_it_and_say_so_once(
    database: Database, postgresql: OwnPostgresql, tmp_path: Path
) -> None:
    shop = await asyncio.to_thread(client, database, tmp_path, workers=1, sandbox=True)
    asking = {"authorization": f"Bearer {shop.token}"}
    with capture_logs() as logs:
        async with (
            running_server(shop.app) as url,
            httpx.AsyncClient(timeout=PATIENCE, headers=asking) as http,
        ):

            async def ask(query: str, **variables: Any) -> Any:
                return data(await http.post(url, json={"query": query, "variables": variables}))

            await ask(COUNT)
            await asyncio.to_thread(postgresql.stop)
            await eventually(lambda: "the database cannot be written" in str(logs))
            answer = await http.post(url, json={"query": COUNT})
            assert answer.status_code == 503
            await asyncio.to_thread(postgresql.start)
            order = (await ask(CREATE_ORDER, input=ORDER))["createOrder"]["order"]["id"]
            made = await ask(INVOICE_ORDER, input={"order_id": order})
            id = made["invoiceOrder"]["invoice"]["id"]
            assert (await ask(PDF, id=id))["invoice"]["pdf_url"]
    told = [entry["event"] for entry in logs if "the database can" in entry["event"]]
    assert sorted(set(told)) == sorted(told)
    assert "the database can be written again" in told
    assert not [entry for entry in logs if "exc_info" in entry]
