"""`POST /invoices`: its request, its response and its refusals, as the clients of its system see them."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import structlog

from invoicing.access import Scope
from invoicing.customers import sessions
from invoicing.storage.database import Database
from server.bodies import MAX_BODY
from tests.support import factories
from tests.support.client import Client, client
from tests.support.factories import item
from tests.support.rest_door import Door, without_table

ORDER = "69ab24db449866373d5e3e35"
QUANTITIES = (30, 20, 10, 5, 2)
PRICES = (3_333, 5_000, 10_000, 11_997, 25_001)


@pytest.fixture
def shop(database: Database, tmp_path: Path) -> Client:
    """A shop with the sample request's order of five lines."""
    shop = client(database, tmp_path)
    items = [
        item(id=f"6932f96b8cd64c28a4fb587{place}", quantity=quantity, unit_price=price)
        for place, (quantity, price) in enumerate(zip(QUANTITIES, PRICES, strict=True))
    ]
    factories.order(database, shop.principal, id=ORDER, items=items)
    return shop


@pytest.fixture
def door(shop: Client) -> Door:
    return Door(shop, {"accessToken": f"Bearer {shop.token}"})


def refused(door: Door, status: int, body: Any = None, **options: Any) -> str:
    """The message of a refusal, which has nothing else to say."""
    found, told = door.refused("POST", "/invoices", body, **options)
    assert (found, told) == (status, {"success": False, "message": told["message"]})
    return str(told["message"])


def test_the_sample_request_answers_as_the_sample_does(door: Door, shop: Client) -> None:
    answer = door.ask("POST", "/invoices", {"orderId": ORDER})
    made = answer.json()
    assert (answer.status_code, made["success"], made["message"]) == (
        201,
        True,
        "Invoice created successfully",
    )
    invoice = made["data"]
    assert list(invoice) == [
        "order",
        "entityId",
        "lineItems",
        "total",
        "createdBy",
        "metaFields",
        "createdAt",
        "updatedAt",
        "id",
    ]
    assert (invoice["order"], invoice["entityId"], invoice["metaFields"]) == (ORDER, "1", [])
    assert [list(line) for line in invoice["lineItems"]] == [["lineItemId", "quantity", "id"]] * 5
    assert [line["quantity"] for line in invoice["lineItems"]] == list(QUANTITIES)
    assert [line["lineItemId"][-1] for line in invoice["lineItems"]] == list("01234")
    total = sum(quantity * price for quantity, price in zip(QUANTITIES, PRICES, strict=True))
    assert f'"total":{total // 100}.{total % 100:02d},' in answer.text
    actor = shop.principal.actor
    assert invoice["createdBy"] == {"id": actor.id, "name": actor.name, "type": "api_key"}
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", invoice["createdAt"])
    assert invoice["createdAt"] == invoice["updatedAt"]
    known = shop.ask(f'{{ invoice(id: "{invoice["id"]}") {{ total number }} }}')["invoice"]
    assert (known["total"], known["number"].endswith("00001")) == (total, True)


def test_the_bare_token_will_do(shop: Client) -> None:
    bare = Door(shop, {"ACCESSTOKEN": str(shop.token)})
    assert bare.post("/invoices", {"orderId": ORDER})["success"] is True


@pytest.mark.parametrize(
    ("currency", "price", "total"), [("EUR", 5, "0.05"), ("JPY", 120, "120"), ("KWD", 1_500, "1.500")]
)
def test_major_units_are_the_currencys_own(
    door: Door, shop: Client, currency: str, price: int, total: str
) -> None:
    factories.order(
        shop.database, shop.principal, id="small", currency=currency, items=[item(unit_price=price)]
    )
    assert f'"total":{total},' in door.ask("POST", "/invoices", {"orderId": "small"}).text


def test_the_number_is_the_next_in_its_series(door: Door, shop: Client) -> None:
    factories.invoice(shop.database, shop.principal, now=factories.NOW)
    made = door.post("/invoices", {"orderId": ORDER})["data"]
    number = shop.ask(f'{{ invoice(id: "{made["id"]}") {{ number }} }}')["invoice"]["number"]
    assert int(number.rpartition("-")[2]) == int(made["entityId"])


def test_a_second_time_nothing_is_left(door: Door) -> None:
    door.post("/invoices", {"orderId": ORDER})
    assert refused(door, 400, {"orderId": ORDER}).startswith("Nothing left to invoice")


@pytest.mark.parametrize("body", [{}, {"orderId": None}, {"orderId": ""}, {"orderid": ORDER}])
def test_an_order_has_to_be_named(door: Door, body: Any) -> None:
    assert refused(door, 400, body) == "Validation error: orderId is required"


@pytest.mark.parametrize("value", [1, True, [ORDER], {"id": ORDER}])
def test_by_a_text(door: Door, value: Any) -> None:
    assert refused(door, 400, {"orderId": value}) == "Validation error: orderId must be a string"


@pytest.mark.parametrize("body", [b"", b"{", b"null", b"[]", b'"x"', b"\xff", b'{"orderId": "\\ud800"}'])
def test_what_is_no_object_is_no_request(door: Door, body: bytes) -> None:
    json = {"content-type": "application/json"}
    assert refused(door, 400, content=body, headers=json).startswith("The body")


@pytest.mark.parametrize("order", ["nothing", "x" * 256, "a/b", "\x00", "é"])
def test_an_order_that_is_not_there(door: Door, order: str) -> None:
    assert refused(door, 404, {"orderId": order}) == "Order not found"


def test_another_accounts_order_is_not_there(shop: Client) -> None:
    other = Door(shop, {"accessToken": f"Bearer {shop.neighbour().token}"})
    assert refused(other, 404, {"orderId": ORDER}) == "Order not found"


def test_without_a_known_token_nothing_is_told(shop: Client) -> None:
    for given in ({}, {"accessToken": ""}, {"accessToken": "Bearer"}, {"accessToken": "Bearer wrong"}):
        for body in ({"orderId": ORDER}, {}):
            assert refused(Door(shop, given), 401, body) == "Invalid or missing access token"
    elsewhere = Door(shop, {"authorization": f"Bearer {shop.token}"})
    assert refused(elsewhere, 401, {"orderId": ORDER}) == "Invalid or missing access token"


def test_a_key_needs_its_scope_and_customers_invoice_what_is_theirs(shop: Client, database: Database) -> None:
    reader = Door(shop, {"accessToken": str(shop.limited_to(Scope.INVOICES_READ).token)})
    assert "invoices:write" in refused(reader, 403, {"orderId": ORDER})
    factories.customer(database, shop.principal, id="ann")
    factories.order(database, shop.principal, id="hers", customer_id="ann")
    _, token = database.write(
        sessions.create_customer_session, shop.principal, customer_id="ann", now=datetime.now(UTC)
    )
    hers = Door(shop, {"accessToken": token})
    assert refused(hers, 404, {"orderId": ORDER}) == "Order not found"
    assert hers.post("/invoices", {"orderId": "hers"})["data"]["createdBy"]["type"] == "customer"


def test_what_http_itself_refuses_is_told_in_the_same_form(door: Door) -> None:
    large = b'{"orderId": "' + b"x" * MAX_BODY + b'"}'
    assert "2000000" in refused(door, 413, content=large, headers={"content-type": "application/json"})
    assert "json" in refused(door, 415, content=b"{}", headers={"content-type": "text/plain"})
    answer = door.ask("PUT", "/invoices", {})
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


def test_our_own_faults_are_in_the_log_under_the_requests_id(door: Door, shop: Client) -> None:
    with without_table(shop, "number_series"), structlog.testing.capture_logs() as logged:
        answer = door.ask("POST", "/invoices", {"orderId": ORDER}, headers={"x-request-id": "mine"})
    assert (answer.status_code, answer.headers["x-request-id"]) == (500, "mine")
    assert answer.json() == {"success": False, "message": "An error occurred while creating the invoice"}
    (entry,) = [entry for entry in logged if entry["event"] == "request failed"]
    assert entry["request_id"] == "mine"
    assert door.post("/invoices", {"orderId": ORDER})["data"]["entityId"] == "1"
