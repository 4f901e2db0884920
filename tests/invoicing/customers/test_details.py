"""Customers: the caller chooses ids and handles, which are unique within one account."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import pytest

from invoicing.access import Principal
from invoicing.customers import details
from invoicing.customers.values import UpdateCustomerValues
from invoicing.errors import (
    CustomerNotFound,
    DuplicateHandle,
    DuplicateId,
    InvoicingError,
    MalformedId,
    ValidationError,
)
from invoicing.storage.database import Database
from tests.support import factories


def test_a_customer_is_found_by_id_and_by_handle(database: Database, principal: Principal) -> None:
    customer = factories.customer(database, principal, id="ann", handle="ann@shop", email="ann@example.com")
    assert database.read(details.find_customer, principal, id="ann") == customer
    assert database.read(details.find_customer, principal, handle="ann@shop") == customer


def test_a_customer_without_an_id_gets_one(database: Database, principal: Principal) -> None:
    ids = {factories.customer(database, principal, id=None).id for _ in range(2)}
    assert len(ids) == 2
    assert all(len(id) == 36 for id in ids)


@pytest.mark.parametrize(
    ("values", "is_business"),
    [
        ({}, False),
        ({"vat_number": "NL123456782B01"}, True),
        ({"vat_number": "NL123456782B01", "is_business": False}, False),
    ],
)
def test_a_customer_with_a_vat_number_is_a_business_by_default(
    database: Database, principal: Principal, values: dict[str, Any], is_business: bool
) -> None:
    assert factories.customer(database, principal, **values).is_business is is_business


def test_a_null_is_the_same_as_left_out(database: Database, principal: Principal) -> None:
    customer = factories.customer(
        database, principal, id=None, handle=None, is_business=None, vat_number="NL123456782B01", meta=None
    )
    assert (customer.handle, customer.is_business, customer.meta) == (None, True, {})


INVALID: list[tuple[dict[str, Any], type[InvoicingError], str]] = [
    ({"id": "ann"}, DuplicateId, "id"),
    ({"id": "ann", "handle": "other"}, DuplicateId, "id"),
    ({"handle": "ann@shop"}, DuplicateHandle, "handle"),
    ({"id": ""}, MalformedId, "id"),
    ({"id": "a b"}, MalformedId, "id"),
    ({"id": "x" * 256}, MalformedId, "id"),
    ({"id": "é"}, MalformedId, "id"),
    ({"handle": "a/b"}, ValidationError, "handle"),
    ({"handle": ""}, ValidationError, "handle"),
    ({"name": " "}, ValidationError, "name"),
    ({"name": None}, ValidationError, "name"),
    ({"email": "nobody"}, ValidationError, "email"),
    ({"email": "a\x00@b"}, ValidationError, "email"),
    ({"locale": "??"}, ValidationError, "locale"),
    ({"billing_address": {"country_code": "Holland"}}, ValidationError, "billing_address.country_code"),
    ({"meta": {"a": "x" * 20_000}}, ValidationError, "metadata"),
]


def test_an_invalid_customer_is_refused(database: Database, principal: Principal) -> None:
    factories.customer(database, principal, id="ann", handle="ann@shop")
    for values, refusal, field in INVALID:
        with pytest.raises(refusal) as refused:
            factories.customer(database, principal, **values)
        assert (type(refused.value), refused.value.field) == (refusal, field), values


def test_another_account_may_use_the_same_id_and_handle(database: Database, principal: Principal) -> None:
    neighbour = factories.principal(database)
    mine = factories.customer(database, principal, id="ann", handle="first", name="Ann")
    theirs = factories.customer(database, neighbour, id="ann", handle="first", name="Anna")
    assert database.read(details.find_customer, principal, id="ann") == mine
    assert database.read(details.find_customer, neighbour, handle="first") == theirs


def test_a_customer_of_another_account_is_not_found(
    database: Database, principal: Principal, now: datetime
) -> None:
    factories.customer(database, factories.principal(database), id="ann", handle="first")
    for id, handle in (("ann", None), (None, "first"), ("nobody", None), (None, "nobody")):
        with pytest.raises(CustomerNotFound):
            database.read(details.find_customer, principal, id=id, handle=handle)
        changes: UpdateCustomerValues = {"id": id, "handle": handle, "name": "Mine"}
        with pytest.raises(CustomerNotFound):
            database.write(details.update_customer, principal, changes, now=now)


def test_a_customer_is_named_by_its_id_or_its_handle_not_both(
    database: Database, principal: Principal
) -> None:
    factories.customer(database, principal, id="ann", handle="first")
    both_or_none: list[dict[str, Any]] = [{}, {"id": "ann", "handle": "first"}]
    for key in both_or_none:
        with pytest.raises(ValidationError) as refused:
            database.read(details.find_customer, principal, **key)
        assert refused.value.field == "customer_id"


def test_a_field_that_is_left_out_stays_and_null_clears_it(
    database: Database, principal: Principal, now: datetime
) -> None:
    before = factories.customer(database, principal, handle="first", email="ann@example.com", locale="nl")
    after = database.write(
        details.update_customer, principal, {"handle": "first", "email": None, "name": "Anna"}, now=now
    )
    assert (after.id, after.name, after.email, after.locale) == (before.id, "Anna", None, "nl")


def test_a_customer_can_get_another_handle(database: Database, principal: Principal, now: datetime) -> None:
    factories.customer(database, principal, id="ann", handle="first")
    after = database.write(details.update_customer, principal, {"id": "ann", "handle": "second"}, now=now)
    assert after.handle == "second"
    same = database.write(details.update_customer, principal, {"id": "ann", "handle": "second"}, now=now)
    assert same.handle == "second"


def test_a_handle_in_use_is_refused(database: Database, principal: Principal, now: datetime) -> None:
    factories.customer(database, principal, id="ann", handle="first")
    factories.customer(database, principal, id="bob", handle="second")
    with pytest.raises(DuplicateHandle) as refused:
        database.write(details.update_customer, principal, {"id": "bob", "handle": "first"}, now=now)
    assert (refused.value.field, refused.value.ids) == ("handle", ("ann",))


def outcomes_of(work: Any, size: int) -> list[str]:
    """The outcome of each simultaneous call: an error code or “created”."""

    def outcome(place: int) -> str:
        try:
            work(place)
        except InvoicingError as refusal:
            return refusal.code
        return "created"

    with ThreadPoolExecutor(size) as pool:
        return sorted(pool.map(outcome, range(size)))


def test_of_many_simultaneous_callers_one_gets_the_handle(
    database: Database, principal: Principal, now: datetime
) -> None:
    outcomes = outcomes_of(lambda _: factories.customer(database, principal, handle="first"), 12)
    assert outcomes == ["DUPLICATE_HANDLE"] * 11 + ["created"]
    ids = [factories.customer(database, principal).id for _ in range(12)]
    outcomes = outcomes_of(
        lambda place: database.write(
            details.update_customer, principal, {"id": ids[place], "handle": "second"}, now=now
        ),
        12,
    )
    assert outcomes == ["DUPLICATE_HANDLE"] * 11 + ["created"]


def test_of_many_simultaneous_callers_one_gets_the_id(database: Database, principal: Principal) -> None:
    outcomes = outcomes_of(
        lambda place: factories.customer(database, principal, id="ann", handle=f"h{place}"), 12
    )
    assert outcomes == ["DUPLICATE_ID"] * 11 + ["created"]
