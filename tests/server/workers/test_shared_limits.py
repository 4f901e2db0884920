"""Two servers on one PostgreSQL count together; names survive the way between them."""

from __future__ import annotations

import asyncio
from collections.abc import Hashable
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, text

from invoicing.access import Actor, Principal
from invoicing.errors import RateLimited
from invoicing.storage.database import Database
from server.rate_limits.limits import LIMITED, Limited, RateLimits
from server.rate_limits.rate import Rate
from server.workers.shared_limits import CHANNEL, _entry, _read
from tests.conftest import FreshUrl
from tests.support.client import client
from tests.support.patience import PATIENCE
from tests.support.subscribing import running_server

BURST = 40
KEY = Principal("account", Actor("key", "Back office", "api_key"), frozenset())
ASKING = {"query": "{ account { id } }"}


@pytest.mark.anyio
async def test_what_is_taken_on_one_server_is_gone_on_the_other(
    fresh_postgresql: FreshUrl, tmp_path: Path
) -> None:
    with fresh_postgresql() as url:
        settings: dict[str, Any] = {"rate_limit": f"1/h burst {BURST}", "rate_limit_shared": True}
        here, there = Database(url), Database(url)
        shop, other = client(here, tmp_path, **settings), client(there, tmp_path, **settings)
        headers = {"authorization": f"Bearer {shop.token}"}
        async with (
            running_server(shop.app) as address,
            running_server(other.app) as elsewhere,
            httpx.AsyncClient(headers=headers, timeout=PATIENCE) as http,
        ):
            await both_listen(here)
            for _ in range(BURST):
                assert (await http.post(address, json=ASKING)).status_code == 200
            assert (await http.post(address, json=ASKING)).status_code == 429
            let_through = 0
            while (await http.post(elsewhere, json=ASKING)).status_code == 200:
                let_through += 1
                await asyncio.sleep(0.1)
            assert let_through < BURST


async def both_listen(database: Database) -> None:
    def listeners(connection: Connection) -> int:
        query = text("SELECT count(*) FROM pg_stat_activity WHERE query = :listen")
        return int(connection.execute(query, {"listen": f"LISTEN {CHANNEL}"}).scalar_one())

    async with asyncio.timeout(PATIENCE):
        while await database.read_async(listeners) < 2:  # noqa: ASYNC110 (nothing tells of it)
            await asyncio.sleep(0.01)


names = st.one_of(st.text(), st.tuples(st.text(), st.text(), st.text()))


@given(st.sampled_from(LIMITED), names, st.integers(1, 10**9))
def test_an_entry_is_read_as_it_was_written(limited: Limited, name: Hashable, number: int) -> None:
    entry = _entry((limited, name), number)
    assert "\n" not in entry
    assert _read(entry) == ((limited, name), number)


def test_only_what_counted_is_told() -> None:
    limits = RateLimits(Rate(1, 3_600, 10))
    assert not limits.untold()
    for _ in range(3):
        limits.take_guess("192.0.2.1", [])
    limits.take_guess("192.0.2.2", [])
    limits.give_guess_back("192.0.2.2")
    assert limits.untold() == {("address", "192.0.2.1"): 3}
    assert not limits.untold()


def test_what_was_taken_elsewhere_is_not_there_any_more() -> None:
    limits = RateLimits(Rate(1, 3_600, 10), clock=lambda: 0.0)
    limits.take_elsewhere(("key", ("account", "api_key", "key")), 7)
    for _ in range(3):
        limits.take(KEY, [])
    with pytest.raises(RateLimited):
        limits.take(KEY, [])


def test_what_keys_of_the_account_took_elsewhere_is_not_there_any_more() -> None:
    limits = RateLimits(Rate(1, 3_600, 10), clock=lambda: 0.0)
    limits.take_elsewhere(("account", "account"), 4 * 10 - 1)
    limits.untold()
    customer = Principal("account", Actor("ann", "Ann", "customer"), frozenset(), "ann")
    for principal in (customer, KEY, customer):
        limits.take(principal, [])
    assert limits.untold()["account", "account"] == 1
    with pytest.raises(RateLimited, match="the keys of this account"):
        limits.take(KEY, [])
    limits.take(customer, [])


def test_a_server_without_limits_lets_others_have_theirs() -> None:
    limits = RateLimits(None)
    limits.take_elsewhere(("key", ("account", "api_key", "key")), 7)
    limits.take(KEY, [])
