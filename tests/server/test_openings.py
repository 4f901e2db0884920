"""Who opens links without end keeps nobody waiting: accounts take turns, and so many are made at once."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from httpx import ASGITransport, AsyncClient
from starlette.applications import Starlette

from documents.einvoice.formats import EInvoiceFormat
from documents.einvoice.links import EInvoiceKey
from documents.links import Links
from documents.store import FileStore
from invoicing.access import Principal
from invoicing.storage.database import Database
from resolvers import making
from resolvers.making import made, opened_of
from server import downloads
from server.openings import MOST_OF_ACCOUNT, MOST_OF_LINK, DocumentsBusy, Openings
from server.receipts import Receipts
from server.stored_pdfs import StoredPdfs
from tests.support import factories
from tests.support.patience import PATIENCE

pytestmark = pytest.mark.anyio
links = Links("secret", "http://testserver", 60)


@pytest.fixture
def client(database: Database, store: FileStore) -> AsyncClient:
    app = Starlette(
        routes=downloads.routes(database, StoredPdfs(database, store), links, Receipts(database, None))
    )
    return AsyncClient(transport=ASGITransport(app), base_url="http://testserver")


@pytest.fixture
def go() -> Iterator[threading.Event]:
    """What the makers wait for that a test has begun."""
    event = threading.Event()
    yield event
    event.set()


def url(database: Database, seller: Principal) -> str:
    issued = factories.invoice(database, seller)
    return links.url(str(EInvoiceKey(seller.account_id, issued.id, EInvoiceFormat.PEPPOL_UBL)), "1.xml")


async def test_a_link_that_is_opened_too_often_at_once_is_refused_for_a_moment(
    client: AsyncClient, database: Database, go: threading.Event
) -> None:
    busy, calm = factories.principal(database), factories.principal(database)
    theirs, ours = url(database, busy), url(database, calm)
    making_long = asyncio.create_task(made(opened_of(busy.account_id), lambda: go.wait(PATIENCE)))
    await asyncio.sleep(0)  # it has its place
    opening = [asyncio.create_task(client.get(theirs)) for _ in range(MOST_OF_LINK + 3)]
    ended = asyncio.as_completed(opening)
    for _ in range(3):
        answer = await asyncio.wait_for(next(ended), PATIENCE)
        assert (answer.status_code, answer.json()["error"]) == (503, "DOCUMENTS_BUSY")
        assert answer.headers["retry-after"] == "2"
    assert (await asyncio.wait_for(client.get(ours), PATIENCE)).status_code == 200  # another account's
    assert await asyncio.wait_for(made(busy.account_id, lambda: "made"), PATIENCE) == "made"  # nor their own
    go.set()
    assert await making_long
    statuses = Counter([(await each).status_code for each in ended])
    assert statuses == {200: MOST_OF_LINK}
    assert (await client.get(theirs)).status_code == 200


async def test_what_nobody_waits_for_any_more_is_not_made(
    client: AsyncClient, database: Database, go: threading.Event
) -> None:
    seller = factories.principal(database)
    theirs = url(database, seller)
    making_long = asyncio.create_task(made(opened_of(seller.account_id), lambda: go.wait(PATIENCE)))
    await asyncio.sleep(0)
    for _ in range(3):  # each time there is place for as many
        opening = [asyncio.create_task(client.get(theirs)) for _ in range(MOST_OF_LINK + 1)]
        assert (await next(asyncio.as_completed(opening))).status_code == 503  # all others are in
        for each in opening:
            each.cancel()
        ended = await asyncio.gather(*opening, return_exceptions=True)
        assert sum(isinstance(each, asyncio.CancelledError) for each in ended) == MOST_OF_LINK
    go.set()
    assert await making_long
    assert (await client.get(theirs)).status_code == 200


async def test_the_same_problems_are_found_once_by_all_who_ask(
    database: Database, go: threading.Event
) -> None:
    seller = factories.principal(database)
    issued = factories.invoice(database, seller)
    kept = making.KeptProblems()
    making_long = asyncio.create_task(made(seller.account_id, lambda: go.wait(PATIENCE)))
    first, second, third = (asyncio.create_task(kept.of(issued)) for _ in range(3))
    await asyncio.sleep(0)
    first.cancel()  # others wait for what it has begun
    go.set()
    assert await making_long
    assert await second is await third is await kept.of(issued)


async def test_so_many_of_an_account_and_of_a_link_are_made_at_once() -> None:
    openings = Openings()
    with ExitStack() as held:
        for number in range(MOST_OF_ACCOUNT):
            held.enter_context(openings.one_more("a", str(number)))
        with pytest.raises(DocumentsBusy), openings.one_more("a", "another"):
            pass
        for _ in range(MOST_OF_LINK):
            held.enter_context(openings.one_more("b", "1"))
        with pytest.raises(DocumentsBusy), openings.one_more("b", "1"):
            pass
        with openings.one_more("b", "2"):
            pass
    assert len(openings) == 0
