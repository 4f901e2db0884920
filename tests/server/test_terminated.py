"""A server is told to end while it is busy: what was begun ends or is refused, and nothing is half done."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select, update

from invoicing.invoices.pdf import PDF
from invoicing.ledger import balances
from invoicing.payments import methods
from invoicing.payments.charges import ASK_GATEWAY
from invoicing.storage.database import Database
from invoicing.storage.tables import documents, invoices, order_items
from invoicing.storage.tables import outbox as jobs
from tests.server.workers.test_charges import charges
from tests.support import factories
from tests.support.client import INVOICE_ORDER, SETTLE, Client, client
from tests.support.nursery import program
from tests.support.patience import PATIENCE, until
from tools.ports import free_port, is_open

ROOT = Path(__file__).parents[2]
AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class Serving:
    """A server process, and where it listens."""

    process: subprocess.Popen[str]
    address: str


@contextmanager
def serving(shop: Client, folder: Path) -> Iterator[Serving]:
    port = free_port()
    settings = {
        "INVOICING_DATA_DIR": str(folder),
        "INVOICING_DATABASE_URL": shop.database.url.render_as_string(hide_password=False),
        "INVOICING_SANDBOX": "true",
        "INVOICING_LOG_LEVEL": "WARNING",
    }
    command = [*program(), "serve", "--port", str(port)]
    with (folder / "log").open("a+") as log:
        process = subprocess.Popen(command, cwd=ROOT, stderr=log, text=True, env={**os.environ, **settings})
        try:
            until(lambda: is_open(port), process)
            yield Serving(process, f"http://127.0.0.1:{port}/graphql")
        finally:
            process.kill()
            process.wait()


@pytest.fixture
def shop(database: Database, tmp_path: Path) -> Client:
    """Orders for everybody who asks at once, and an invoice whose charge hangs."""
    shop = client(database, tmp_path / "data")
    for number in range(4 * AT_ONCE):
        factories.order(database, shop.principal, id=f"o-{number}")
    factories.customer(database, shop.principal, id="ann")
    database.write(
        methods.add_payment_method,
        shop.principal,
        "ann",
        gateway="sandbox",
        reference="hang",
        gateway_customer=None,
        label="hang",
        now=factories.NOW,
    )
    factories.invoice(database, shop.principal, customer_id="ann", invoice_id="v")
    return shop


async def told_to_end(serving: Serving, shop: Client, sandbox: Path) -> tuple[list[str], httpx.Response]:
    """Ends the server in the midst of invoicing; answers what it said was invoiced, and to the charge."""
    headers = {"authorization": f"Bearer {shop.token}"}
    limits = httpx.Limits(max_connections=None)
    async with httpx.AsyncClient(headers=headers, timeout=PATIENCE, limits=limits) as http:

        async def asked(query: str, input: dict[str, Any]) -> httpx.Response:
            return await http.post(serving.address, json={"query": query, "variables": {"input": input}})

        charge = asyncio.create_task(asked(SETTLE, {"id": "v", "payment_method": "auto"}))
        await asyncio.to_thread(until, lambda: charge.done() or charges(sandbox) > 0, serving.process)
        assert not charge.done(), charge.result().text

        invoiced: list[str] = []
        is_busy = asyncio.Event()

        async def clerk(number: int) -> None:
            for order in range(number, 4 * AT_ONCE, AT_ONCE):
                try:
                    answer = await asked(INVOICE_ORDER, {"order_id": f"o-{order}"})
                except httpx.TransportError:
                    return  # refused: nobody listens any more, or the connection was closed unread
                assert (answer.status_code, "errors" in answer.json()) == (200, False), answer.text
                invoiced.append(answer.json()["data"]["invoiceOrder"]["invoice"]["id"])
                is_busy.set()

        clerks = asyncio.gather(*(clerk(number) for number in range(AT_ONCE)))
        await is_busy.wait()
        serving.process.send_signal(signal.SIGTERM)
        await clerks
        return invoiced, await charge


def test_what_was_begun_when_the_server_ends_is_whole_and_the_rest_is_refused(
    shop: Client, tmp_path: Path
) -> None:
    database, sandbox = shop.database, tmp_path / "sandbox.db"
    with serving(shop, tmp_path) as server:
        invoiced, charge = asyncio.run(told_to_end(server, shop, sandbox))
        assert server.process.wait(PATIENCE) == 0
    assert charge.status_code == 503  # it was not waited for: the gateway would have answered in the end

    stored = {row.id for row in rows(database, select(invoices.c.id))} - {"v"}
    assert set(invoiced) <= stored
    items = rows(database, select(order_items.c.invoice_id).where(order_items.c.invoice_id.is_not(None)))
    assert {row.invoice_id for row in items} - {"v"} == stored
    sequences = rows(database, select(invoices.c.sequence).where(invoices.c.id != "v"))
    assert {row.sequence for row in sequences} == set(range(1, len(stored) + 1))
    waiting = {row.subject_id for row in rows(database, select(jobs.c.subject_id).where(jobs.c.kind == PDF))}
    printed = {row.invoice_id for row in rows(database, select(documents.c.invoice_id))}
    assert waiting | printed == stored | {"v"}
    assert state(shop) == "PENDING"

    half_a_minute_goes_by = update(jobs).where(jobs.c.kind == ASK_GATEWAY).values(run_after=datetime.now(UTC))
    database.write(lambda connection: connection.execute(half_a_minute_goes_by))
    with serving(shop, tmp_path) as server:
        until(lambda: state(shop) == "SETTLED", server.process)
        until(lambda: not rows(database, select(jobs)), server.process)
    assert charges(sandbox) == 1


def rows(database: Database, query: Any) -> list[Any]:
    return database.read(lambda connection: list(connection.execute(query)))


def state(shop: Client) -> str:
    return shop.database.read(balances.balances_of, shop.principal.account_id, ["v"])["v"].state
