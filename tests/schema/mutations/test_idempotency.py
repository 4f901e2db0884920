"""createOrder and createCustomer under a key: sent again, they make nothing; in another account they do."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from invoicing.storage.database import Database
from tests.schema.test_sessions import entered
from tests.support import factories
from tests.support.client import Client, client, data
from tests.support.factories import item

CREATE_ORDER = """
mutation ($input: CreateOrderInput!) { createOrder(input: $input) { made: order { id number items { id } } } }
"""
CREATE_CUSTOMER = """
mutation ($input: CreateCustomerInput!) { createCustomer(input: $input) { made: customer { id name } } }
"""
ORDER = {"billing_name": "Ann", "metadata": {"a": [1]}, "items": [item(), item(vat_rate=9)]}
CUSTOMER = {"name": "Ann", "billing_address": {"country_code": "NL"}}

both = pytest.mark.parametrize(
    ("mutation", "given", "noun"), [(CREATE_ORDER, ORDER, "orders"), (CREATE_CUSTOMER, CUSTOMER, "customers")]
)


@pytest.fixture
def shop(database: Database, tmp_path: Path) -> Client:
    return client(database, tmp_path)


def made(shop: Client, mutation: str, input: dict[str, Any]) -> Any:
    (payload,) = shop.ask(mutation, input=input).values()
    return payload["made"]


def count(shop: Client, noun: str) -> int:
    return int(shop.ask(f"{{ {noun} {{ totalCount }} }}")[noun]["totalCount"])


@both
def test_the_same_input_again_returns_what_was_made(
    shop: Client, mutation: str, given: dict[str, Any], noun: str
) -> None:
    asked = {**given, "idempotency_key": "k"}
    first = made(shop, mutation, asked)
    assert made(shop, mutation, asked) == first
    assert made(shop, mutation, {**asked, "id": None}) == first
    assert count(shop, noun) == 1


@both
def test_another_input_under_the_key_is_refused(
    shop: Client, mutation: str, given: dict[str, Any], noun: str
) -> None:
    made(shop, mutation, {**given, "idempotency_key": "k"})
    refusal = shop.refused(mutation, input={**given, "id": "mine", "idempotency_key": "k"})
    assert (refusal.code, refusal.field, refusal.ids) == ("IDEMPOTENCY_KEY_REUSED", "idempotency_key", ["k"])
    malformed = shop.refused(mutation, input={**given, "idempotency_key": "a b"})
    assert (malformed.code, malformed.field) == ("MALFORMED_ID", "idempotency_key")
    assert count(shop, noun) == 1


@both
def test_another_accounts_key_is_another_key(
    shop: Client, mutation: str, given: dict[str, Any], noun: str
) -> None:
    neighbour = shop.neighbour()
    asked = {**given, "idempotency_key": "k"}
    mine, theirs = made(shop, mutation, asked), made(neighbour, mutation, asked)
    assert mine["id"] != theirs["id"]
    assert made(shop, mutation, asked) == mine
    other = {**given, "metadata": {"another": True}, "idempotency_key": "l"}
    assert made(neighbour, mutation, other)["id"] != theirs["id"]
    assert (count(shop, noun), count(neighbour, noun)) == (1, 2)


@both
def test_a_customers_session_learns_nothing_by_a_key(
    shop: Client, database: Database, mutation: str, given: dict[str, Any], noun: str
) -> None:
    factories.customer(database, shop.principal, id="ann")
    before = count(shop, noun)
    asked = {**given, "idempotency_key": "k"}
    made(shop, mutation, asked)
    session = entered(shop)
    told = [session.refused(mutation, input={**asked, "idempotency_key": key}) for key in ("k", "free")]
    assert [refusal.code for refusal in told] == ["FORBIDDEN"] * 2
    assert replace(told[0], request_id=None) == replace(told[1], request_id=None)
    assert count(shop, noun) == before + 1


@both
def test_ten_clients_with_one_key_get_the_same(
    shop: Client, mutation: str, given: dict[str, Any], noun: str
) -> None:
    told = [data(answer) for answer in shop.posts(mutation, [{**given, "idempotency_key": "k"}] * 10)]
    assert all(each == told[0] for each in told)
    assert count(shop, noun) == 1
