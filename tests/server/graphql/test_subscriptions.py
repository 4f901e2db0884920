"""Whoever follows an invoice is told of it at once, either way, and of nothing that is not theirs."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from documents.store import FileStore
from invoicing.access import Actor, Principal, Scope
from invoicing.storage.database import Database
from tests.support.client import CREDIT, RECORD, Client
from tests.support.patience import PATIENCE
from tests.support.subscribing import (
    TRANSPORTS,
    ask,
    following,
    payment_on_v,
    render_all_pdfs,
    running_server,
)

pytestmark = pytest.mark.anyio

NOBODY = Principal("account", Actor("key", "Test", "api_key"), frozenset())
SESSION = "mutation ($input: CreateCustomerSessionInput!) { createCustomerSession(input: $input) { token } }"


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_the_invoice_is_told_now_and_whenever_its_pdf_payment_or_credits_change(
    shop: Client, store: FileStore, transport: str
) -> None:
    async with running_server(shop.app) as address, following(transport, address, shop.token, "v") as caller:

        async def told() -> dict[str, Any]:
            invoice: dict[str, Any] = (await caller.next_payload())["data"]["invoiceUpdated"]
            return invoice

        first = await told()
        assert (first["pdf_status"], first["pdf_url"], first["state"]) == ("PENDING", None, "PENDING")
        assert first["reimbursement"] == {"status": "OPEN", "amount_paid": 0}

        await render_all_pdfs(shop, store)
        printed = await told()
        assert printed["pdf_status"] == "READY"
        assert httpx.URL(printed["pdf_url"]).path.endswith(".pdf")

        await ask(address, shop, RECORD, input=payment_on_v(100))
        assert (await told())["reimbursement"] == {"status": "PARTIALLY_PAID", "amount_paid": 100}

        await ask(address, shop, CREDIT, input={"invoice_id": "v"})
        credited = await told()
        assert len(credited["credited_by"]) == 1


async def both_listen(database: Database) -> None:
    """PostgreSQL knows that this server and the other listen."""

    def listeners(connection: Any) -> int:
        query = "SELECT count(*) FROM pg_stat_activity WHERE query = 'LISTEN invoicing_invoices'"
        return int(connection.exec_driver_sql(query).scalar())

    async with asyncio.timeout(PATIENCE):
        while await database.read_async(listeners) < 2:  # noqa: ASYNC110 (nothing tells of it)
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_what_is_not_theirs_is_not_found(shop: Client, transport: str) -> None:
    neighbour = shop.neighbour()
    async with running_server(shop.app) as address:
        session = await ask(address, shop, SESSION, input={"customer_id": "ann"})
        ann = session["createCustomerSession"]["token"]
        for token, invoice in [(shop.token, "none"), (neighbour.token, "v"), (ann, "bens")]:
            async with following(transport, address, token, invoice) as caller:
                (error,) = (await caller.next_payload())["errors"]
                assert (error["extensions"]["code"], error["path"]) == ("NOT_FOUND", ["invoiceUpdated"])
        async with following(transport, address, ann, "v") as caller:
            assert (await caller.next_payload())["data"]["invoiceUpdated"]["id"] == "v"


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_the_scope_is_that_of_the_query(shop: Client, transport: str) -> None:
    limited = shop.limited_to(Scope.ORDERS_READ)
    async with (
        running_server(shop.app) as address,
        following(transport, address, limited.token, "v") as caller,
    ):
        (error,) = (await caller.next_payload())["errors"]
        assert error["extensions"]["code"] == "FORBIDDEN"


WAIT = 'query ($ms: Int) { invoice(id: "v", wait_for_pdf_ms: $ms) { pdf_status pdf_url } }'
