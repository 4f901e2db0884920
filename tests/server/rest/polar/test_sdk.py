"""Polar's own clients, the real ones of each version, against a server on a socket."""

from __future__ import annotations

import io
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pypdf
import pytest

from invoicing.access import Scope
from invoicing.storage.database import Database
from invoicing.storage.tables import new_id
from tests.conftest import FreshUrl
from tests.server.rest.polar.sdk import KINDS, Kind, Sdk, started
from tests.server.rest.polar.shop import opened
from tests.server.test_whole_walk import serving
from tests.support.client import Client
from tests.support.factories import item
from tests.support.installed import NODE, SDKS, need
from tests.support.nursery import program
from tests.support.patience import PATIENCE, until

DELFT = {"country": "NL", "line1": "Oude Delft 1", "postal_code": "2611 BA", "city": "Delft"}


@dataclass(slots=True)
class Running:
    """A server, and the clients that were asked so far: one process for each release."""

    url: str
    folder: Path
    address: str
    stack: ExitStack
    clients: dict[tuple[str, str], subprocess.Popen[str]] = field(default_factory=dict)

    def client(self, kind: Kind) -> subprocess.Popen[str]:
        release = (kind.language, kind.release)
        if release not in self.clients:
            self.clients[release] = self.stack.enter_context(started(kind, self.address))
        return self.clients[release]


@pytest.fixture(scope="module")
def running(fresh_sqlite: FreshUrl, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """For all tests here. What the doors do on either database is tested beside this, without clients."""
    folder = tmp_path_factory.mktemp("polar")
    with ExitStack() as stack:
        url = stack.enter_context(fresh_sqlite())
        server = serving(folder, "--no-demo", program=program(), INVOICING_DATABASE_URL=url)
        address = stack.enter_context(server)
        yield Running(url, folder, address, stack)


@pytest.fixture(params=KINDS, ids=str)
def sdk(request: pytest.FixtureRequest) -> Iterator[Sdk]:
    """A client, and a shop of the test's own on the server."""
    kind: Kind = request.param
    kind.need()
    running: Running = request.getfixturevalue("running")
    database = Database(running.url)
    yield Sdk(kind, running.client(kind), opened(database, running.folder))
    database.close()


def paper(sdk: Sdk, asker: Client, call: str, order: str) -> str:
    """The text of the PDF, asked for until it is there."""
    told: dict[str, Any] = {}

    def is_there() -> bool:
        told.update(sdk.outcome(asker, call, order))
        assert "answer" in told or told["raised"] == "ResourceNotFound", told
        return "answer" in told

    until(is_there)
    answer = httpx.get(told["answer"]["url"], timeout=PATIENCE)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf")
    return pypdf.PdfReader(io.BytesIO(answer.content)).pages[0].extract_text()


def test_a_customer_fetches_the_invoice_of_their_order(sdk: Sdk) -> None:
    order = sdk.shop.order(number="1001")
    session = sdk.ask(sdk.shop.merchant, "customer_sessions.create", customer_id="ann")
    assert session["customer"]["name"] == "Ann Baker"
    ann = replace(sdk.shop.merchant, token=session["token"])
    before = sdk.ask(ann, "customer_portal.orders.get", order)
    assert before["invoice_number"] == ("" if sdk.kind.is_before_versions else None)
    assert sdk.ask(ann, "customer_portal.orders.generate_invoice", order) is None
    text = paper(sdk, ann, "customer_portal.orders.invoice", order)
    assert "1001" in text
    assert sdk.ask(ann, "customer_portal.orders.generate_invoice", order) is None, "it exists already"
    shown = sdk.ask(ann, "customer_portal.orders.get", order)
    assert shown["is_invoice_generated"] is True
    assert shown["invoice_number"] in text


def test_a_merchant_fetches_it_too(sdk: Sdk) -> None:
    order = sdk.shop.order(items=[item(quantity=2, discount=20)], paid=2_400, meta={"a": 1, "b": {}})
    assert sdk.ask(sdk.shop.merchant, "orders.generate_invoice", order) is None
    assert "Mug" in paper(sdk, sdk.shop.merchant, "orders.invoice", order)
    shown = sdk.ask(sdk.shop.merchant, "orders.get", order)
    assert (shown["status"], shown["currency"], shown["metadata"]) == ("paid", "eur", {"a": 1})
    assert (shown["net_amount"], shown["tax_amount"], shown["total_amount"]) == (1_983, 417, 2_400)
    assert shown["customer"]["external_id"] == "ann-1"


def test_the_program_of_the_documentation_prints_where_the_invoice_is(running: Running) -> None:
    need("Node", "Polar's SDKs for TypeScript")
    database = Database(running.url)
    shop = opened(database, running.folder)
    order = shop.order()
    program = [NODE, SDKS / "typescript" / "polar.js", running.address]
    command = [str(part) for part in (*program, shop.merchant.token, "ann-1", order)]
    url = subprocess.run(command, capture_output=True, check=True, text=True, timeout=PATIENCE).stdout.strip()
    answer = httpx.get(url, timeout=PATIENCE)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf")
    database.close()


def test_billing_details_are_corrected_until_the_invoice_is_issued(sdk: Sdk) -> None:
    order, bob = sdk.shop.order(customer_id="bob"), sdk.shop.session("bob")
    told = sdk.refused(bob, "customer_portal.orders.generate_invoice", order)
    assert told[:2] == ("MissingInvoiceBillingDetails", 422)
    change: dict[str, Any] = {"billing_name": "Bob & Sons", "billing_address": DELFT}
    shown = sdk.ask(bob, "customer_portal.orders.update", order, **change)
    assert (shown["billing_name"], shown["billing_address"]["city"]) == ("Bob & Sons", "Delft")
    change["billing_name"] = "Bob, Sons & Co"
    shown = sdk.ask(sdk.shop.merchant, "orders.update", order, **change)
    assert (shown["billing_name"], shown["billing_address"]["city"]) == ("Bob, Sons & Co", "Delft")
    sdk.ask(bob, "customer_portal.orders.generate_invoice", order)
    assert "Bob, Sons & Co" in paper(sdk, bob, "customer_portal.orders.invoice", order)
    for asker, door in ((bob, "customer_portal.orders"), (sdk.shop.merchant, "orders")):
        late = sdk.refused(asker, f"{door}.update", order, **change)
        assert late[:2] == ("HTTPValidationError", 422)


def test_orders_are_listed_page_by_page(sdk: Sdk) -> None:
    orders = [sdk.shop.order(id=f"o-{place}", paid=0) for place in range(3)]
    sdk.shop.order(customer_id="bob")
    guest = sdk.shop.order(customer_id=None, billing_name="Guest")
    ann = sdk.shop.session("ann")
    pages = [sdk.ask(ann, "customer_portal.orders.list", limit=2, page=page) for page in (1, 2, 3)]
    assert [len(page["items"]) for page in pages] == [2, 1, 0]
    assert {order["id"] for page in pages for order in page["items"]} == set(orders)
    assert pages[0]["pagination"] == {"total_count": 3, "max_page": 2}
    everyones = sdk.ask(sdk.shop.merchant, "orders.list")
    assert everyones["pagination"] == {"total_count": 5, "max_page": 1}
    assert next(each for each in everyones["items"] if each["id"] == guest)["customer"]["name"] == "Guest"
    anns = sdk.ask(sdk.shop.merchant, "orders.list", customer_id="ann", sorting=["created_at"])
    assert {order["customer_id"] for order in anns["items"]} == {"ann"}


def test_what_cannot_be_issued_is_the_clients_own_exception(sdk: Sdk) -> None:
    shop, ann = sdk.shop, sdk.shop.session("ann")
    unpaid, waiting = shop.order(paid=0), shop.order(invoice_after_shipment=True)
    not_paid, nothing, unknown = (
        (("NotPaidOrder", 422), ("SDKError", 409), ("HTTPValidationError", 422))
        if sdk.kind.is_before_versions
        else (("OrderNotEligibleForInvoice", 409),) * 2 + (("ResourceNotFound", 404),)
    )
    for asker, door in ((ann, "customer_portal.orders"), (shop.merchant, "orders")):
        told = sdk.refused(asker, f"{door}.generate_invoice", unpaid)
        assert told == (*not_paid, {"error": not_paid[0], "detail": "The order has not been paid."})
        told = sdk.refused(asker, f"{door}.generate_invoice", waiting)
        assert told[:2] == nothing
        assert told[2]["detail"].startswith("Nothing on the order can be invoiced now")
        assert sdk.refused(asker, f"{door}.generate_invoice", "first")[1] == unknown[1]
        if not sdk.kind.is_before_versions:
            for id in ("first", new_id()):
                assert sdk.refused(asker, f"{door}.generate_invoice", id)[:2] == unknown
    reader = shop.merchant.limited_to(Scope.ORDERS_READ, Scope.INVOICES_READ)
    told = sdk.refused(reader, "orders.generate_invoice", unpaid)
    assert (told[1], told[2]["error"]) == (403, "insufficient_scope")


def test_every_refusal_is_the_clients_own_exception(sdk: Sdk) -> None:
    shop, ann = sdk.shop, sdk.shop.session("ann")
    paid, bobs = shop.order(), shop.order(customer_id="bob")
    anything = "PolarClientError" if sdk.kind.release.startswith("1.") else "SDKError"
    for asker, door in ((ann, "customer_portal.orders"), (shop.merchant, "orders")):
        for call in ("get", "invoice"):
            assert sdk.refused(asker, f"{door}.{call}", new_id())[:2] == ("ResourceNotFound", 404)
            told = sdk.refused(asker, f"{door}.{call}", "first")
            assert (*told[:2], told[2]["detail"][0]["type"]) == ("HTTPValidationError", 422, "uuid_parsing")
        assert sdk.refused(asker, f"{door}.invoice", paid)[0] == "ResourceNotFound"
        told = sdk.refused(asker, f"{door}.list", page=0)
        assert (*told[:2], told[2]["detail"][0]["loc"]) == ("HTTPValidationError", 422, ["query", "page"])
        told = sdk.refused(replace(asker, token="nonsense"), f"{door}.get", paid)
        assert (*told[:2], told[2]["error"]) == (anything, 401, "invalid_token")
    assert sdk.refused(ann, "customer_portal.orders.invoice", bobs)[0] == "ResourceNotFound"
    told = sdk.refused(shop.session("ann", began=timedelta(hours=2)), "customer_portal.orders.list")
    assert (*told[:2], told[2]["error"]) == (anything, 401, "invalid_token")
    if sdk.kind.can_be_without_token:
        told = sdk.refused(ann.without_key(), "orders.list")
        assert told == (anything, 401, {"error": "Unauthorized", "detail": "Unauthorized"})
    told = sdk.refused(ann, "orders.get", paid)
    assert (*told[:2], told[2]["error"]) == (anything, 403, "insufficient_scope")
    told = sdk.refused(shop.merchant, "customer_sessions.create", external_customer_id="nobody")
    assert (*told[:2], told[2]["detail"][0]["loc"]) == (
        "HTTPValidationError",
        422,
        ["body", "external_customer_id"],
    )
