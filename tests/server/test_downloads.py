"""Documents are handed out to whoever holds a link that is signed, whole and not expired."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from hashlib import sha256

import pytest
from httpx import ASGITransport, AsyncClient, Response
from starlette.applications import Starlette

from documents.links import Links
from documents.store import Store, pdf_key
from invoicing.access import Principal
from invoicing.invoices import pdf
from invoicing.storage.database import Database
from server import downloads
from server.receipts import Receipts
from server.stored_pdfs import StoredPdfs
from tests.support import factories
from tests.support.stores import delete

PAPER = b"%PDF-1.4 paper"
pytestmark = pytest.mark.anyio
links = Links("secret", "http://testserver", 60)


@pytest.fixture
def key(database: Database, principal: Principal, any_store: Store) -> str:
    """The key of an invoice's PDF, which is PAPER."""
    issued = factories.invoice(database, principal)
    key = pdf_key(principal.account_id, issued.id)
    any_store.put(key, PAPER)
    (due,) = database.write(pdf.claim, most=1, now=factories.NOW)
    made = pdf.RenderedPdf(due.job, key, len(PAPER), sha256(PAPER).hexdigest())
    database.write(pdf.record, [made], [], now=factories.NOW)
    return key


@pytest.fixture
def client(database: Database, any_store: Store) -> AsyncClient:
    app = Starlette(
        routes=downloads.routes(database, StoredPdfs(database, any_store), links, Receipts(database, None))
    )
    return AsyncClient(transport=ASGITransport(app), base_url="http://testserver")


async def test_a_link_gives_the_document(client: AsyncClient, key: str) -> None:
    answer = await client.get(links.url(key, "INV-2025-00001.pdf"))
    assert (answer.status_code, answer.content) == (200, PAPER)
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-disposition"] == 'inline; filename="INV-2025-00001.pdf"'
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "private"


async def test_head_tells_the_size_alone(client: AsyncClient, key: str) -> None:
    answer = await client.head(links.url(key, "1.pdf"))
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-length"] == str(len(PAPER))


async def test_nothing_but_reading_is_possible(client: AsyncClient, key: str) -> None:
    assert (await client.delete(links.url(key, "1.pdf"))).status_code == 405


@pytest.mark.parametrize(
    ("number", "told"),
    [
        ("2025/001", 'inline; filename="2025-001.pdf"'),
        ("Номер 1", "inline; filename*=utf-8''%D0%9D%D0%BE%D0%BC%D0%B5%D1%80%201.pdf"),
        ('a"; filename="b', "inline; filename*=utf-8''a%22%3B%20filename%3D%22b.pdf"),
    ],
)
async def test_any_number_can_be_the_files_name(
    number: str, told: str, client: AsyncClient, key: str
) -> None:
    answer = await client.get(links.url(key, f"{number}.pdf"))
    assert answer.status_code == 200
    assert answer.headers["content-disposition"] == told


async def test_the_name_in_the_link_decides_nothing(client: AsyncClient, key: str) -> None:
    token = links.url(key, "1.pdf").split("/")[-2]
    for name in ("2.pdf", "a/b/c", "%2e%2e", ""):
        answer = await client.get(f"/documents/{token}/{name}")
        assert answer.headers["content-disposition"] == 'inline; filename="1.pdf"'


def refused(answer: Response, status: int, error: str) -> bool:
    told = answer.json()
    return (answer.status_code, told["error"]) == (status, error) and bool(told["detail"])


async def test_an_expired_link_is_gone(
    client: AsyncClient, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    url, later = links.url(key, "1.pdf"), time.time() + 61
    monkeypatch.setattr(time, "time", lambda: later)
    assert refused(await client.get(url), 410, "LINK_EXPIRED")


def _key_of(url: str) -> str:
    return links.read_token(url.split("/")[-2])[0]


def _of_another_account(url: str) -> str:
    token = url.split("/")[-2]
    other = links.url(pdf_key("stranger", "1"), "1.pdf").split("/")[-2]
    return url.replace(token, ".".join([other.rsplit(".", 2)[0], *token.rsplit(".", 2)[1:]]))


@pytest.mark.parametrize(
    "forge",
    [
        lambda url: Links("guess", "http://testserver", 60).url(_key_of(url), "1.pdf"),
        _of_another_account,
        lambda url: url.replace("/documents/", "/documents/x"),
        lambda url: f"/documents/{_key_of(url)}",
        lambda _: "/documents/..%2f..%2fetc%2fpasswd/1.pdf",
        lambda _: "/documents/%2e%2e/%2e%2e/%2e%2e/etc/passwd",
    ],
)
async def test_a_link_that_was_not_made_here_is_refused(
    forge: Callable[[str], str], client: AsyncClient, key: str
) -> None:
    answer = await client.get(forge(links.url(key, "1.pdf")))
    assert refused(answer, 403, "BAD_LINK") or answer.status_code == 404
    assert b"%PDF" not in answer.content
    assert b"root:" not in answer.content


async def test_a_document_that_nobody_knows_is_not_found(client: AsyncClient, any_store: Store) -> None:
    nowhere = pdf_key("account", "1")
    any_store.put(nowhere, PAPER)
    assert refused(await client.get(links.url(nowhere, "1.pdf")), 404, "DOCUMENT_MISSING")


async def test_the_log_never_holds_a_token(
    client: AsyncClient,
    key: str,
    any_store: Store,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    url = links.url(key, "1.pdf")
    caplog.set_level(logging.DEBUG)
    await client.get(url)
    delete(any_store, key)
    await client.get(url)
    told = [record.getMessage() for record in caplog.records if record.name not in ("httpx", "httpcore")]
    assert url.split("/")[-2] not in "".join([*told, *capfd.readouterr()])
