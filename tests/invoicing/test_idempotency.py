"""The same request again under its key makes nothing: for orders and customers, also for twenty at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Table, func, select

from invoicing.access import Principal
from invoicing.audit.actions import AuditAction
from invoicing.customers import details
from invoicing.customers.values import UpdateCustomerValues
from invoicing.errors import IdempotencyKeyReused, InvoicingError, MalformedId, ValidationError
from invoicing.idempotency import fingerprint
from invoicing.orders import intake
from invoicing.orders.values import CreateOrderValues
from invoicing.storage.database import Database
from invoicing.storage.tables import customers, order_items, orders
from tests.invoicing.invoices.test_from_orders_concurrently import at_once
from tests.support import factories
from tests.support.audit_trail import actions_of, do
from tests.support.factories import NOW, item

CALLERS = 20
Create = Callable[..., Any]

ORDER: Mapping[str, Any] = {
    "billing_name": "Ann Baker",
    "billing_address": {"locality": "Delft", "country_code": "NL"},
    "meta": {"a": 1, "b": [2]},
    "items": [item(), item(sku="s")],
}
CUSTOMER: Mapping[str, Any] = {"name": "Ann Baker", "meta": {"a": 1, "b": [2]}}
CREATES: list[tuple[Create, Mapping[str, Any], Table]] = [
    (intake.create_order, ORDER, orders),
    (details.create_customer, CUSTOMER, customers),
]

each_creates = pytest.mark.parametrize(("create", "values", "table"), CREATES)


def count(database: Database, table: Table) -> int:
    found = database.read(lambda connection: connection.execute(select(func.count()).select_from(table)))
    return int(found.scalar_one())


@each_creates
def test_the_same_request_under_a_key_returns_what_it_made(
    database: Database, principal: Principal, create: Create, values: Mapping[str, Any], table: Table
) -> None:
    asked = {**values, "idempotency_key": "k"}
    first = database.write(create, principal, asked, now=NOW)
    respelled = {"id": None, **asked, "meta": {"b": [2], "a": 1}}
    assert database.write(create, principal, respelled, now=NOW + timedelta(days=9)) == first
    assert count(database, table) == 1


def test_what_is_null_in_an_item_might_as_well_be_left_out(database: Database, principal: Principal) -> None:
    made = [
        factories.order(database, principal, idempotency_key="k", items=[given])
        for given in (item(), item(sku=None, discount=None))
    ]
    assert made[0] == made[1]
    assert count(database, order_items) == 1


@each_creates
def test_it_is_returned_as_it_is_now(
    database: Database, principal: Principal, create: Create, values: Mapping[str, Any], table: Table
) -> None:
    asked = {**values, "idempotency_key": "k"}
    first = database.write(create, principal, asked, now=NOW)
    if table is orders:
        database.write(intake.update_order, principal, first.id, {"buyer_reference": "new"}, now=NOW)
    else:
        changes: UpdateCustomerValues = {"id": first.id, "buyer_reference": "new"}
        database.write(details.update_customer, principal, changes, now=NOW)
    again = database.write(create, principal, asked, now=NOW)
    assert (again.id, again.buyer_reference) == (first.id, "new")


@each_creates
@pytest.mark.parametrize(
    "change", [{"id": "mine"}, {"meta": {}}, {"billing_address": {"locality": "Delft"}}, {"locale": "nl"}]
)
def test_another_request_under_the_key_is_refused(
    database: Database,
    principal: Principal,
    create: Create,
    values: Mapping[str, Any],
    table: Table,
    change: dict[str, Any],
) -> None:
    database.write(create, principal, {**values, "idempotency_key": "k"}, now=NOW)
    with pytest.raises(IdempotencyKeyReused) as refusal:
        database.write(create, principal, {**values, **change, "idempotency_key": "k"}, now=NOW)
    assert (refusal.value.field, refusal.value.ids) == ("idempotency_key", ("k",))
    assert count(database, table) == 1


@each_creates
def test_another_key_another_account_or_none_makes_another(
    database: Database, principal: Principal, create: Create, values: Mapping[str, Any], table: Table
) -> None:
    other = factories.principal(database)
    for who, key in ((principal, "k"), (principal, "K"), (other, "k"), (principal, None), (principal, None)):
        database.write(create, who, {**values, "idempotency_key": key}, now=NOW)
    assert count(database, table) == 5


def test_a_key_is_the_orders_or_the_customers_own(database: Database, principal: Principal) -> None:
    factories.customer(database, principal, id="ann", idempotency_key="k")
    order = factories.order(database, principal, customer_id="ann", idempotency_key="k")
    assert (order.customer_id, order.idempotency_key) == ("ann", "k")


@each_creates
def test_what_was_refused_left_its_key_free(
    database: Database, principal: Principal, create: Create, values: Mapping[str, Any], table: Table
) -> None:
    asked = {**values, "idempotency_key": "k"}
    for refused in ({"id": "no id"}, {"meta": {"a": 2**70}}, {"meta": "text"}, {"name": "", "items": []}):
        with pytest.raises(InvoicingError):
            database.write(create, principal, {**asked, **refused}, now=NOW)
    database.write(create, principal, asked, now=NOW)
    assert count(database, table) == 1


@each_creates
@pytest.mark.parametrize("key", ["", "a b", "x" * 256, "é"])
def test_a_key_is_1_to_255_plain_characters(
    database: Database,
    principal: Principal,
    create: Create,
    values: Mapping[str, Any],
    table: Table,
    key: str,
) -> None:
    with pytest.raises(MalformedId) as refusal:
        database.write(create, principal, {**values, "idempotency_key": key}, now=NOW)
    assert refusal.value.field == "idempotency_key"
    assert count(database, table) == 0
    database.write(create, principal, {**values, "idempotency_key": "x" * 255}, now=NOW)


@each_creates
def test_metadata_that_is_no_json_is_refused_by_its_field(
    database: Database, principal: Principal, create: Create, values: Mapping[str, Any], table: Table
) -> None:
    with pytest.raises(ValidationError) as refusal:
        database.write(create, principal, {**values, "meta": {"a": 2**70}, "idempotency_key": "k"}, now=NOW)
    assert refusal.value.field == "metadata"
    assert count(database, table) == 0


@each_creates
@pytest.mark.parametrize("named", [{}, {"id": "mine"}])
def test_of_twenty_calls_under_one_key_all_get_the_same(
    database: Database,
    principal: Principal,
    create: Create,
    values: Mapping[str, Any],
    table: Table,
    named: dict[str, str],
) -> None:
    asked = {**values, **named, "idempotency_key": "k"}
    told = at_once(lambda _: database.write(create, principal, asked, now=NOW), CALLERS)
    assert [one for one in told if isinstance(one, InvoicingError)] == []
    assert len({one.id for one in told}) == 1
    assert count(database, table) == 1


@each_creates
def test_of_twenty_requests_under_one_key_one_wins(
    database: Database, principal: Principal, create: Create, values: Mapping[str, Any], table: Table
) -> None:
    def call(caller: int) -> Any:
        asked = {**values, "meta": {"caller": caller}, "idempotency_key": "k"}
        return database.write(create, principal, asked, now=NOW)

    told = at_once(call, CALLERS)
    refused = [one for one in told if isinstance(one, InvoicingError)]
    assert {one.code for one in refused} == {"IDEMPOTENCY_KEY_REUSED"}
    assert len(refused) == CALLERS - 1
    assert count(database, table) == 1


def test_calls_under_one_key_take_one_number_of_an_order(database: Database, principal: Principal) -> None:
    asked = cast(CreateOrderValues, {**ORDER, "idempotency_key": "k"})
    at_once(lambda _: database.write(intake.create_order, principal, asked, now=NOW), CALLERS)
    assert factories.order(database, principal).number == "2"


def test_who_comes_too_late_leaves_no_entry_in_the_audit_log(
    database: Database, principal: Principal
) -> None:
    asked = {**ORDER, "idempotency_key": "k"}
    at_once(lambda _: do(database, principal, AuditAction.CREATE_ORDER, intake.create_order, asked), CALLERS)
    assert actions_of(database, principal.account_id) == ["createOrder"]


def test_keys_and_ids_that_cross_end_in_refusals_and_not_in_waiting(
    database: Database, principal: Principal
) -> None:
    """Twenty callers share four keys, and five ids of orders and of items: a key makes at most one order."""

    def call(caller: int) -> Any:
        place = caller % 5
        ids = {"id": f"o{place}", "items": [item(id=f"i{(place + caller) % 5}")]}
        asked = cast(CreateOrderValues, {**ORDER, **ids, "idempotency_key": f"k{caller % 4}"})
        return database.write(intake.create_order, principal, asked, now=NOW)

    told = at_once(call, CALLERS)
    refused = {one.code for one in told if isinstance(one, InvoicingError)}
    assert refused <= {"IDEMPOTENCY_KEY_REUSED", "DUPLICATE_ID"}
    made = {one.idempotency_key: one.id for one in told if not isinstance(one, InvoicingError)}
    assert count(database, orders) == len(made) == len(set(made.values()))


json = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(2**53), 2**53), st.text("ab")),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text("ab"), inner, max_size=3)),
    max_leaves=8,
)


def without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: without_nulls(each) for name, each in value.items() if each is not None}
    return value


@settings(derandomize=True, max_examples=300, deadline=None, database=None)
@given(one=json, other=json)
def test_a_fingerprint_is_the_same_for_the_same_request_alone(one: Any, other: Any) -> None:
    is_same = repr(_sorted(without_nulls(one))) == repr(_sorted(without_nulls(other)))
    assert (fingerprint("ask", one) == fingerprint("ask", other)) == is_same


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _sorted(value[name]) for name in sorted(value)}
    return [_sorted(each) for each in value] if isinstance(value, list) else value


def test_half_a_character_is_refused_before_it_is_hashed() -> None:
    with pytest.raises(ValidationError, match="cannot be written as JSON"):
        fingerprint("ask", {"name": "\ud800"})
