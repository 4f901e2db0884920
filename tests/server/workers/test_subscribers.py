"""Changes are told to those who watch, also in other processes."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from invoicing.access import Actor, Principal
from invoicing.storage import after_commit
from invoicing.storage.database import Database
from resolvers import watches
from resolvers.watches import Watches
from server.workers.subscribers import LONGEST, notifying_watches, payloads
from tests.conftest import FreshUrl
from tests.support import factories
from tests.support.client import RECORD, client
from tests.support.patience import PATIENCE
from tests.support.subscribing import (
    TRANSPORTS,
    ask,
    following,
    payment_on_v,
    running_server,
)

pytestmark = pytest.mark.anyio
NOBODY = Principal("account", Actor("key", "Test", "api_key"), frozenset())


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_what_changes_in_another_server_is_told_too(
    fresh_postgresql: FreshUrl, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, transport: str
) -> None:
    monkeypatch.setattr(watches, "POLL_SECONDS", 10 * PATIENCE)
    with fresh_postgresql() as url:
        here, there = Database(url), Database(url)
        shop = client(here, tmp_path)
        factories.invoice(here, shop.principal, invoice_id="v")
        other = client(there, tmp_path)
        async with (
            running_server(shop.app) as address,
            running_server(other.app) as elsewhere,
            following(transport, address, shop.token, "v") as caller,
        ):
            assert (await caller.next_payload())["data"]["invoiceUpdated"]["state"] == "PENDING"
            await both_listen(here)
            await ask(elsewhere, shop, RECORD, input=payment_on_v(100))
            told = (await caller.next_payload())["data"]["invoiceUpdated"]
            assert told["reimbursement"]["amount_paid"] == 100


async def both_listen(database: Database) -> None:
    """PostgreSQL knows that this server and the other listen."""

    def listeners(connection: Any) -> int:
        query = "SELECT count(*) FROM pg_stat_activity WHERE query = 'LISTEN invoicing_invoices'"
        return int(connection.exec_driver_sql(query).scalar())

    async with asyncio.timeout(PATIENCE):
        while await database.read_async(listeners) < 2:  # noqa: ASYNC110 (nothing tells of it)
            await asyncio.sleep(0.01)


async def test_no_word_is_lost_while_others_are_spoken(
    fresh_postgresql: FreshUrl,
) -> None:
    topics = [after_commit.invoice_topic("account", str(number)) for number in range(500)]
    with fresh_postgresql() as url:
        here, there = Database(url), Database(url)
        watches = Watches()
        with ExitStack() as stack:
            waiting = [stack.enter_context(watches.watch(topic, NOBODY)) for topic in topics]
            async with notifying_watches(here, Watches()), notifying_watches(there, watches):
                await both_listen(here)
                for watch in waiting:
                    await watch.wait(0)  # it was told once when its server began to listen
                for topic in topics:
                    for listener in here.listeners:
                        listener({topic})
                    await asyncio.sleep(0.0005)
                told = await asyncio.gather(*(watch.wait(PATIENCE) for watch in waiting))
        assert all(told)


def test_a_word_is_no_longer_than_postgresql_takes() -> None:
    topics = [f"{number:05}é" for number in range(5_000)]
    spoken = list(payloads("me", topics))
    assert [topic for word in spoken for topic in word.split("\n")[1:]] == topics
    assert all(len(word.encode()) <= LONGEST and word.startswith("me\n") for word in spoken)
    assert list(payloads("me", [])) == []
