"""A PDF that is not the one that was made is never handed out: it is made again, once."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select, text

from documents.store import FileStore, Measure, pdf_key
from invoicing.access import Principal
from invoicing.invoices import from_orders, pdf
from invoicing.storage.database import Database
from invoicing.storage.tables import outbox
from server.stored_pdfs import StoredPdfs
from tests.support import factories
from tests.support.client import BASE_URL, Client, client
from tests.support.rendering import render_due

ASK = "query ($id: String!) { invoice(id: $id) { pdf_status pdf_url } }"


@dataclass
class Paper:
    """An invoice whose PDF was made, as its owner sees it."""

    shop: Client
    store: FileStore
    invoice_id: str
    path: Path

    def asked(self) -> tuple[str, str | None]:
        answer = self.shop.ask(ASK, id=self.invoice_id)["invoice"]
        return answer["pdf_status"], answer["pdf_url"]

    def downloads(self, url: str, times: int = 1) -> list[httpx.Response]:
        path = url.removeprefix(BASE_URL)
        return self.shop.without_key().at_once([{"method": "GET", "url": path}] * times)

    def render(self) -> int:
        return render_due(self.shop.database, self.store)


@pytest.fixture
def paper(database: Database, tmp_path: Path) -> Paper:
    shop = client(database, tmp_path)
    issued = factories.invoice(database, shop.principal)
    store = FileStore(tmp_path / "documents")
    assert render_due(database, store) == 1
    return Paper(shop, store, issued.id, store.path(pdf_key(issued.account_id, issued.id)))


def jobs(database: Database) -> int:
    return len(database.read(lambda connection: connection.execute(select(outbox.c.id)).all()))


def keep_mtime(path: Path, content: bytes) -> None:
    before = path.stat()
    path.write_bytes(content)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


DAMAGES = {
    "truncated": lambda path: os.truncate(path, 100),
    "emptied": lambda path: os.truncate(path, 0),
    "zeroed": lambda path: path.write_bytes(bytes(path.stat().st_size)),
    "deleted": lambda path: path.unlink(),
    "another of its size": lambda path: path.write_bytes(b"%PDF-1.4 another".ljust(path.stat().st_size)),
    "another, as old": lambda path: keep_mtime(path, b"%PDF-1.4 another".ljust(path.stat().st_size)),
    "a folder": lambda path: (path.unlink(), path.mkdir()),
}


@pytest.mark.parametrize("was_read", [False, True], ids=["never read", "read before"])
@pytest.mark.parametrize("damage", DAMAGES.values(), ids=list(DAMAGES))
def test_what_differs_is_made_again_and_then_the_same_link_opens_it(
    database: Database, paper: Paper, damage: Callable[[Path], object], was_read: bool
) -> None:
    right = paper.path.read_bytes()
    status, url = paper.asked()
    assert status == "READY"
    assert url is not None
    if was_read:
        (answer,) = paper.downloads(url)
        assert (answer.status_code, answer.content) == (200, right)

    damage(paper.path)
    for answer in paper.downloads(url, times=5):
        assert (answer.status_code, answer.json()["error"]) == (503, "DOCUMENT_NOT_READY")
        assert answer.headers["retry-after"] == "2"
        assert answer.headers["cache-control"] == "no-store"
    assert jobs(database) == 1
    assert paper.asked() == ("PENDING", None)

    if paper.path.is_dir():
        paper.path.rmdir()
    assert paper.render() == 1
    (answer,) = paper.downloads(url)
    assert (answer.status_code, answer.content) == (200, right)
    assert paper.asked()[0] == "READY"
    assert jobs(database) == 0


def test_a_paper_that_another_version_made_has_the_size_and_hash_of_the_new_one(
    database: Database, paper: Paper
) -> None:
    _, url = paper.asked()
    assert url is not None
    statement = "UPDATE documents SET size = 1, sha256 = 'of another version'"
    database.write(lambda connection: connection.execute(text(statement)))
    (answer,) = paper.downloads(url)
    assert answer.status_code == 503
    paper.render()
    (answer,) = paper.downloads(url)
    assert answer.status_code == 200
    key = str(paper.path.relative_to(paper.store.root))
    row = database.read(pdf.document, key)
    assert row is not None
    assert Measure(row.size, row.sha256) == paper.store.measure(key)


def test_a_store_that_is_not_there_makes_nothing_again(database: Database, paper: Paper) -> None:
    _, url = paper.asked()
    assert url is not None
    paper.store.root.rename(paper.store.root.with_name("elsewhere"))
    (answer,) = paper.downloads(url)
    assert (answer.status_code, answer.json()["error"]) == (503, "DOCUMENT_NOT_READY")
    assert jobs(database) == 0
    paper.store.root.with_name("elsewhere").rename(paper.store.root)
    assert paper.downloads(url)[0].status_code == 200


def test_a_link_waits_while_its_pdf_is_made_and_not_when_it_was_given_up(
    database: Database, paper: Paper
) -> None:
    _, url = paper.asked()
    assert url is not None
    database.write(from_orders.retry_pdf, paper.shop.principal, paper.invoice_id, now=factories.NOW)
    (answer,) = paper.downloads(url)
    assert (answer.status_code, answer.json()["error"]) == (503, "DOCUMENT_NOT_READY")
    given_up = "UPDATE outbox SET failed_at = created_at"
    database.write(lambda connection: connection.execute(text(given_up)))
    (answer,) = paper.downloads(url)
    assert (answer.status_code, answer.json()["error"]) == (404, "DOCUMENT_MISSING")


def test_who_saw_the_damage_before_it_was_mended_mends_nothing(
    database: Database, principal: Principal, store: FileStore
) -> None:
    factories.invoice(database, principal)
    render_due(database, store)
    (path,) = store.root.rglob("*.pdf")
    seen = database.read(pdf.document, str(path.relative_to(store.root)))
    assert seen is not None
    assert database.write(pdf.replace_damaged, seen, now=factories.NOW)
    assert not database.write(pdf.replace_damaged, seen, now=factories.NOW)
    render_due(database, store)
    assert not database.write(pdf.replace_damaged, seen, now=factories.NOW)
    assert jobs(database) == 0


class CountingStore(FileStore):
    reads = 0

    def measure(self, key: str, *, read: bool = True) -> Measure | None:
        self.reads += read
        return super().measure(key, read=read)


@pytest.mark.anyio
async def test_a_file_is_read_to_compare_it_once_and_again_when_it_was_touched(
    database: Database, principal: Principal, tmp_path: Path
) -> None:
    store = CountingStore(tmp_path)
    factories.invoice(database, principal)
    render_due(database, store)
    (path,) = store.root.rglob("*.pdf")
    key = str(path.relative_to(store.root))
    pdfs = StoredPdfs(database, store)
    for _ in range(3):
        assert await pdfs.find(key) == (path, path.stat())
    assert store.reads == 1
    path.write_bytes(path.read_bytes())
    await pdfs.find(key)
    assert store.reads == 2
