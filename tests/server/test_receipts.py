"""A paid invoice's copy with its payments, behind a signed link, made when it is opened."""

from __future__ import annotations

import asyncio
import io
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from httpx import ASGITransport, AsyncClient
from pypdf import PdfReader
from starlette.applications import Starlette

from documents.links import Links
from documents.paper.labels import labels
from documents.paper.languages import languages
from documents.pdf import copy_of, render
from documents.receipt_links import ReceiptKey, read_key
from documents.store import FileStore
from invoicing.access import Principal
from invoicing.invoices.queries import Issued
from invoicing.invoices.receipt import Receipt, receipt
from invoicing.storage.database import Database
from resolvers.shared_threads import SharedThreads
from server import downloads
from server.receipts import Receipts
from server.stored_pdfs import StoredPdfs
from tests.support.factories import NOW
from tests.support.patience import PATIENCE
from tests.support.snapshots import invoice
from tests.support.till import Till
from tools.sample_invoice import sample

links = Links("secret", "http://testserver", 60)


@pytest.fixture
def till(database: Database, principal: Principal) -> Till:
    return Till(database, principal)


@pytest.fixture
def client(database: Database, store: FileStore) -> AsyncClient:
    app = Starlette(
        routes=downloads.routes(database, StoredPdfs(database, store), links, Receipts(database, None))
    )
    return AsyncClient(transport=ASGITransport(app), base_url="http://testserver")


def made(till: Till, sale: Issued) -> Receipt | None:
    return till.database.read(receipt, till.principal.account_id, sale.id)


def paid_on(till: Till, sale: Issued) -> list[tuple[Any, ...]]:
    found = made(till, sale)
    assert found is not None
    return [(each.paid_on, each.method, each.amount) for each in found.paper().payments]


def text_of(pdf: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)


@pytest.mark.anyio
async def test_a_link_gives_the_copy_of_a_paid_invoice(client: AsyncClient, till: Till) -> None:
    sale = till.sale(1_000)
    url = links.url(str(ReceiptKey(till.principal.account_id, sale.id)), "INV-1.pdf")
    assert (await client.get(url)).json()["error"] == "DOCUMENT_MISSING"
    till.pay(1_000, invoice_id=sale.id)
    answer = await client.get(url)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf")
    assert answer.headers["content-disposition"] == "inline; filename*=utf-8''INV-1.pdf"
    words = " ".join(text_of(answer.content).split())
    assert "PAID · COPY" in words
    assert "Paid · June 2, 2025 · ideal −€10.00" in words
    assert (await client.get(url)).content == answer.content


def test_there_is_none_while_something_is_open(till: Till) -> None:
    sale = till.sale(1_000)
    assert made(till, sale) is None
    till.pay(999, invoice_id=sale.id)
    assert made(till, sale) is None
    paid = till.pay(1, invoice_id=sale.id)
    assert made(till, sale) is not None
    till.refund(paid)
    assert made(till, sale) is None
    assert till.database.read(receipt, till.principal.account_id, "no such invoice") is None


def test_what_was_given_up_or_gives_back_has_none(till: Till) -> None:
    sale = till.sale(1_000)
    credit = till.credit(sale)
    assert made(till, sale) is None
    assert made(till, credit) is None
    assert made(till, till.sale(0, id="free")) is None


def test_each_payment_is_on_it_with_its_day_and_way(till: Till) -> None:
    later = NOW + timedelta(days=1)
    (item,) = till.order("o", 1_000)
    till.pay(400, order_id="o")
    sale = till.invoice(item)
    till.pay(600, invoice_id=sale.id, method="CASH", now=later)
    assert paid_on(till, sale) == [(NOW.date(), "ideal", 400), (later.date(), "CASH", 600)]


def test_a_card_is_called_what_its_owner_knows_it_by(till: Till) -> None:
    till.buyer(reference="Visa •••• 4242")
    sale = till.sale(1_000, customer_id="ann")
    till.resolve(till.charge(sale.id).payment, "PAID")
    assert paid_on(till, sale) == [(NOW.date(), "Visa •••• 4242", 1_000)]


def test_what_was_set_off_and_paid_back_comes_to_the_amount(till: Till) -> None:
    sale = till.sale(1_000)
    till.credit(sale, 300)
    first = till.pay(200, invoice_id=sale.id)
    till.refund(first, 50)
    till.pay(550, invoice_id=sale.id)
    amounts = [amount for _, _, amount in paid_on(till, sale)]
    assert sorted(amounts) == [-50, 200, 300, 550]
    assert sum(amounts) == sale.due


@pytest.mark.parametrize("language", sorted(languages()))
def test_it_says_in_every_language_that_it_is_a_copy(language: str) -> None:
    own = labels(language)
    paper = invoice(locale=language, paid=1_210)
    words = " ".join(text_of(copy_of(paper)).split())
    assert f"{own.paid_mark} · {own.copy_mark} " in words
    assert " ".join(own.copy_note.split()) in words
    assert copy_of(paper) == copy_of(paper)


def test_it_carries_no_xml() -> None:
    issued, copy = (PdfReader(io.BytesIO(made(sample(1)))).attachments for made in (render, copy_of))
    assert "factur-x.xml" in issued
    assert not copy


def test_keys_of_other_documents_are_not_those_of_receipts() -> None:
    assert read_key(str(ReceiptKey("a", "i/2"))) == ReceiptKey("a", "i/2")
    assert read_key("logo/a/b") is None
    assert read_key("receipt/a") is None


@pytest.mark.anyio
async def test_accounts_take_turns_at_a_thread_that_they_share() -> None:
    threads = SharedThreads(1, 1, "test")
    go, order = threading.Event(), list[str]()

    def call(name: str) -> Callable[[], None]:
        def noted() -> None:
            go.wait(PATIENCE)
            order.append(name)

        return noted

    waiting = [
        asyncio.create_task(threads.run(account, call(account)))
        for account in (*["busy"] * 5, "calm", "calm")
    ]
    await asyncio.sleep(0)  # each has asked for its place
    go.set()
    await asyncio.gather(*waiting)
    assert order == ["busy", "calm", "busy", "calm", "busy", "busy", "busy"]
    threads.close()
