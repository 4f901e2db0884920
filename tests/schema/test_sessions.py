"""A customer's own session shows what is theirs, lets them have it invoiced, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from invoicing.access import Scope
from invoicing.customers import sessions
from invoicing.storage.database import Database
from invoicing.storage.tables import customer_sessions
from schema import schema_under
from schema.execution.documents import Rules
from tests.schema.mutations.test_scopes import NEEDS, OF_SEVERAL_SCOPES
from tests.schema.test_tenants import NAMING
from tests.support import factories
from tests.support.client import INVOICE_ITEMS, INVOICE_ORDER, Client, client
from tests.support.factories import item

CREATE = """
mutation ($input: CreateCustomerSessionInput!) { createCustomerSession(input: $input) {
  token customer_session { id return_url expires_at created_at customer { id } }
} }
"""
ALL = """{
  customers { totalCount nodes { id } } orders { totalCount nodes { id invoices { id } } }
  invoices { totalCount nodes { id orders { id } customer { id } reimbursement { status } } }
}"""
UPDATE = "mutation ($input: UpdateOrderInput!) { updateOrder(input: $input) { order { billing_name } } }"


@pytest.fixture
def shop(database: Database, tmp_path: Path) -> Client:
    """Ann and Bob each have an open order and an invoiced one; a guest has one too."""
    shop = client(database, tmp_path)
    for name in ("ann", "bob"):
        factories.customer(database, shop.principal, id=name, handle=f"{name}-1")
        for order in ("open", "done"):
            items = [item(id=f"{name}-{order}-1")]
            factories.order(database, shop.principal, id=f"{name}-{order}", customer_id=name, items=items)
        shop.ask(INVOICE_ITEMS, input={"items": [f"{name}-done-1"], "invoice_id": f"{name}-invoice"})
    factories.order(database, shop.principal, id="guest")
    return shop


def entered(shop: Client, **given: Any) -> Client:
    made = shop.ask(CREATE, input={"customer_id": "ann", **given})["createCustomerSession"]
    return replace(shop, token=made["token"])


@pytest.fixture
def ann(shop: Client) -> Client:
    return entered(shop)


def test_a_session_is_made_for_a_customer_for_an_hour(shop: Client, database: Database) -> None:
    given = {"customer_handle": "ann-1", "return_url": "https://shop.example/me"}
    made = shop.ask(CREATE, input=given)["createCustomerSession"]
    session = made["customer_session"]
    assert (session["customer"]["id"], session["return_url"]) == ("ann", given["return_url"])
    began, ends = (datetime.fromisoformat(session[name]) for name in ("created_at", "expires_at"))
    assert ends - began == timedelta(hours=1)
    assert made["token"].startswith("inv_cs_")
    stored = database.read(lambda connection: connection.execute(select(customer_sessions)).mappings().one())
    assert made["token"] not in str(stored)


def test_it_shows_what_is_the_customers_and_nothing_else(ann: Client) -> None:
    found = ann.ask(ALL)
    assert found["customers"] == {"totalCount": 1, "nodes": [{"id": "ann"}]}
    assert {order["id"] for order in found["orders"]["nodes"]} == {"ann-open", "ann-done"}
    (invoice,) = found["invoices"]["nodes"]
    assert (invoice["id"], invoice["customer"], found["invoices"]["totalCount"]) == (
        "ann-invoice",
        {"id": "ann"},
        1,
    )
    assert ann.ask('{ order(id: "ann-done") { id items { invoice { id } } payments { id } } }')
    assert ann.ask('{ invoice(id: "ann-invoice") { id pdf_url } }')


@pytest.mark.parametrize(
    "query",
    [
        '{ order(id: "$-open") { id } }',
        '{ invoice(id: "$-invoice") { id } }',
        '{ customer(id: "$") { id } }',
        '{ customer(handle: "$-1") { id } }',
        '{ invoicePreview(input: {items: ["$-open-1"]}) { total } }',
        'mutation { invoiceOrder(input: {order_id: "$-open"}) { invoice { id } } }',
        'mutation { updateOrder(input: {id: "$-open", billing_name: "Me"}) { order { id } } }',
        '{ orders(filter: {customer_id: "$"}) { totalCount nodes { id } } }',
        '{ invoices(filter: {handle: "$-invoice"}) { totalCount nodes { id } } }',
    ],
)
def test_what_is_another_customers_is_not_there(ann: Client, query: str) -> None:
    bobs, nobodys = (ann.post(query.replace("$", name)).text.replace(name, "$") for name in ("bob", "nobody"))
    assert bobs == nobodys
    assert '"errors"' in bobs or '"totalCount":0' in bobs


def test_a_guests_order_is_nobodys(ann: Client) -> None:
    assert ann.refused('{ order(id: "guest") { id } }').code == "NOT_FOUND"


def test_an_item_of_ones_own_does_not_open_another(ann: Client) -> None:
    query = '{ invoicePreview(input: {items: ["ann-open-1", "bob-open-1"]}) { total } }'
    refusal = ann.refused(query)
    assert (refusal.code, refusal.ids) == ("ITEM_NOT_FOUND", ["bob-open-1"])


def test_a_customer_has_their_order_invoiced(ann: Client) -> None:
    made = ann.ask(INVOICE_ORDER, input={"order_id": "ann-open"})["invoiceOrder"]["invoice"]
    shown = ann.ask(f'{{ invoice(id: "{made["id"]}") {{ total created_by {{ id name type }} }} }}')
    assert shown["invoice"] == {
        "total": 1_210,
        "created_by": {"id": "ann", "name": "Ann Baker", "type": "customer"},
    }
    named = ann.refused(INVOICE_ORDER, input={"order_id": "ann-done", "invoice_id": "mine"})
    assert named.code == "FORBIDDEN"


def test_a_customer_corrects_where_an_order_is_invoiced_until_it_is(ann: Client) -> None:
    given = {"id": "ann-open", "billing_name": "Ann's firm", "billing_address": {"locality": "Delft"}}
    assert ann.ask(UPDATE, input=given)["updateOrder"]["order"]["billing_name"] == "Ann's firm"
    for field, value in (("number", "1"), ("metadata", {"a": 1})):
        beyond = ann.refused(UPDATE, input={**given, field: value})
        assert (beyond.code, beyond.field) == ("FORBIDDEN", field)
    late = ann.refused(UPDATE, input={**given, "id": "ann-done"})
    assert (late.code, late.ids) == ("ORDER_ALREADY_INVOICED", ["ann-done"])


def test_a_customer_changes_nothing_else(ann: Client) -> None:
    mutations = schema_under(Rules()).graphql_schema.mutation_type
    assert mutations
    operations = {name: asked[0] for name, asked in NAMING.items()}
    operations |= {
        mutation.partition("(")[0]: f"mutation {{ {mutation} }}" for mutation in (*NEEDS, *OF_SEVERAL_SCOPES)
    }
    for name in mutations.fields.keys() - {"updateOrder", "invoiceOrder"}:
        assert ann.refused(operations[name]).code == "FORBIDDEN", name


def test_a_customer_does_not_see_the_sellers_settings(ann: Client) -> None:
    assert ann.refused("{ account { name } }").ids == [Scope.ACCOUNT_READ]


def test_a_session_that_was_ended_opens_nothing(shop: Client) -> None:
    made = shop.ask(CREATE, input={"customer_id": "ann"})["createCustomerSession"]
    ann = replace(shop, token=made["token"])
    assert ann.post("{ orders { totalCount } }").status_code == 200
    session = made["customer_session"]["id"]
    end = (
        f'mutation {{ revokeCustomerSession(input: {{id: "{session}"}}) '
        "{ customer_session { revoked_at } } }"
    )
    first, again = (shop.ask(end) for _ in range(2))
    assert first == again
    answer = ann.post("{ orders { totalCount } }")
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (401, "UNAUTHORIZED")


def test_a_session_that_has_expired_opens_nothing(shop: Client, database: Database) -> None:
    long_ago = datetime.now(UTC) - timedelta(seconds=61)
    _, token = database.write(
        sessions.create_customer_session, shop.principal, customer_id="ann", seconds=60, now=long_ago
    )
    assert replace(shop, token=token).post("{ orders { totalCount } }").status_code == 401


@pytest.mark.parametrize(
    ("given", "code", "field"),
    [
        ({"customer_id": "nobody"}, "CUSTOMER_NOT_FOUND", "customer_id"),
        ({}, "VALIDATION_ERROR", "customer_id"),
        ({"customer_id": "ann", "expires_in_seconds": 0}, "VALIDATION_ERROR", "expires_in_seconds"),
        ({"customer_id": "ann", "expires_in_seconds": 604_801}, "VALIDATION_ERROR", "expires_in_seconds"),
        ({"customer_id": "ann", "return_url": "javascript:1"}, "VALIDATION_ERROR", "return_url"),
    ],
)
def test_a_session_that_cannot_be_is_refused(
    shop: Client, given: dict[str, Any], code: str, field: str
) -> None:
    refusal = shop.refused(CREATE, input=given)
    assert (refusal.code, refusal.field) == (code, field)
