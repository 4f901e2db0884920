"""An account has so many operations executed at once; more of them wait, each in its turn."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, aclosing
from dataclasses import replace
from typing import Any

import pytest
from strawberry.types import ExecutionResult

from invoicing.access import Principal
from invoicing.storage.database import Database
from resolvers.context import Context
from schema import schema_under
from schema.execution.documents import Rules
from schema.execution.running import MOST_LISTS, MOST_WAITING, Place
from tests.support import factories
from tests.support.contexts import context

pytestmark = pytest.mark.anyio

ASKED = "{ account { id } }"
PATIENT = '{ invoice(id: "v", wait_for_pdf_ms: 10) { id } }'


@pytest.fixture
def database(fresh_sqlite: Any) -> Iterator[Database]:
    """Nothing here depends on the kind of database."""
    with fresh_sqlite() as url:
        database = Database(url)
        yield database
        database.close()


@pytest.fixture
def ctx(database: Database) -> Context:
    return context(factories.principal(database), database)


@pytest.fixture
async def taken(ctx: Context) -> AsyncIterator[AsyncExitStack]:
    """All places of the account."""
    async with AsyncExitStack() as places:
        for _ in range(ctx.services.database.rows_at_once):
            await places.enter_async_context(Place(ctx, ASKED, None))
        yield places


async def is_waiting(task: asyncio.Task[Any]) -> bool:
    """Whether it is not done after many turns of the loop, in which it could have begun."""
    for _ in range(50):
        await asyncio.sleep(0)
    return not task.done()


async def enter(ctx: Context, document: str = ASKED) -> None:
    async with Place(ctx, document, None):
        pass


def of(principal: Principal, ctx: Context) -> Context:
    return context(principal, ctx.services.database)


async def test_whoever_asks_for_more_at_once_waits_in_order(ctx: Context) -> None:
    inside: list[int] = []
    most = ctx.services.database.rows_at_once
    ends = [asyncio.Event() for _ in range(3 * most)]

    async def ask(number: int) -> None:
        async with Place(ctx, ASKED, None):
            inside.append(number)
            await ends[number].wait()

    tasks = [asyncio.create_task(ask(number)) for number in range(len(ends))]
    for ended, end in enumerate(ends):
        assert await is_waiting(tasks[-1])
        assert inside == [*range(min(len(ends), ended + most))]
        end.set()
        await tasks[ended]


async def test_lists_keep_no_question_for_a_single_thing_waiting(ctx: Context) -> None:
    lists = "{ orders { totalCount } }"
    async with AsyncExitStack() as places:
        for _ in range(MOST_LISTS):
            await places.enter_async_context(Place(ctx, lists, None))
        waiting = asyncio.create_task(enter(ctx, lists))
        await enter(ctx)
        assert await is_waiting(waiting)
    await waiting


async def test_an_operation_over_http_waits_for_a_place(ctx: Context, taken: AsyncExitStack) -> None:
    asking = asyncio.create_task(schema_under(Rules()).execute(ASKED, context_value=ctx))
    assert await is_waiting(asking)
    await taken.aclose()
    assert (await asking).data == {"account": {"id": ctx.principal.account_id}}


async def test_an_operation_of_a_connection_keeps_its_place_until_it_is_sent(ctx: Context) -> None:
    async with AsyncExitStack() as places:
        for _ in range(ctx.services.database.rows_at_once):
            results = await schema_under(Rules()).stream(ASKED, context_value=ctx, operation_name=None)
            await places.enter_async_context(aclosing(results))
            assert isinstance(await anext(results), ExecutionResult)
        asking = asyncio.create_task(enter(ctx))
        assert await is_waiting(asking)
    await asking


async def test_who_is_gone_gives_up_the_place_in_the_line(ctx: Context, taken: AsyncExitStack) -> None:
    gone, next_one = asyncio.create_task(enter(ctx)), asyncio.create_task(enter(ctx))
    assert await is_waiting(next_one)
    gone.cancel()
    await taken.aclose()
    await next_one
    assert gone.cancelled()


@pytest.mark.usefixtures("taken")
@pytest.mark.parametrize(
    "document",
    [
        'mutation { revokeApiKey(input: {id: "a"}) { api_key { id } } }',
        'subscription { invoiceUpdated(id: "v") { id } }',
        PATIENT,
    ],
    ids=["changes", "subscriptions", "who waits for a PDF"],
)
async def test_what_is_limited_otherwise_takes_no_place(ctx: Context, document: str) -> None:
    await enter(ctx, document)


@pytest.mark.usefixtures("taken")
async def test_neither_another_account_nor_customers_wait_for_the_account(ctx: Context) -> None:
    other = factories.principal(ctx.services.database)
    await enter(of(other, ctx))
    await enter(of(replace(ctx.principal, customer_id="c"), ctx))


async def test_so_many_wait_for_a_pdf_at_once(ctx: Context) -> None:
    async with AsyncExitStack() as places:
        for _ in range(MOST_WAITING):
            await places.enter_async_context(Place(ctx, PATIENT, None))
        asking = asyncio.create_task(enter(ctx, PATIENT))
        assert await is_waiting(asking)
        await enter(ctx)
    await asking
