"""A server whose PDFs are in object storage: what is handed out, and what happens when it fails."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import httpx
import pytest
from sqlalchemy import Connection, select, update

from documents.s3_place import S3Place
from documents.store import Store, pdf_key
from invoicing.storage.database import Database
from invoicing.storage.tables import outbox
from server.settings import Settings
from server.workers.pdf import PdfWorker
from tests.support import factories
from tests.support.client import BASE_URL, Client, client
from tests.support.object_storage import Front
from tests.support.patience import PATIENCE
from tests.support.rendering import render_due
from tests.support.stores import delete, environment_of

ASK = "query ($id: String!) { invoice(id: $id) { pdf_status pdf_url } }"
ROOT = Path(__file__).parents[2]
REFUSED = (503, b"<Error><Code>SlowDown</Code></Error>")


@dataclass
class Shop:
    """A server, its store, and what stands in front of it."""

    shop: Client
    store: Store
    front: Front
    place: S3Place

    def invoice(self) -> str:
        return factories.invoice(self.shop.database, self.shop.principal).id

    def asked(self, invoice_id: str) -> tuple[str, str | None]:
        answer = self.shop.ask(ASK, id=invoice_id)["invoice"]
        return answer["pdf_status"], answer["pdf_url"]

    def opens(self, url: str | None, method: str = "GET") -> httpx.Response:
        assert url is not None
        return self.shop.without_key().request(method, url.removeprefix(BASE_URL))

    def key(self, invoice_id: str) -> str:
        return pdf_key(self.shop.principal.account_id, invoice_id)

    def render(self) -> int:
        return render_due(self.shop.database, self.store)


@pytest.fixture
def make(database: Database, tmp_path: Path, s3_place: S3Place, front: Front) -> Callable[..., Shop]:
    def shop(timeout: float = 1.0, **settings: Any) -> Shop:
        place = replace(s3_place, endpoint=front.endpoint, timeout=timeout)
        named: dict[str, Any] = {"store": str(place), "store_endpoint": place.endpoint}
        named["store_timeout"] = timeout
        store = Settings(**named).documents
        return Shop(client(database, tmp_path, **named, **settings), store, front, place)

    return shop


@pytest.fixture
def shop(make: Callable[..., Shop]) -> Shop:
    return make()


def jobs(database: Database) -> list[Any]:
    return [*database.read(lambda connection: connection.execute(select(outbox)).all())]


def hurry(connection: Connection) -> None:
    """The pauses and the leases have passed."""
    connection.execute(update(outbox).values(run_after=factories.NOW))


def test_a_pdf_is_streamed_through_the_server_with_its_type_and_name(shop: Shop, tmp_path: Path) -> None:
    invoice_id = shop.invoice()
    assert shop.asked(invoice_id) == ("PENDING", None)
    assert shop.render() == 1
    answer = shop.opens(shop.asked(invoice_id)[1])
    assert (answer.status_code, answer.content) == (200, shop.store.read(shop.key(invoice_id)))
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-disposition"] == 'inline; filename="INV-2025-00001.pdf"'
    assert answer.headers["cache-control"] == "private"
    assert not (tmp_path / "documents").exists()


def test_a_browser_may_be_sent_to_the_storage_once_its_link_was_checked(make: Callable[..., Shop]) -> None:
    shop = make(store_downloads="redirect")
    invoice_id = shop.invoice()
    shop.render()
    _, url = shop.asked(invoice_id)
    for _ in range(2):
        answer = shop.opens(url)
        assert (answer.status_code, answer.headers["cache-control"]) == (307, "no-store")
        with urlopen(answer.headers["location"]) as file:  # noqa: S310
            assert file.read() == shop.store.read(shop.key(invoice_id))
            assert file.headers["content-type"] == "application/pdf"
            assert file.headers["content-disposition"] == 'inline; filename="INV-2025-00001.pdf"'
    assert shop.opens(url, "HEAD").headers["content-length"] == str(len(file_of(shop, invoice_id)))
    reads = [path for method, path in shop.front.asked if method == "GET" and "X-Amz" not in path]
    assert len(reads) == 2 + 1 + 1  # by this test, to compare it once, and for HEAD
    assert shop.opens(f"{url}x".replace("/documents/", "/documents/x")).status_code == 403


def file_of(shop: Shop, invoice_id: str) -> bytes:
    measured = shop.store.measure(shop.key(invoice_id), read=False)
    assert measured is not None
    return bytes(measured.size)


@pytest.mark.parametrize("downloads", ["stream", "redirect"])
@pytest.mark.parametrize("damage", ["gone", "another", "another of its size"])
@pytest.mark.parametrize("was_read", [False, True], ids=["never read", "read before"])
def test_what_differs_is_made_again_and_then_the_same_link_opens_it(
    make: Callable[..., Shop], downloads: str, damage: str, was_read: bool
) -> None:
    shop = make(store_downloads=downloads)
    invoice_id = shop.invoice()
    shop.render()
    key, (_, url) = shop.key(invoice_id), shop.asked(invoice_id)
    right = shop.store.read(key)
    assert right is not None
    if was_read:
        assert shop.opens(url).status_code in (200, 307)
    if damage == "gone":
        delete(shop.store, key)
    else:
        shop.store.put(key, b"%PDF-1.4 another".ljust(len(right) if damage != "another" else 0))

    answer = shop.opens(url)
    assert (answer.status_code, answer.json()["error"]) == (503, "DOCUMENT_NOT_READY")
    assert answer.headers["retry-after"] == "2"
    assert shop.asked(invoice_id) == ("PENDING", None)
    assert shop.render() == 1
    answer = shop.opens(url)
    assert answer.status_code == (200 if downloads == "stream" else 307)
    assert shop.store.read(key) == right


@pytest.mark.parametrize("downloads", ["stream", "redirect"])
def test_a_storage_that_fails_makes_nothing_again_and_says_when_to_come_back(
    make: Callable[..., Shop], downloads: str
) -> None:
    shop = make(store_downloads=downloads)
    invoice_id = shop.invoice()
    shop.render()
    _, url = shop.asked(invoice_id)
    shop.front.meddle = lambda _, __: REFUSED
    answer = shop.opens(url)
    assert (answer.status_code, answer.json()["error"]) == (503, "STORE_UNAVAILABLE")
    assert answer.headers["retry-after"] == "5"
    assert "s3://" not in answer.text
    assert jobs(shop.shop.database) == []
    shop.front.meddle = lambda _, __: None
    assert shop.opens(url).status_code in (200, 307)


def test_readyz_says_that_the_storage_does_not_answer(shop: Shop) -> None:
    assert shop.shop.request("GET", "/readyz").json()["store"] == "ok"
    over = threading.Event()

    def silent(_: str, __: str) -> tuple[int, bytes] | None:
        over.wait(PATIENCE)
        return None

    for meddle in (lambda _, __: REFUSED, silent):
        shop.front.meddle = meddle
        answer = shop.shop.request("GET", "/readyz")
        assert (answer.status_code, answer.json()["store"]) == (503, "does not answer")
    over.set()
    assert [*shop.store.sizes()] == []


def test_who_waits_for_a_slow_storage_leaves_threads_to_other_accounts(make: Callable[..., Shop]) -> None:
    """One account opens as much as it may, and more: another one's PDF comes meanwhile."""
    shop = make(timeout=60.0)
    slow = [shop.invoice() for _ in range(6)]
    shop.render()
    links = [shop.asked(each)[1] for each in slow]
    other = replace(shop, shop=shop.shop.neighbour())
    others = other.invoice()
    shop.render()
    its_link = other.asked(others)[1]
    came = threading.Event()
    account = shop.shop.principal.account_id
    shop.front.meddle = lambda _, path: REFUSED if account in path and not came.wait(PATIENCE) else None

    async def open_all() -> list[httpx.Response]:
        transport = httpx.ASGITransport(shop.shop.app)
        async with httpx.AsyncClient(transport=transport, base_url=BASE_URL) as http:
            waiting = [asyncio.create_task(http.get(str(link))) for link in links * 4]
            try:
                answer = await http.get(str(its_link))
            finally:
                came.set()
            return [answer, *await asyncio.gather(*waiting)]

    answer, *waited = asyncio.run(open_all())
    assert answer.status_code == 200
    assert {each.status_code for each in waited} == {200, 503}
    assert sum(each.status_code == 200 for each in waited) == 16


def test_a_storage_that_fails_costs_no_attempt_and_the_invoice_is_issued(shop: Shop) -> None:
    invoice_id = shop.invoice()
    shop.front.meddle = lambda method, _: REFUSED if method == "PUT" else None
    assert drained(shop) == 0
    (job,) = jobs(shop.shop.database)
    assert (job.attempts, job.lease_token, job.failed_at) == (0, None, None)
    assert shop.asked(invoice_id) == ("PENDING", None)
    shop.shop.database.write(hurry)
    shop.front.meddle = lambda _, __: None
    assert drained(shop) == 1
    assert shop.opens(shop.asked(invoice_id)[1]).status_code == 200


def drained(shop: Shop) -> int:
    return asyncio.run(PdfWorker(shop.shop.database, shop.store, lease=timedelta(seconds=10)).drain())


def test_a_worker_that_is_killed_while_it_puts_leaves_nothing_behind(shop: Shop) -> None:
    invoice_id = shop.invoice()
    reached, killed = threading.Event(), threading.Event()

    def hold(method: str, _: str) -> tuple[int, bytes] | None:
        if method != "PUT":
            return None
        reached.set()
        killed.wait(PATIENCE)
        return 503, b""

    shop.front.meddle = hold
    url = shop.shop.database.url.render_as_string(hide_password=False)
    command = [sys.executable, "-m", "tests.support.workers", url, "unused", "10"]
    environment = {**os.environ, **environment_of(replace(shop.place, timeout=60.0))}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE) as worker:
        assert reached.wait(PATIENCE)
        worker.kill()
        worker.communicate(timeout=PATIENCE)
    killed.set()
    assert shop.store.read(shop.key(invoice_id)) is None
    assert shop.asked(invoice_id) == ("PENDING", None)

    shop.front.meddle = lambda _, __: None
    shop.shop.database.write(hurry)
    assert drained(shop) == 1
    assert [key for key, _ in shop.store.sizes()] == [shop.key(invoice_id)]
    assert shop.opens(shop.asked(invoice_id)[1]).status_code == 200
