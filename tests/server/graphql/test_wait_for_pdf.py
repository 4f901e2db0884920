"""A query can wait until the PDF is made."""

from __future__ import annotations

import asyncio

import pytest

from documents.store import FileStore
from resolvers import invoices
from tests.support.client import Client
from tests.support.patience import PATIENCE, eventually
from tests.support.subscribing import (
    ask,
    render_all_pdfs,
    running_server,
)

pytestmark = pytest.mark.anyio
WAIT = 'query ($ms: Int) { invoice(id: "v", wait_for_pdf_ms: $ms) { pdf_status pdf_url } }'


async def test_the_query_waits_for_the_pdf(
    shop: Client, store: FileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = PATIENCE * 1_000  # a busy machine may take more than ten seconds to start a worker
    monkeypatch.setattr(invoices, "LONGEST_WAIT_MS", long)
    async with running_server(shop.app) as address:
        waiting = asyncio.create_task(ask(address, shop, WAIT, ms=long))
        await eventually(lambda: len(shop.app.state.watches) == 1)
        await render_all_pdfs(shop, store)
        assert (await waiting)["invoice"]["pdf_status"] == "READY"
        assert (await ask(address, shop, WAIT, ms=10_000))["invoice"]["pdf_url"]
    assert len(shop.app.state.watches) == 0


async def test_a_server_that_ends_lets_nobody_wait_for_a_pdf(shop: Client) -> None:
    async with running_server(shop.app) as address:
        waiting = asyncio.create_task(ask(address, shop, WAIT, ms=10_000))
        await eventually(lambda: len(shop.app.state.watches) == 1)
    assert (await waiting)["invoice"]["pdf_status"] == "PENDING"


async def test_it_waits_no_longer_than_it_is_told(shop: Client) -> None:
    async with running_server(shop.app) as address:
        for ms in (None, 0, 1, 50):
            assert (await ask(address, shop, WAIT, ms=ms))["invoice"]["pdf_status"] == "PENDING"


@pytest.mark.parametrize("ms", [-1, 10_001, 2**31 - 1])
def test_it_waits_ten_seconds_at_most(shop: Client, ms: int) -> None:
    refusal = shop.refused(WAIT, ms=ms)
    assert (refusal.code, refusal.field) == ("VALIDATION_ERROR", "wait_for_pdf_ms")
