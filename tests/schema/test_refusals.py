"""Every refusal on the wire: its code, the field at fault, the ids; and nothing of our own failures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from invoicing.access import Scope
from invoicing.storage.database import Database
from tests.support import factories
from tests.support.client import (
    CREATE_CUSTOMER,
    CREATE_ORDER,
    INVOICE_ITEMS,
    INVOICE_ORDER,
    SHIP,
    Client,
    client,
    errors,
)
from tests.support.factories import item

MAX_AMOUNT = 2**53 - 1
UPDATE_ACCOUNT = "mutation ($input: UpdateAccountInput!) { updateAccount(input: $input) { account { id } } }"
RETRY = "mutation ($input: RetryInvoicePdfInput!) { retryInvoicePdf(input: $input) { invoice { id } } }"


@pytest.fixture
def shop(database: Database, tmp_path: Path) -> Client:
    return client(database, tmp_path)


@pytest.fixture
def stocked(shop: Client, database: Database) -> Client:
    """Orders of every kind, one of them invoiced, one shipped."""
    for id in ("ann", "bob"):
        factories.customer(database, shop.principal, id=id, handle=f"{id}-1")

    def order(*ids: str, **values: Any) -> None:
        given = {"customer_id": "ann", **values}
        price = given.pop("price", 100)
        items = [item(id=id, unit_price=price) for id in ids]
        factories.order(database, shop.principal, id=f"o-{ids[0]}", items=items, **given)

    order("a1", "a2", "a3")
    order("b1", customer_id="bob")
    order("usd", currency="USD")
    order("net", is_including_vat=False)
    order("w1", invoice_after_shipment=True)
    order("large1", price=MAX_AMOUNT)
    order("large2", price=MAX_AMOUNT)
    order("done")
    shop.ask(INVOICE_ITEMS, input={"items": ["a3"], "invoice_id": "v"})
    shop.ask(SHIP, input={"order_id": "o-done", "items": [{"item_id": "done"}]})
    shop.ask(INVOICE_ORDER, input={"order_id": "o-done"})
    return shop


LINE = {"name": "Mug", "quantity": 1, "unit_price": 1}
ORDER = {"billing_name": "Ann", "items": [LINE]}
REFUSED: list[tuple[str, Any, str, str | None, list[str]]] = [
    (INVOICE_ITEMS, {"items": []}, "NO_ITEMS", "items", []),
    (INVOICE_ITEMS, {"items": ["a1", "a1"]}, "DUPLICATE_ITEM", "items", ["a1"]),
    (INVOICE_ITEMS, {"items": ["a1", "no"]}, "ITEM_NOT_FOUND", "items", ["no"]),
    (INVOICE_ITEMS, {"items": ["a1", "a3"]}, "ITEM_ALREADY_INVOICED", "items", ["a3"]),
    (INVOICE_ITEMS, {"items": ["a1", "w1"]}, "ITEM_NOT_SHIPPED", "items", ["w1"]),
    (INVOICE_ITEMS, {"items": ["a1", "b1"]}, "MIXED_CUSTOMERS", "items", ["b1"]),
    (INVOICE_ITEMS, {"items": ["a1", "usd"]}, "MIXED_CURRENCIES", "items", ["usd"]),
    (INVOICE_ITEMS, {"items": ["a1", "net"]}, "MIXED_VAT_MODES", "items", ["net"]),
    (INVOICE_ITEMS, {"items": ["a1"], "invoice_id": "v"}, "INVOICE_ID_REUSED", "invoice_id", ["v"]),
    (INVOICE_ITEMS, {"items": ["a1"], "invoice_id": "é"}, "MALFORMED_ID", "invoice_id", ["é"]),
    (INVOICE_ITEMS, {"items": ["a1", "a b"]}, "MALFORMED_ID", "items.1", ["a b"]),
    (INVOICE_ITEMS, {"items": ["x"] * 5_001}, "TOO_MANY_ITEMS", "items", []),
    (INVOICE_ITEMS, {"items": ["large1", "large2"]}, "AMOUNT_TOO_LARGE", "items", []),
    (INVOICE_ORDER, {"order_id": "o-done"}, "NOTHING_TO_INVOICE", "order_id", ["o-done"]),
    (INVOICE_ORDER, {"order_id": "no"}, "NOT_FOUND", "order_id", ["no"]),
    (SHIP, {"order_id": "no", "items": [{"item_id": "a1"}]}, "NOT_FOUND", "order_id", ["no"]),
    (RETRY, {"invoice_id": "no"}, "NOT_FOUND", "invoice_id", ["no"]),
    (
        SHIP,
        {"order_id": "o-done", "items": [{"item_id": "done"}]},
        "ITEM_ALREADY_SHIPPED",
        "items",
        ["done"],
    ),
    (SHIP, {"order_id": "o-a1", "items": []}, "NO_ITEMS", "items", []),
    (SHIP, {"order_id": "o-a1", "items": [{"item_id": "b1"}]}, "ITEM_NOT_FOUND", "items", ["b1"]),
    (SHIP, {"order_id": "o-a1", "items": [{"item_id": "a1"}] * 2}, "DUPLICATE_ITEM", "items", ["a1"]),
    (
        SHIP,
        {"order_id": "o-a1", "items": [{"item_id": "a1", "quantity": 2}]},
        "VALIDATION_ERROR",
        "items.0.quantity",
        ["a1"],
    ),
    (CREATE_ORDER, {**ORDER, "id": "o-a1"}, "DUPLICATE_ID", "id", ["o-a1"]),
    (CREATE_ORDER, {**ORDER, "items": [{**LINE, "id": "a1"}]}, "DUPLICATE_ID", "items", ["a1"]),
    (CREATE_ORDER, {**ORDER, "items": []}, "NO_ITEMS", "items", []),
    (CREATE_ORDER, {**ORDER, "items": [LINE] * 5_001}, "TOO_MANY_ITEMS", "items", []),
    (CREATE_ORDER, {"items": [LINE]}, "VALIDATION_ERROR", "billing_name", []),
    (CREATE_ORDER, {"items": [LINE], "customer_id": "no"}, "CUSTOMER_NOT_FOUND", "customer_id", ["no"]),
    (
        CREATE_ORDER,
        {**ORDER, "items": [LINE, {**LINE, "quantity": 0}]},
        "VALIDATION_ERROR",
        "items.1.quantity",
        [],
    ),
    (
        CREATE_ORDER,
        {**ORDER, "items": [{**LINE, "quantity": 2, "unit_price": MAX_AMOUNT}]},
        "AMOUNT_TOO_LARGE",
        "items.0.unit_price",
        [],
    ),
    (CREATE_ORDER, {**ORDER, "metadata": {"a": "x" * 20_000}}, "VALIDATION_ERROR", "metadata", []),
    (CREATE_ORDER, {**ORDER, "currency": "DOGE"}, "VALIDATION_ERROR", "currency", []),
    (CREATE_CUSTOMER, {"name": "Ann", "id": "ann"}, "DUPLICATE_ID", "id", ["ann"]),
    (CREATE_CUSTOMER, {"name": "Ann", "handle": "ann-1"}, "DUPLICATE_HANDLE", "handle", ["ann"]),
    (CREATE_CUSTOMER, {"name": "Ann", "email": "ann"}, "VALIDATION_ERROR", "email", []),
    (UPDATE_ACCOUNT, {"address": None}, "VALIDATION_ERROR", "address", []),
    (UPDATE_ACCOUNT, {"credit_number_format": "INV-{year}-{seq}"}, "VALIDATION_ERROR", None, []),
]


def test_a_refusal_names_its_reason_the_field_and_the_ids(stocked: Client) -> None:
    for mutation, given, code, field, ids in REFUSED:
        refusal = stocked.refused(mutation, input=given)
        if field is not None:
            assert (refusal.code, refusal.field, refusal.ids) == (code, field, ids), refusal
        assert refusal.code == code
        assert refusal.path is not None
        assert refusal.message


def test_a_number_that_is_taken_is_told(shop: Client, database: Database) -> None:
    for id in ("a", "b"):
        factories.order(database, shop.principal, id=id)
    number = shop.ask(INVOICE_ORDER, input={"order_id": "a"})["invoiceOrder"]["invoice"]["number"]
    shop.ask(UPDATE_ACCOUNT, input={"invoice_number_format": number.replace("00001", "{seq:05d}")})
    refusal = shop.refused(INVOICE_ORDER, input={"order_id": "b"})
    assert (refusal.code, refusal.ids) == ("NUMBER_TAKEN", [number])


def test_money_that_is_no_whole_number_within_bounds_is_refused(shop: Client) -> None:
    values: list[Any] = [1.5, 1.0, "1", True, 2**53, -(2**53), 2**63, 1e30, [1], {}]
    for value in values:
        given = {**ORDER, "items": [{**LINE, "discount": value}]}
        refusal = shop.refused(CREATE_ORDER, input=given)
        assert (refusal.code, refusal.field) == ("VALIDATION_ERROR", "items.0.discount")
        assert "Money" in refusal.message


def test_what_the_document_or_its_values_did_wrong_is_told(shop: Client) -> None:
    for query, variables, code, field in (
        ("{ order(id: }", {}, "GRAPHQL_PARSE_FAILED", None),
        ("{ nothing }", {}, "GRAPHQL_VALIDATION_FAILED", None),
        ("{ order { id } }", {}, "GRAPHQL_VALIDATION_FAILED", None),
        ("query ($id: Int!) { order(id: $id) { id } }", {"id": 1}, "GRAPHQL_VALIDATION_FAILED", None),
        ("query ($id: String!) { order(id: $id) { id } }", {}, "VALIDATION_ERROR", "id"),
        ("query ($n: Int) { orders(first: $n) { totalCount } }", {"n": "x"}, "VALIDATION_ERROR", "n"),
        (CREATE_ORDER, {"input": {"items": [{}]}}, "VALIDATION_ERROR", "items.0"),
        (
            "query ($f: OrderFilter) { orders(filter: $f) { totalCount } }",
            {"f": {"created_from": "2025-01-01T00:00:00"}},
            "VALIDATION_ERROR",
            "created_from",
        ),
    ):
        refusal = shop.errors(query, **variables)[0]
        assert (refusal.code, refusal.field) == (code, field), refusal


def test_bad_windows_and_cursors_are_told(shop: Client) -> None:
    for arguments, field in (
        ("first: 101", "first"),
        ("first: -1", "first"),
        ("last: 101", "last"),
        ("first: 1, last: 1", "last"),
        ('after: "x"', "after"),
        ('before: "x"', "before"),
    ):
        for name in ("orders", "invoices", "customers"):
            refusal = shop.refused(f"{{ {name}({arguments}) {{ totalCount }} }}")
            assert (refusal.code, refusal.field) == ("VALIDATION_ERROR", field)


def test_a_character_that_no_text_holds_is_no_failure_of_ours(shop: Client) -> None:
    for query in (
        "query ($x: String!) { order(id: $x) { id } }",
        "query ($x: String!) { customer(handle: $x) { id } }",
        "query ($x: String!) { invoice(id: $x) { id } }",
        "query ($x: String!) { orders(filter: {search: $x}) { totalCount } }",
        "mutation ($x: String!) { updateOrder(input: {id: $x}) { order { id } } }",
        "mutation ($x: String!) { revokeApiKey(input: {id: $x}) { api_key { id } } }",
    ):
        refusal = shop.refused(query, x="a\x00b")
        assert refusal.code in ("NOT_FOUND", "CUSTOMER_NOT_FOUND", "VALIDATION_ERROR")


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ('query ($x: String = "v") { invoice(id: $x) { id } }', "id"),
        ('query ($x: String = "S") { orders(filter: {search: $x}) { totalCount } }', None),
        ('query ($x: ID = "v") { nodes(ids: [$x]) { node_id } }', "0"),
        (
            'mutation ($x: String = "v") { retryInvoicePdf(input: {invoice_id: $x}) { invoice { id } } }',
            "invoice_id",
        ),
    ],
)
def test_null_where_a_default_was_expected_is_the_callers_mistake(
    shop: Client, query: str, field: str | None
) -> None:
    """GraphQL's rules let such a document pass: that null was sent only shows when the field is executed."""
    for _ in range(3):  # also by its plan
        with capture_logs() as logs:
            if field is None:
                assert shop.ask(query, x=None)
                continue
            refusal = shop.refused(query, x=None)
        assert (refusal.code, refusal.field) == ("VALIDATION_ERROR", field)
        assert "$x" in refusal.message
        assert [entry for entry in logs if entry["log_level"] == "error"] == []


@pytest.mark.parametrize(
    ("table", "query"),
    [
        ("documents", "{ invoices { nodes { pdf_url } } }"),
        ("number_series", 'mutation { invoiceItems(input: {items: ["a"]}) { invoice { id } } }'),
    ],
)
def test_a_failure_of_ours_shows_a_request_id_and_nothing_of_itself(
    shop: Client, database: Database, table: str, query: str
) -> None:
    factories.order(database, shop.principal, items=[item(id="a")])
    database.write(lambda connection: connection.execute(text(f"DROP TABLE {table}")))
    with capture_logs() as logs:
        answer = shop.post(query)
    (error,) = answer.json()["errors"]
    request_id = answer.headers["x-request-id"]
    assert error["extensions"] == {"code": "INTERNAL_SERVER_ERROR", "request_id": request_id}
    assert error["message"] == f"Internal error; the log has it under the request id {request_id}."
    assert table not in answer.text
    (entry,) = [entry for entry in logs if entry["log_level"] == "error"]
    assert entry["request_id"] == request_id
    assert table in str(entry["exc_info"])
    assert database.read(lambda c: c.execute(text("SELECT count(*) FROM invoices")).scalar()) == 0


# What each key lacks, and what then is not shown.
NESTED = [
    (Scope.CUSTOMERS_READ, "{ orders { nodes { id customer { name } } } }"),
    (Scope.CUSTOMERS_READ, "{ invoices { nodes { id customer { name } } } }"),
    (Scope.ORDERS_READ, "{ invoices { nodes { id orders { id } } } }"),
    (Scope.INVOICES_READ, "{ orders { nodes { id invoices { id } } } }"),
    (Scope.INVOICES_READ, "{ orders { nodes { id items { invoice { id } } } } }"),
    (Scope.ORDERS_READ, '{ invoicePreview(input: {items: ["a"]}) { total orders { id } } }'),
    (Scope.CUSTOMERS_READ, 'mutation { updateOrder(input: {id: "o"}) { order { customer { name } } } }'),
    (Scope.ORDERS_READ, 'mutation { invoiceItems(input: {items: ["a"]}) { invoice { orders { id } } } }'),
]


@pytest.mark.parametrize(("lacking", "query"), NESTED)
def test_a_nested_field_needs_its_own_scope(
    shop: Client, database: Database, lacking: Scope, query: str
) -> None:
    factories.customer(database, shop.principal, id="ann", name="Secret Name")
    given = [item(id="a"), item(id="b")]
    factories.order(database, shop.principal, id="o", customer_id="ann", items=given)
    shop.ask(INVOICE_ITEMS, input={"items": ["b"]})
    answer = shop.limited_to(*(set(Scope) - {lacking})).post(query)
    refusals = errors(answer)
    assert {(refusal.code, *refusal.ids) for refusal in refusals} == {("FORBIDDEN", lacking)}
    assert f"lacks the scope {lacking}." in refusals[0].message
    assert "Secret" not in answer.text
