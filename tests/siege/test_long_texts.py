"""Huge texts in every place where a caller may write one: little of them comes back, is logged or counted."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from invoicing.storage.database import Database
from server.logs import with_request_id
from tests.support import factories
from tests.support.client import (
    CREATE_CUSTOMER,
    CREATE_INVOICE,
    CREATE_ORDER,
    INVOICE_ITEMS,
    INVOICE_ORDER,
    RECORD,
    SETTLE,
    Client,
    client,
)
from tests.support.rest_door import basic

SIZE = 290_000
MOST_ANSWERED = 3_000  # bytes: a few errors with 200 characters of the text in each
NAME, TEXT = "NAME", "TEXT"

DOCUMENTS: Mapping[str, str] = {
    "field": "{ NAME }",
    "inner field": "{ account { NAME } }",
    "alias": "{ NAME: account { id } }",
    "argument": '{ order(NAME: "1") { id } }',
    "enum": "{ orders(sort: NAME) { totalCount } }",
    "input field": '{ orders(filter: {NAME: "1"}) { totalCount } }',
    "type": "query ($x: NAME) { account { id } }",
    "variable": "query ($NAME: Int) { account { id } }",
    "variable of no type": "query { order(id: $NAME) { id } }",
    "required variable": "query ($NAME: String!) { order(id: $NAME) { id } }",
    "directive": "{ account @NAME { id } }",
    "spread": "{ account { ...NAME } }",
    "fragment": "fragment NAME on Account { id } { account { id } }",
    "type condition": "{ account { ... on NAME { id } } }",
    "operation that fails": "query NAME { order(id: 7) { id } }",
    "two operations of a name": "query NAME { account { id } } query NAME { account { id } }",
    "token": "{ account { id } } NAME",
    "id in the document": '{ order(id: "TEXT") { id } }',
    "number in the document": '{ orders(first: "TEXT") { totalCount } }',
    "search in the document": '{ orders(search: "TEXT") { totalCount } }',
    "enum as text": '{ orders(sort: "TEXT") { totalCount } }',
    "cursor in the document": '{ orders(after: "TEXT") { totalCount } }',
    "operator": '{ account { id } } "TEXT"',
    "number": "{ orders(first: 1NAME) { totalCount } }",
}
LOOKS_UP = "query ($x: String!) { %s(id: $x) { id } }"
LISTS = "query ($x: String) { %s { totalCount } }"
VARIABLES: Mapping[str, tuple[str, Any]] = {
    **{noun: (LOOKS_UP % noun, TEXT) for noun in ("order", "invoice", "customer")},
    "search": (LISTS % "orders(search: $x)", TEXT),
    "cursor": (LISTS % "orders(after: $x)", TEXT),
    "whole number": ("query ($x: Int) { orders(first: $x) { totalCount } }", TEXT),
    "filter": ("query ($x: OrderFilter) { orders(filter: $x) { totalCount } }", {"created_from": TEXT}),
    "unknown filter": ("query ($x: OrderFilter) { orders(filter: $x) { totalCount } }", {TEXT: 1}),
    "customer's id": (CREATE_CUSTOMER, {"id": TEXT, "name": "Ann"}),
    "customer's handle": (CREATE_CUSTOMER, {"handle": TEXT, "name": "Ann"}),
    "customer's name": (CREATE_CUSTOMER, {"name": TEXT}),
    "customer's key": (CREATE_CUSTOMER, {"name": "Ann", "idempotency_key": TEXT}),
    "customer's VAT number": (CREATE_CUSTOMER, {"name": "Ann", "vat_number": TEXT}),
    "customer's e-mail": (CREATE_CUSTOMER, {"name": "Ann", "email": TEXT}),
    "customer's locale": (CREATE_CUSTOMER, {"name": "Ann", "locale": TEXT}),
    "customer's country": (CREATE_CUSTOMER, {"name": "Ann", "billing_address": {"country_code": TEXT}}),
    "customer's metadata": (CREATE_CUSTOMER, {"name": "Ann", "metadata": {TEXT: TEXT}}),
    "order's customer": (CREATE_ORDER, {"customer_id": TEXT, "items": [factories.item()]}),
    "order's currency": (CREATE_ORDER, {"billing_name": "A", "currency": TEXT, "items": [factories.item()]}),
    "item's id": (CREATE_ORDER, {"billing_name": "A", "items": [factories.item(id=TEXT)]}),
    "item's type": (CREATE_ORDER, {"billing_name": "A", "items": [factories.item(type=TEXT)]}),
    "item's quantity": (CREATE_ORDER, {"billing_name": "A", "items": [factories.item(quantity=TEXT)]}),
    "item's price": (CREATE_ORDER, {"billing_name": "A", "items": [factories.item(unit_price=TEXT)]}),
    "item's rate": (CREATE_ORDER, {"billing_name": "A", "items": [factories.item(vat_rate=TEXT)]}),
    "item's unknown field": (CREATE_ORDER, {"billing_name": "A", "items": [factories.item(**{TEXT: 1})]}),
    "invoiced items": (INVOICE_ITEMS, {"items": [TEXT]}),
    "invoiced order": (INVOICE_ORDER, {"order_id": TEXT}),
    "invoice's id": (INVOICE_ORDER, {"order_id": "known", "invoice_id": TEXT}),
    "invoice's due date": (INVOICE_ORDER, {"order_id": "known", "due_on": TEXT}),
    "one-time invoice": (
        CREATE_INVOICE,
        {"handle": TEXT, "customer_handle": "ann", "order_lines": [factories.order_line()]},
    ),
    "payment's method": (RECORD, {"order_id": "known", "amount": 1, "method": TEXT}),
    "payment's comment": (
        RECORD,
        {"order_id": "known", "amount": 1, "method": "CASH", "comment": TEXT, "idempotency_key": TEXT},
    ),
    "settled invoice": (SETTLE, {"invoice_id": TEXT, "payment_method": TEXT}),
    "a text instead of an object": (CREATE_ORDER, TEXT),
}
LINES = [{"ordertext": "Advice", "amount": 1, "vat": 0, "quantity": 1}]
REST: Mapping[str, tuple[str, str, Any]] = {
    "customer": ("POST", "/v1/customer/NAME/invoice", {"handle": "1", "order_lines": LINES}),
    "handle": ("POST", "/v1/customer/ann/invoice", {"handle": TEXT, "order_lines": LINES}),
    "key": ("POST", "/v1/customer/ann/invoice", {"handle": "1", "key": TEXT, "order_lines": LINES}),
    "currency": ("POST", "/v1/customer/ann/invoice", {"handle": "1", "currency": TEXT, "order_lines": LINES}),
    "amount": ("POST", "/v1/customer/ann/invoice", {"handle": "1", "order_lines": [{"amount": TEXT}]}),
    "invoice": ("GET", "/v1/invoice/NAME", None),
    "credit note": ("GET", "/v1/credit_note/NAME", None),
    "unknown path": ("GET", "/v1/invoice/x/NAME", None),
    "refund": ("POST", "/v1/refund", {"invoice": TEXT}),
    "settle": ("POST", "/v1/invoice/x/settle", {"key": TEXT, "payment_method": TEXT}),
    "order's invoices": ("POST", "/orders/NAME/invoices", {}),
    "order": ("GET", "/v1/orders/NAME", None),
    "order's invoice": ("GET", "/v1/orders/NAME/invoice", None),
    "list": ("GET", "/v1/orders/?sorting=NAME&customer_id=NAME&page=NAME&limit=NAME", None),
    "session": ("POST", "/v1/customer-sessions/", {"customer_id": TEXT}),
    "session's external customer": ("POST", "/v1/customer-sessions/", {"external_customer_id": TEXT}),
    "nowhere": ("GET", "/NAME", None),
    "document": ("GET", "/documents/NAME/NAME.pdf", None),
}

UNITS = st.one_of(
    st.sampled_from(["x", "é", "' ", "“", "\" Did you mean 'x'", "” and “", "a\n", "\u202e", "9", "."]),
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=8),
)
tried = settings(
    derandomize=True,
    max_examples=3,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture
def shop(fresh_sqlite: Any, tmp_path: Path) -> Any:
    with fresh_sqlite() as url:
        database = Database(url)
        shop = client(database, tmp_path, introspection=False)
        factories.customer(database, shop.principal, id="ann", handle="ann")
        factories.order(database, shop.principal, id="known", customer_id="ann")
        yield shop
        database.close()


@pytest.mark.parametrize("place", [place for place, document in DOCUMENTS.items() if NAME in document])
def test_a_huge_name_in_a_document_is_not_sent_back(shop: Client, place: str) -> None:
    query = DOCUMENTS[place].replace(NAME, "n" * SIZE)
    send(shop, {"path": "/graphql", "json": {"query": query}}, "n" * SIZE)


@pytest.mark.parametrize("place", [place for place, document in DOCUMENTS.items() if TEXT in document])
@tried
@given(unit=UNITS)
def test_a_huge_text_in_a_document_is_not_sent_back(shop: Client, place: str, unit: str) -> None:
    text = json.dumps(huge(unit), ensure_ascii=False)[1:-1]
    send(shop, {"path": "/graphql", "json": {"query": DOCUMENTS[place].replace(TEXT, text)}}, text)


@pytest.mark.parametrize("place", VARIABLES)
@tried
@given(unit=UNITS)
def test_a_huge_text_in_a_variable_is_not_sent_back(shop: Client, place: str, unit: str) -> None:
    document, value = VARIABLES[place]
    text = huge(unit)
    name = "input" if "$input" in document else "x"
    send(shop, {"path": "/graphql", "json": {"query": document, "variables": {name: put(value, text)}}}, text)


@pytest.mark.parametrize("place", REST)
@tried
@given(unit=UNITS)
def test_a_huge_text_in_a_rest_call_is_not_sent_back(shop: Client, place: str, unit: str) -> None:
    method, path, body = REST[place]
    text = "n" * SIZE if NAME in path else huge(unit)
    request = {
        "method": method,
        "path": path.replace(NAME, "n" * 15_000),  # a URL has 65,536 characters at most
        **({} if body is None else {"json": put(body, text)}),
        "headers": basic(str(shop.token)) if path.startswith(REEPAY) else {},
    }
    send(shop, request, text)


@pytest.mark.parametrize("accept", ["application/json", "text/event-stream"])
def test_a_huge_name_of_an_operation_that_is_not_there_is_not_sent_back(shop: Client, accept: str) -> None:
    body = {"query": "query A { account { id } } query B { account { id } }", "operationName": "n" * SIZE}
    send(shop, {"path": "/graphql", "json": body, "headers": {"accept": accept}}, "n" * SIZE)


def test_names_of_operations_do_not_fill_the_metrics(shop: Client) -> None:
    for number in range(5):
        shop.ask(f"query n{number}{'x' * SIZE} {{ account {{ id }} }}")
    metrics = shop.request("GET", "/metrics").text
    assert f'operation="n4{"x" * 97}…"' in metrics
    assert len(metrics) < 100_000


REEPAY = ("/v1/customer/", "/v1/invoice", "/v1/credit_note", "/v1/refund")


def huge(unit: str) -> str:
    return (unit * (SIZE // len(unit.encode()) + 1))[:SIZE]


def put(value: Any, text: str) -> Any:
    """The value with the text wherever TEXT stands."""
    if isinstance(value, dict):
        return {put(name, text): put(inner, text) for name, inner in value.items()}
    if isinstance(value, list):
        return [put(inner, text) for inner in value]
    return text if value == TEXT else value


def send(shop: Client, request: dict[str, Any], text: str) -> None:
    with capture_logs([with_request_id]) as logs:
        answer = shop.request(**{"method": "POST", **request})
    assert answer.status_code != 500, answer.text[:2_000]
    assert len(answer.content) < MOST_ANSWERED, answer.text[:2_000]
    assert text[:300] not in answer.text
    assert len(str(logs)) < MOST_ANSWERED
