"""Many variables are checked, and made into inputs, beside the event loop."""

from __future__ import annotations

from pathlib import Path
from threading import current_thread
from typing import Any

import pytest
import strawberry
from graphql import GraphQLInputObjectType
from graphql.utilities import coerce_input_value

from invoicing.storage.database import Database
from schema import schema_under
from schema.execution.documents import Rules
from schema.execution.inputs import MANY, has_many
from schema.inputs.invoice import CreateInvoiceInput, OrderLineInput
from schema.types.enums import InvoiceState
from tests.support.client import Client, client

GRAPH = schema_under(Rules()).graphql_schema
SET_RATES = "mutation ($i: SetExchangeRatesInput!) { setExchangeRates(input: $i) { count } }"


@pytest.fixture
def shop(database: Database, tmp_path: Path) -> Client:
    return client(database, tmp_path)


@pytest.fixture
def checked_in(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The name of the thread in which each exchange rate was made of its values."""
    found: list[str] = []
    kind = _input("ExchangeRateInput")
    make = kind.out_type

    def noting(values: dict[str, Any]) -> Any:
        found.append(current_thread().name)
        return make(values)

    monkeypatch.setattr(kind, "out_type", noting)
    return found


def _input(name: str) -> GraphQLInputObjectType:
    kind = GRAPH.get_type(name)
    assert isinstance(kind, GraphQLInputObjectType)
    return kind


def rates(count: int, rate: object = "1.1") -> dict[str, Any]:
    return {"i": {"rates": [{"date": "2026-01-01", "currency": "USD", "rate": rate}] * count}}


def test_many_values_are_checked_in_a_thread_each_once(shop: Client, checked_in: list[str]) -> None:
    assert shop.ask(SET_RATES, **rates(1_000)) == {"setExchangeRates": {"count": 1}}
    assert len(checked_in) == 1_000
    assert all(name.startswith("variables") for name in checked_in)


def test_a_few_values_are_checked_at_once(shop: Client, checked_in: list[str]) -> None:
    shop.ask(SET_RATES, **rates(3))
    assert len(checked_in) == 3
    assert not any(name.startswith("variables") for name in checked_in)


def test_what_is_wrong_in_many_values_is_told_as_in_a_few(shop: Client) -> None:
    few, many = (
        shop.request("POST", json={"query": SET_RATES, "variables": rates(count, rate=1)}).json()["errors"]
        for count in (2, 2_000)
    )
    assert few[0] == many[0]
    assert few[0]["extensions"]["field"] == "rates.0.rate"
    assert len(many) == 11


def test_an_input_is_made_where_its_values_are_checked() -> None:
    lines = [{"text": "a", "amount": 1}, {"text": "b", "amount": 2, "vat_rate": None}]
    sent = {"customer_handle": "x", "handle": "y", "order_lines": lines}
    made = coerce_input_value(sent, _input("CreateInvoiceInput"))
    assert isinstance(made, CreateInvoiceInput)
    assert all(isinstance(line, OrderLineInput) for line in made.order_lines)
    assert [line.vat_rate for line in made.order_lines] == [strawberry.UNSET, None]
    assert made.metadata is strawberry.UNSET
    assert coerce_input_value({"state": "PENDING"}, _input("InvoiceFilter")).state is InvoiceState.PENDING


def test_of_variables_no_more_are_counted_than_are_many() -> None:
    assert not has_many(None)
    assert not has_many({"i": {"rates": [1] * (MANY - 2)}})
    assert has_many({"i": {"rates": [1] * (MANY - 1)}})
    assert has_many({"i": [[]] * (MANY + 1)})
    assert has_many({"i": [{"a": [0] * 100}] * 10})
