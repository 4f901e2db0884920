"""Whatever text or JSON is sent: it is refused by its field, or it reads back as it was sent, and prints."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from documents.pdf import render
from invoicing.invoices import queries
from invoicing.storage.database import Database
from tests.support.client import INVOICE_ORDER, Client, client, errors

proven = settings(
    derandomize=True,
    max_examples=60,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
TEXT = st.text(st.characters(codec="utf-8"), max_size=40)  # no half a surrogate pair is JSON
ODD = st.sampled_from(
    [
        "\x00",
        "a\x00b",
        "\u202etxt.exe",
        "\u2067\u2069",
        "\ufffe",
        "\U0010ffff",
        "😀",
        "𠀀",
        "e\u0301",
        "\u2028",
        "\ufeff",
        "\\u0000",
    ]
)
TEXTS = st.one_of(TEXT, ODD)
JSON = st.dictionaries(
    TEXTS,
    st.recursive(
        st.one_of(
            st.none(),
            st.booleans(),
            st.integers(-(2**63), 2**64 - 1),
            st.floats(allow_nan=False, allow_infinity=False),
            TEXTS,
        ),
        lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXTS, inner, max_size=3)),
        max_leaves=6,
    ),
    max_size=3,
)
CREATE = (
    "mutation ($input: CreateOrderInput!) { createOrder(input: $input) "
    "{ order { id billing_name metadata items { name } } } }"
)


@pytest.fixture
def shop(database: Database, tmp_path: Path) -> Client:
    return client(database, tmp_path)


@proven
@given(name=TEXTS, metadata=JSON)
def test_text_and_metadata_are_refused_or_read_back_and_print(shop: Client, name: str, metadata: Any) -> None:
    given = {
        "billing_name": name,
        "metadata": metadata,
        "items": [{"name": name, "quantity": 1, "unit_price": 1}],
    }
    answer = shop.request(
        "POST",
        content=orjson.dumps({"query": CREATE, "variables": {"input": given}}),
        headers={"content-type": "application/json"},
    )
    if "errors" in answer.json():
        (refusal,) = errors(answer)
        assert refusal.code == "VALIDATION_ERROR"
        assert refusal.field
        return
    order = answer.json()["data"]["createOrder"]["order"]
    assert order["metadata"] == metadata
    assert (order["billing_name"], order["items"]) == (name.strip(), [{"name": name.strip()}])
    issued = shop.ask(INVOICE_ORDER, input={"order_id": order["id"]})["invoiceOrder"]["invoice"]
    invoice = shop.database.read(queries.found_invoice, shop.principal, issued["id"])
    assert render(invoice.frozen()).startswith(b"%PDF")


def test_an_instant_at_an_end_of_the_calendar_is_looked_for_and_one_beyond_is_refused(shop: Client) -> None:
    query = "query ($f: OrderFilter) { orders(filter: $f) { totalCount } }"
    for instant in ("0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z"):
        assert shop.ask(query, f={"created_from": instant})["orders"]["totalCount"] == 0
    for instant in (
        "0001-01-01T00:00:00+01:00",
        "9999-12-31T23:59:59-01:00",
        "0000-01-01T00:00:00Z",
        "9" * 400,
    ):
        refusal = shop.refused(query, f={"created_from": instant})
        assert (refusal.code, refusal.field) == ("VALIDATION_ERROR", "created_from")
        assert "DateTime is RFC 3339" in refusal.message


@pytest.mark.parametrize("number", ["1e400", "9" * 400, "9" * 5_000, "-1e400"])
def test_a_number_that_nothing_holds_is_refused_wherever_it_is_written(shop: Client, number: str) -> None:
    order = (
        'mutation { createOrder(input: {billing_name: "Ann", items: [{name: "Mug", %s}]}) { order { id } } }'
    )
    for document in (
        "{ orders(first: NUMBER) { totalCount } }",
        "{ order(id: NUMBER) { id } }",
        'mutation { createCustomer(input: {name: "A", metadata: {a: [NUMBER]}}) { customer { id } } }',
        order % "quantity: NUMBER, unit_price: 1",
        order % "quantity: 1, unit_price: NUMBER",
        order % "quantity: 1, unit_price: 1, vat_rate: NUMBER",
    ):
        refusal = shop.refused(document.replace("NUMBER", number))
        assert refusal.code in ("VALIDATION_ERROR", "GRAPHQL_VALIDATION_FAILED")
    body = f'{{"query": "{{ account {{ id }} }}", "variables": {{"a": {number}}}}}'
    answer = shop.request("POST", content=body, headers={"content-type": "application/json"})
    assert (answer.status_code, errors(answer)[0].code) == (400, "BAD_REQUEST")
