"""Polar's own client, the real one, against a server on a socket."""

from __future__ import annotations

import io
import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, replace
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
from tests.server.rest.polar.shop import Shop, opened
from tests.server.test_whole_walk import serving
from tests.support.client import Client
from tests.support.factories import item
from tests.support.installed import SDK, need
from tests.support.patience import PATIENCE, until

PROGRAM = Path(__file__).with_name("sdk.py")
DELFT = {"country": "NL", "line1": "Oude Delft 1", "postal_code": "2611 BA", "city": "Delft"}


@dataclass(frozen=True, slots=True)
class Sdk:
    """The client in its own process, and the shop that it asks."""

    process: subprocess.Popen[str]
    shop: Shop

    def ask(self, asker: Client, call: str, **given: Any) -> Any:
        told = self.outcome(asker, call, **given)
        assert "answer" in told, told
        return told["answer"]

    def refused(self, asker: Client, call: str, **given: Any) -> tuple[str, int, Any, str | None]:
        """The exception's class, the status, the body as it came, and what the client read it as."""
        told = self.outcome(asker, call, **given)
        assert "raised" in told, told
        return told["raised"], told["status"], told["body"], told["data"]

    def outcome(self, asker: Client, call: str, **given: Any) -> dict[str, Any]:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(json.dumps({"call": call, "token": asker.token, "given": given}) + "\n")
        self.process.stdin.flush()
        told: dict[str, Any] = json.loads(self.process.stdout.readline())
        return told


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def running(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, Path, subprocess.Popen[str]]]:
    """A server for all tests here, and a client: its database, its folder, and the client's process."""
    need("Polar's SDK")
    folder = tmp_path_factory.mktemp("polar")
    fresh: FreshUrl = request.getfixturevalue(f"fresh_{request.param}")
    with fresh() as url, serving(folder, "--no-demo", INVOICING_DATABASE_URL=url) as address:
        command = [str(SDK), str(PROGRAM), address]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
            yield url, folder, process
            assert process.stdin
            process.stdin.close()


@pytest.fixture
def sdk(running: tuple[str, Path, subprocess.Popen[str]]) -> Iterator[Sdk]:
    """The client, and a shop of the test's own on the server."""
    url, folder, process = running
    database = Database(url)
    yield Sdk(process, opened(database, folder))
    database.close()


def paper(sdk: Sdk, asker: Client, call: str, order: str) -> str:
    """The text of the PDF, asked for until it is there."""
    told: dict[str, Any] = {}

    def is_there() -> bool:
        told.update(sdk.outcome(asker, call, id=order))
        assert "answer" in told or told["raised"] == "ResourceNotFound"
        return "answer" in told

    until(is_there)
    answer = httpx.get(told["answer"]["url"], timeout=PATIENCE)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf")
    return pypdf.PdfReader(io.BytesIO(answer.content)).pages[0].extract_text()


def test_a_customer_fetches_the_invoice_of_their_order(sdk: Sdk) -> None:
    order = sdk.shop.order(number="1001")
    session = sdk.ask(sdk.shop.merchant, "customer_sessions.create", request={"customer_id": "ann"})
    assert session["customer"]["name"] == "Ann Baker"
    ann = replace(sdk.shop.merchant, token=session["token"])
    assert sdk.ask(ann, "customer_portal.orders.generate_invoice", id=order) is None
    text = paper(sdk, ann, "customer_portal.orders.invoice", order)
    assert "1001" in text
    assert sdk.ask(ann, "customer_portal.orders.generate_invoice", id=order) is None
    shown = sdk.ask(ann, "customer_portal.orders.get", id=order)
    assert shown["is_invoice_generated"] is True
    assert shown["invoice_number"] in text


def test_a_merchant_fetches_it_too(sdk: Sdk) -> None:
    order = sdk.shop.order(items=[item(quantity=2, discount=20)], paid=2_400, meta={"a": 1, "b": {}})
    assert sdk.ask(sdk.shop.merchant, "orders.generate_invoice", id=order) is None
    assert "Mug" in paper(sdk, sdk.shop.merchant, "orders.invoice", order)
    shown = sdk.ask(sdk.shop.merchant, "orders.get", id=order)
    assert (shown["status"], shown["currency"], shown["metadata"]) == ("paid", "eur", {"a": 1})
    assert (shown["net_amount"], shown["tax_amount"], shown["total_amount"]) == (1_983, 417, 2_400)
    assert shown["customer"]["external_id"] == "ann-1"


def test_billing_details_are_corrected_until_the_invoice_is_issued(sdk: Sdk) -> None:
    order, bob = sdk.shop.order(customer_id="bob"), sdk.shop.session("bob")
    assert sdk.refused(bob, "customer_portal.orders.generate_invoice", id=order)[3] == (
        "MissingInvoiceBillingDetailsData"
    )
    change = {"billing_name": "Bob & Sons", "billing_address": DELFT}
    shown = sdk.ask(bob, "customer_portal.orders.update", id=order, customer_order_update=change)
    assert (shown["billing_name"], shown["billing_address"]["city"]) == ("Bob & Sons", "Delft")
    sdk.ask(bob, "customer_portal.orders.generate_invoice", id=order)
    assert "Bob & Sons" in paper(sdk, bob, "customer_portal.orders.invoice", order)
    late = sdk.refused(bob, "customer_portal.orders.update", id=order, customer_order_update=change)
    assert (late[0], late[1]) == ("HTTPValidationError", 422)


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


def test_every_refusal_is_the_clients_own_exception(sdk: Sdk) -> None:
    shop, ann = sdk.shop, sdk.shop.session("ann")
    paid, unpaid, bobs = shop.order(), shop.order(paid=0), shop.order(customer_id="bob")
    for asker, door in ((ann, "customer_portal.orders"), (shop.merchant, "orders")):
        refused = sdk.refused(asker, f"{door}.generate_invoice", id=unpaid)
        assert refused[1:] == (
            422,
            {"error": "NotPaidOrder", "detail": refused[2]["detail"]},
            "NotPaidOrderData",
        )
        for call in ("get", "invoice"):
            assert sdk.refused(asker, f"{door}.{call}", id=new_id())[:2] == ("ResourceNotFound", 404)
            told = sdk.refused(asker, f"{door}.{call}", id="first")
            assert (*told[:2], told[2]["detail"][0]["type"]) == ("HTTPValidationError", 422, "uuid_parsing")
        assert sdk.refused(asker, f"{door}.invoice", id=paid)[0] == "ResourceNotFound"
        told = sdk.refused(replace(asker, token="nonsense"), f"{door}.get", id=paid)
        assert (*told[:2], told[2]["error"]) == ("SDKError", 401, "invalid_token")
    assert sdk.refused(ann, "customer_portal.orders.invoice", id=bobs)[0] == "ResourceNotFound"
    told = sdk.refused(shop.session("ann", began=timedelta(hours=2)), "customer_portal.orders.list")
    assert (*told[:2], told[2]["error"]) == ("SDKError", 401, "invalid_token")
    told = sdk.refused(ann.without_key(), "orders.list")
    assert told[:3] == ("SDKError", 401, {"error": "Unauthorized", "detail": "Unauthorized"})
    told = sdk.refused(shop.merchant.limited_to(Scope.ORDERS_READ), "orders.generate_invoice", id=paid)
    assert (*told[:2], told[2]["error"]) == ("SDKError", 403, "insufficient_scope")
    told = sdk.refused(shop.merchant, "customer_sessions.create", request={"external_customer_id": "nobody"})
    assert (*told[:2], told[2]["detail"][0]["loc"]) == (
        "HTTPValidationError",
        422,
        ["body", "external_customer_id"],
    )
