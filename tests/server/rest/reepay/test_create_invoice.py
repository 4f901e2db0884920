"""Reepay: a one-time invoice for a customer: its body, its states, its errors."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
import structlog
from sqlalchemy import Engine, event

from invoicing.access import Scope
from invoicing.customers import sessions
from invoicing.storage.database import Database
from server.bodies import MAX_BODY
from tests.support import factories
from tests.support.client import ADD_METHOD, CREATE_INVOICE, Client, client
from tests.support.rest_door import Door, basic, without_table

CREATE = "/v1/customer/ann/invoice"
LINES = [
    {"ordertext": "Lighting plan", "amount": 15_000, "quantity": 2, "vat": 0.25},
    {"ordertext": "Rebate", "amount": -5_000, "vat": 0.25},
]
TRANSFER = {
    "method": "bank_transfer",
    "payment_date": "2025-06-01T09:30:00",
    "comment": "By giro",
    "reference": "bank-1",
}
COMPANY = {
    "company": "Ann's Tables",
    "vat": "NL123456782B01",
    "attention": "Ann Baker",
    "address": "Kade 1",
    "address2": "2nd floor",
    "city": "Utrecht",
    "country": "NL",
    "email": "ann@example.org",
    "phone": "+31 30 1234567",
    "first_name": None,
    "last_name": None,
    "postal_code": "3511 AB",
    "state_or_province": "UT",
}


@pytest.fixture
def shop(database: Database, tmp_path: Path) -> Client:
    shop = client(database, tmp_path, sandbox=True)
    factories.customer(
        database, shop.principal, id="customer-1", handle="ann", vat_number="NL123456782B01", is_business=True
    )
    return shop


@pytest.fixture
def door(shop: Client) -> Door:
    return Door(shop, basic(str(shop.token)))


def asked(handle: str = "i-1", **values: Any) -> dict[str, Any]:
    return {"handle": handle, "order_lines": LINES, **values}


def card(shop: Client, name: str) -> str:
    given = {"customer_id": "customer-1", "gateway": "sandbox", "reference": name}
    return str(shop.ask(ADD_METHOD, input=given)["addPaymentMethod"]["payment_method"]["id"])


def refused(door: Door, code: int, status: int, path: str, body: Any = None, **options: Any) -> str:
    """The message of a refusal, all else of which is checked."""
    found, told = door.refused(options.pop("method", "POST"), path, body, **options)
    assert (told["code"], found, told["http_status"]) == (code, status, status), told
    assert (told["path"], told["http_reason"]) == (path, HTTPStatus(status).phrase)
    assert told["request_id"]
    return str(told["message"])


def count(shop: Client) -> int:
    return int(shop.ask("{ invoices { totalCount } }")["invoices"]["totalCount"])


def test_an_invoice_that_is_not_settled_at_once_is_pending(door: Door, shop: Client) -> None:
    made = door.post(CREATE, asked(metadata={"a": [1]}, cost_center="42", purchase_order_number="PO-1"))
    assert (made["id"], made["handle"], made["customer"]) == ("i-1", "i-1", "ann")
    assert (made["state"], made["processing"], made["type"]) == ("pending", False, "co")
    assert (made["number"], made["accounting_number"][-6:]) == (1, "-00001")
    assert (made["amount"], made["amount_vat"], made["amount_ex_vat"]) == (25_000, 5_000, 20_000)
    amounts = ("org", "discount", "settled", "refunded", "credited")
    assert [made[f"{name}_amount"] for name in amounts] == [25_000, 0, 0, 0, 0]
    assert (made["settled"], made["failed"], made["cancelled"]) == (None, None, None)
    assert (made["transactions"], made["credit_notes"], made["metadata"]) == ([], [], {"a": [1]})
    assert door.get("/v1/invoice/i-1") == made
    shown = shop.ask('{ invoice(id: "i-1") { cost_center purchase_order_number due_on } }')["invoice"]
    assert (shown["cost_center"], shown["purchase_order_number"]) == ("42", "PO-1")
    assert made["due"] == f"{shown['due_on']}T00:00:00.000+00:00"


def test_the_customer_is_looked_for_and_frozen_but_not_read_again_to_be_shown(door: Door) -> None:
    read: list[str] = []

    def note(*given: Any) -> None:
        read.append(given[2])

    event.listen(Engine, "before_cursor_execute", note)
    try:
        made = door.post(CREATE, asked())
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    assert made["customer"] == "ann"
    assert len([each for each in read if "FROM customers" in each]) == 2


def test_its_lines_are_those_that_were_asked_for(door: Door) -> None:
    plan, rebate = door.post(CREATE, asked())["order_lines"]
    assert plan == {
        "id": plan["id"],
        "ordertext": "Lighting plan",
        "amount": 30_000,
        "vat": 0.25,
        "quantity": 2,
        "origin": "ondemand",
        "timestamp": plan["timestamp"],
        "amount_vat": 6_000,
        "amount_ex_vat": 24_000,
        "unit_amount": 15_000,
        "unit_amount_vat": 3_000,
        "unit_amount_ex_vat": 12_000,
        "amount_defined_incl_vat": True,
    }
    assert (rebate["quantity"], rebate["amount"], rebate["amount_vat"]) == (1, -5_000, -1_000)


def test_amounts_may_be_without_vat_which_is_the_accounts_if_not_given(door: Door) -> None:
    line = {"ordertext": "Advice", "amount": 1_000, "quantity": 3, "amount_incl_vat": False}
    made = door.post(CREATE, asked(order_lines=[line]))
    assert (made["amount"], made["amount_vat"], made["amount_ex_vat"]) == (3_630, 630, 3_000)
    (shown,) = made["order_lines"]
    assert (shown["vat"], shown["unit_amount"], shown["unit_amount_ex_vat"]) == (0.21, 1_210, 1_000)
    assert shown["amount_defined_incl_vat"] is False


def test_what_graphql_invoiced_with_decimals_is_shown_as_one_piece(door: Door, shop: Client) -> None:
    lines = [
        {"text": "Work", "amount": 9_950, "quantity": 1.5},
        {"text": "Calls", "amount": 0.175, "quantity": 120_000},
        {"text": "Lamp", "amount": 2_499, "quantity": 3},
    ]
    shop.ask(CREATE_INVOICE, input={"customer_handle": "ann", "handle": "d", "order_lines": lines})
    shown = door.get("/v1/invoice/d")["order_lines"]
    assert [(line["quantity"], line["unit_amount"], line["amount"]) for line in shown] == [
        (1, 14_925, 14_925),
        (1, 21_000, 21_000),
        (3, 2_499, 7_497),
    ]


def test_vat_is_rounded_once_per_rate(door: Door) -> None:
    """0.6 and 0.67: Reepay rounds their sum, to 1; an invoice here has two rows of VAT, of 1 each."""
    lines = [{"ordertext": "A", "amount": 3, "vat": 0.25}, {"ordertext": "B", "amount": 4, "vat": 0.2}]
    assert door.post(CREATE, asked(order_lines=lines))["amount_vat"] == 2


def test_addresses_come_back_as_they_went_in(door: Door) -> None:
    person = {**COMPANY, "company": None, "vat": None, "attention": None, "first_name": "Bob"}
    person["last_name"] = "de Vries"
    made = door.post(CREATE, asked(billing_address=COMPANY, shipping_address=person))
    assert (made["billing_address"], made["shipping_address"]) == (COMPANY, person)
    message = refused(door, 1, 400, CREATE, asked("i-2", billing_address={**COMPANY, "vat": "DK1"}))
    assert message.startswith("billing_address.vat")


@pytest.mark.parametrize(
    "date", ["2025-06-01", "20250601", "2025-06-01T09:30", "2025-06-01T09:30:00", "2025-06-01T09:30:00+02:00"]
)
def test_a_manual_transfer_settles_it(door: Door, date: str) -> None:
    made = door.post(CREATE, asked(manual_transfer={**TRANSFER, "payment_date": date}))
    assert (made["state"], made["settled_amount"]) == ("settled", 25_000)
    assert made["settled"] == made["created"]
    (paid,) = made["transactions"]
    assert (paid["state"], paid["type"], paid["amount"]) == ("settled", "settle", 25_000)
    assert (paid["invoice"], paid["settled"]) == ("i-1", "2025-06-01T00:00:00.000+00:00")
    assert paid["manual_transaction"] == {
        "method": "bank_transfer",
        "comment": "By giro",
        "reference": "bank-1",
        "payment_date": "2025-06-01T00:00:00.000+00:00",
    }


@pytest.mark.parametrize(
    ("name", "state", "settled"),
    [("approve", "settled", 25_000), ("decline", "failed", 0), ("late", "pending", 0)],
)
def test_a_settle_settles_it_or_fails_or_takes_its_time(
    door: Door, shop: Client, name: str, state: str, settled: int
) -> None:
    card(shop, name)
    made = door.post(CREATE, asked(settle={"payment_method": "auto"}))
    assert (made["state"], made["settled_amount"]) == (state, settled)
    assert made["processing"] is (state == "pending")
    (charge,) = made["transactions"]
    assert (charge["state"], charge["card_transaction"]["gateway"]) == (state, "sandbox")
    assert (made[state] is not None) if state != "pending" else made["settled"] is None
    assert charge["card_transaction"]["error"] == ("The card was declined." if state == "failed" else None)


def test_it_is_settled_later(door: Door, shop: Client) -> None:
    for handle in ("i-1", "i-2", "i-3"):
        door.post(CREATE, asked(handle))
    declined, approved = card(shop, "decline"), card(shop, "approve")
    assert door.post("/v1/invoice/i-1/settle", {"payment_method": declined})["state"] == "failed"
    settled = door.post("/v1/invoice/i-1/settle", {"payment_method": approved, "key": "k"})
    assert (settled["state"], len(settled["transactions"])) == ("settled", 2)
    assert settled["settled"] == settled["transactions"][1]["settled"] >= settled["created"]
    assert door.post("/v1/invoice/i-1/settle", {"payment_method": approved, "key": "k"}) == settled
    by_hand = door.post("/v1/invoice/i-2/manual_settle", TRANSFER)
    assert (by_hand["state"], by_hand["settled_amount"]) == ("settled", 25_000)
    for path, body in (
        ("/v1/invoice/i-1/settle", {"payment_method": approved}),
        ("/v1/invoice/i-2/manual_settle", TRANSFER),
        ("/v1/invoice/i-1/cancel", None),
    ):
        refused(door, 79, 400, path, body)


def test_an_invoice_is_cancelled_by_a_credit_note_for_all_of_it(door: Door) -> None:
    door.post(CREATE, asked())
    made = door.post("/v1/invoice/i-1/cancel")
    assert (made["state"], made["credited_amount"], made["refunded_amount"]) == ("cancelled", 25_000, 0)
    (note,) = made["credit_notes"]
    assert (made["cancelled"], note["amount"], note["transaction"]) == (note["created"], 25_000, None)
    assert door.get(f"/v1/credit_note/{note['id']}") == note
    assert [line["amount"] for line in note["credit_note_lines"]] == [30_000, -5_000]
    assert door.post("/v1/invoice/i-1/cancel") == made
    refused(door, 64, 400, "/v1/refund", {"invoice": "i-1"})


def test_a_charge_under_way_keeps_it_from_being_cancelled(door: Door, shop: Client) -> None:
    card(shop, "late")
    door.post(CREATE, asked(settle={"payment_method": "auto"}))
    refused(door, 1, 409, "/v1/invoice/i-1/cancel")
    refused(door, 1, 409, "/v1/invoice/i-1/settle", {"payment_method": "auto"})


def test_an_invoice_of_an_order_is_an_invoice_too(door: Door, shop: Client) -> None:
    made = factories.invoice(shop.database, shop.principal, items=[factories.item(discount=10)])
    shown = door.get(f"/v1/invoice/{made.id}")
    assert (shown["handle"], shown["customer"], shown["amount"]) == (None, None, 1_200)
    assert shown["discount_amount"] == 10
    assert door.post(f"/v1/invoice/{made.id}/manual_settle", TRANSFER)["state"] == "settled"


def line(**values: Any) -> dict[str, Any]:
    return {"order_lines": [{"ordertext": "A", "amount": 1, **values}]}


def transfer(**values: Any) -> dict[str, Any]:
    return {"manual_transfer": {**TRANSFER, **values}}


INVALID: list[tuple[dict[str, Any], int, str]] = [
    ({"handle": None}, 1, "handle is needed"),
    ({"handle": "a b"}, 1, "handle must be"),
    ({"handle": 7}, 1, "handle must be text"),
    ({"handle": "x" * 256}, 1, "handle must be"),
    ({"order_lines": []}, 54, "1 to 1,000 lines"),
    ({"order_lines": None}, 54, "1 to 1,000 lines"),
    ({"order_lines": LINES * 501}, 1, "1 to 1,000 lines"),
    ({"order_lines": "x"}, 1, "order_lines must be a list of objects"),
    ({"order_lines": [3]}, 1, "order_lines must be a list of objects"),
    (line(ordertext=None), 1, "order_lines.0.ordertext is needed"),
    (line(amount=None), 1, "order_lines.0.amount is needed"),
    (line(ordertext=" "), 1, "order_lines.0.ordertext must have"),
    (line(ordertext=["A"]), 1, "order_lines.0.ordertext must be text"),
    (line(amount=1.5), 1, "order_lines.0.amount must be a whole number"),
    (line(amount=True), 1, "order_lines.0.amount must be a whole number"),
    (line(amount=2**53), 1, "order_lines.0.amount is 9007199254740992"),
    (line(quantity=0), 1, "order_lines.0.quantity must"),
    (line(vat=25), 1, "order_lines.0.vat must be a fraction"),
    (line(vat="x"), 1, "order_lines.0.vat must be a number"),
    (line(vat=0.1234567), 1, "order_lines.0.vat must"),
    (line(quantity=1.5), 1, "order_lines.0.quantity must be a whole number"),
    (line(amount=-1), 1, "must not be negative"),
    ({"order_lines": [*LINES, {**LINES[0], "amount_incl_vat": False}]}, 1, "VAT"),
    ({"currency": "EURO"}, 1, "currency must be"),
    ({"metadata": []}, 1, "metadata must be an object"),
    ({"metadata": {"a": "x" * 17_000}}, 1, "metadata must be at most"),
    ({"billing_address": "x"}, 1, "billing_address must be an object"),
    ({"billing_address": {"country": "XX"}}, 1, "billing_address.country must be"),
    ({"billing_address": {"phone": 31}}, 1, "billing_address.phone must be text"),
    ({"billing_address": {"vat": 5}}, 1, "billing_address.vat must be text"),
    ({"shipping_address": {"vat": 5}}, 1, "shipping_address.vat must be text"),
    ({"shipping_address": {"attention": "\x00"}}, 1, "shipping_address.attention contains"),
    ({"settle": {}}, 76, "payment method"),
    ({"settle": {"payment_method": "auto"}}, 40, "no active payment method"),
    ({"settle": {"payment_method": "nothing"}}, 40, "no active payment method"),
    ({"settle": {"payment_method": 3}}, 1, "settle.payment_method must be text"),
    ({"settle": {"payment_method": "auto", "due": "2030-01-01"}}, 1, "settle.due is not possible"),
    ({"settle": {}, **transfer()}, 1, "not both"),
    (transfer(method="barter"), 1, "manual_transfer.method must be one of cash"),
    (transfer(payment_date=None), 1, "manual_transfer.payment_date is needed"),
    (transfer(payment_date="soon"), 1, "manual_transfer.payment_date must be"),
    (transfer(payment_date="2199-01-01"), 1, "must not be in the future"),
]


def test_what_cannot_be_made_is_refused_and_nothing_is_made(door: Door, shop: Client) -> None:
    for values, code, words in INVALID:
        message = refused(door, code, 404 if code == 40 else 400, CREATE, {**asked(), **values})
        assert words in message, (values, message)
    assert count(shop) == 0


def test_a_handle_is_taken_once_and_never_answered_again(door: Door, shop: Client) -> None:
    door.post(CREATE, asked())
    refused(door, 11, 400, CREATE, asked())
    assert count(shop) == 1


def test_only_known_customers_are_invoiced(door: Door, shop: Client) -> None:
    for handle in ("bob", "customer-1", "%00", "a%20b", "x" * 256):
        found, told = door.refused("POST", f"/v1/customer/{handle}/invoice", asked())
        assert (found, told["code"]) == (404, 9)
    neighbour = Door(shop, basic(str(shop.neighbour().token)))
    refused(neighbour, 9, 404, CREATE, asked())


def test_invoices_that_are_not_there(door: Door, shop: Client) -> None:
    door.post(CREATE, asked())
    note = door.post("/v1/invoice/i-1/cancel")["credit_notes"][0]["id"]
    neighbour = Door(shop, basic(str(shop.neighbour().token)))
    for somebody, id in ((door, "i-2"), (door, note), (neighbour, "i-1"), (door, "x" * 150)):
        refused(somebody, 31, 404, f"/v1/invoice/{id}", method="GET")
        for verb, body in (
            ("settle", {"payment_method": "auto"}),
            ("manual_settle", TRANSFER),
            ("cancel", None),
        ):
            refused(somebody, 31, 404, f"/v1/invoice/{id}/{verb}", body)
        refused(somebody, 31, 404, "/v1/refund", {"invoice": id})
    for somebody, id in ((door, "i-1"), (neighbour, note), (door, "nothing")):
        refused(somebody, 8, 404, f"/v1/credit_note/{id}", method="GET")
    for id in ("%00", "x" * 300):
        assert door.refused("GET", f"/v1/invoice/{id}")[1]["code"] == 31


def test_a_method_is_needed_to_settle(door: Door) -> None:
    door.post(CREATE, asked())
    path = "/v1/invoice/i-1/settle"
    refused(door, 76, 400, path)
    refused(door, 76, 400, path, {})
    refused(door, 40, 404, path, {"payment_method": "auto"})


def test_the_key_is_the_user_name_and_there_is_no_password(shop: Client) -> None:
    token = str(shop.token)
    wrong: list[dict[str, Any]] = [
        {},
        {"authorization": f"Bearer {token}"},
        {"authorization": "Basic"},
        {"authorization": "Basic !"},
        {"authorization": b"Basic \xff"},
        {"authorization": f"Basic {base64.b64encode(b'no-colon').decode()}"},
        {"authorization": f"Basic {base64.b64encode(bytes([255, 58])).decode()}"},
        basic(token, "password"),
        basic("wrong"),
        basic(""),
    ]
    for headers in wrong:
        answer = Door(shop, headers).ask("POST", CREATE, {})
        assert (answer.status_code, answer.json()["code"]) == (401, 6)
        assert answer.headers["www-authenticate"].startswith("Basic realm=")
    assert count(shop) == 0


def test_a_key_needs_its_scopes_before_anything_is_made(shop: Client) -> None:
    show = (Scope.INVOICES_READ, Scope.CUSTOMERS_READ)
    for scopes, lacking in (
        ((Scope.INVOICES_WRITE,), "invoices:read"),
        ((Scope.INVOICES_WRITE, Scope.INVOICES_READ), "customers:read"),
        (show, "invoices:write"),
        ((*show, Scope.INVOICES_WRITE), "payments:write"),
    ):
        door = Door(shop, basic(str(shop.limited_to(*scopes).token)))
        assert lacking in refused(door, 7, 403, CREATE, asked(manual_transfer=TRANSFER))
    assert count(shop) == 0


def test_what_http_itself_refuses_is_told_in_the_same_form(door: Door) -> None:
    json = {"content-type": "application/json"}
    for body in (b"", b"{", b"[]", b"3", b"\xff", b"[" * 10_000):
        refused(door, 1, 400, CREATE, content=body, headers=json)
    refused(door, 1, 413, CREATE, content=b"[" * 100_000, headers=json)
    refused(door, 1, 413, CREATE, content=b'{"handle": "' + b"x" * MAX_BODY + b'"}', headers=json)
    refused(door, 1, 415, CREATE, content=b"{}", headers={"content-type": "text/plain"})
    refused(door, 1, 415, "/v1/invoice/i-1/settle", content=b"x=1", headers={"content-type": "text/plain"})
    refused(door, 1, 405, CREATE, method="GET")
    assert door.ask("DELETE", "/v1/invoice/i-1").headers["allow"] == "GET, HEAD"
    for path in ("/v1/customer/ann", "/v1/invoice/i-1/burn", "/v1/invoice/", "/v1/credit_note/a/b"):
        refused(door, 8, 404, path)


def test_our_own_faults_are_in_the_log_under_the_requests_id(door: Door, shop: Client) -> None:
    with without_table(shop, "number_series"), structlog.testing.capture_logs() as logged:
        status, told = door.refused("POST", CREATE, asked())
    assert (status, told["code"], told["error"]) == (500, 2, "Internal error")
    (entry,) = [entry for entry in logged if entry["event"] == "request failed"]
    assert entry["request_id"] == told["request_id"]
    assert "number_series" not in told["message"]


def test_a_customers_own_session_reads_what_is_theirs(door: Door, shop: Client) -> None:
    door.post(CREATE, asked())
    factories.customer(shop.database, shop.principal, id="customer-2", handle="bob")
    tokens = [
        shop.database.write(
            sessions.create_customer_session, shop.principal, customer_id=id, now=datetime.now(UTC)
        )[1]
        for id in ("customer-1", "customer-2")
    ]
    hers, his = (Door(shop, basic(token)) for token in tokens)
    assert hers.get("/v1/invoice/i-1") == door.get("/v1/invoice/i-1")
    door.post(CREATE, asked("i-3", metadata={"risk": "high"}, manual_transfer=TRANSFER))
    sellers, shown = door.get("/v1/invoice/i-3"), hers.get("/v1/invoice/i-3")
    assert sellers["metadata"] == {"risk": "high"}
    assert sellers["transactions"][0]["manual_transaction"]["comment"] == "By giro"
    sellers["metadata"], sellers["transactions"][0]["manual_transaction"]["comment"] = {}, None
    assert shown == sellers
    refused(his, 31, 404, "/v1/invoice/i-1", method="GET")
    for path, body in (
        (CREATE, asked("i-2")),
        ("/v1/invoice/i-1/cancel", None),
        ("/v1/refund", {"invoice": "i-1"}),
    ):
        refused(hers, 7, 403, path, body)
