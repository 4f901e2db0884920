"""Lists of an object are given whole, or in parts that begin after the id of one of their elements."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invoicing.errors import ValidationError
from invoicing.invoices import from_orders
from invoicing.invoices.credit import LineCredit
from invoicing.payments import manual
from invoicing.storage.database import Database
from schema.types.lists import LazyList, part
from tests.support import factories
from tests.support.client import INVOICE_ITEMS, Client, client
from tests.support.factories import item

LISTS = [
    ("order", "o", "items"),
    ("order", "o", "payments"),
    ("order", "o", "invoices"),
    ("invoice", "v", "lines"),
    ("invoice", "v", "orders"),
    ("invoice", "v", "credited_by"),
    ("invoice", "c", "credits"),
]


@pytest.fixture
def shop(database: Database, tmp_path: Path) -> Client:
    """Two orders are on the invoice `v`, which was paid in parts; `c` credits it and another."""
    shop = client(database, tmp_path)
    ours = shop.principal
    factories.customer(database, ours, id="ann")
    for order, count in (("o", 5), ("p", 1)):
        given = [item(id=f"{order}{n}", quantity=4) for n in range(count)]
        factories.order(database, ours, id=order, customer_id="ann", items=given)
    on_invoice = [*(f"o{n}" for n in range(5)), "p0"]
    shop.ask(INVOICE_ITEMS, input={"items": on_invoice, "invoice_id": "v"})
    for n in range(3):
        payment: Any = {"invoice_id": "v", "amount": 100, "method": "CASH", "idempotency_key": f"{n}"}
        database.write(manual.record_payment, ours, payment, now=factories.NOW)
    for n in range(2):
        database.write(
            from_orders.credit_invoice,
            ours,
            "v",
            None if n else [LineCredit(first_line(shop), amount=100)],
            reason=None,
            credit_invoice_id="c" if n else "b",
            now=factories.NOW,
        )
    return shop


def first_line(shop: Client) -> str:
    line: str = shop.ask('{ invoice(id: "v") { lines(first: 1) { id } } }')["invoice"]["lines"][0]["id"]
    return line


def ids(shop: Client, root: str, id: str, name: str, arguments: str = "") -> list[str]:
    found = shop.ask(f'{{ {root}(id: "{id}") {{ {name}{arguments} {{ id }} }} }}')
    return [each["id"] for each in found[root][name]]


@pytest.mark.parametrize(("root", "id", "name"), LISTS)
def test_a_list_in_parts_is_the_whole_list(shop: Client, root: str, id: str, name: str) -> None:
    whole = ids(shop, root, id, name)
    assert whole
    count = shop.ask(f'{{ {root}(id: "{id}") {{ {name}_count }} }}')[root][f"{name}_count"]
    assert count == len(whole)
    parts: list[str] = []
    while len(parts) < len(whole):
        after = f', after: "{parts[-1]}"' if parts else ""
        found = ids(shop, root, id, name, f"(first: 2{after})")
        assert len(found) == min(2, len(whole) - len(parts))
        parts += found
    assert parts == whole
    assert ids(shop, root, id, name, f'(first: 2, after: "{whole[-1]}")') == []
    assert ids(shop, root, id, name, f'(after: "{whole[0]}")') == whole[1:]
    assert ids(shop, root, id, name, "(first: 0)") == []
    assert ids(shop, root, id, name, "(first: 1000)") == whole
    assert ids(shop, root, id, name, "(first: null, after: null)") == whole


def test_the_payments_behind_an_invoice_are_given_in_parts_too(shop: Client) -> None:
    query = """query ($first: Int, $after: String) { invoice(id: "v") { reimbursement {
      payments_count payments(first: $first, after: $after) { id } } } }"""
    whole = shop.ask(query)["invoice"]["reimbursement"]
    assert whole["payments_count"] == len(whole["payments"]) == 3
    asked = {"first": 1, "after": whole["payments"][0]["id"]}
    assert shop.ask(query, **asked)["invoice"]["reimbursement"]["payments"] == whole["payments"][1:2]


def test_an_item_in_a_part_is_what_it_is_in_the_whole(shop: Client) -> None:
    fields = "{ id total vat { base amount } contra_of { id } }"
    whole = shop.ask(f'{{ order(id: "o") {{ items {fields} }} }}')["order"]["items"]
    some = shop.ask(f'{{ order(id: "o") {{ items(first: 2, after: "o1") {fields} }} }}')["order"]["items"]
    assert some == whole[2:4]


@pytest.mark.parametrize(("root", "id", "name"), LISTS)
@pytest.mark.parametrize(
    ("arguments", "field"), [("first: -1", "first"), ("first: 1001", "first"), ('after: "nobody"', "after")]
)
def test_a_part_that_cannot_be_is_refused(
    shop: Client, root: str, id: str, name: str, arguments: str, field: str
) -> None:
    refusal = shop.refused(f'{{ {root}(id: "{id}") {{ {name}({arguments}) {{ id }} }} }}')
    assert (refusal.code, refusal.field) == ("VALIDATION_ERROR", field)


@given(st.lists(st.integers(), unique=True), st.none() | st.integers(0, 1_000), st.data())
def test_a_part_is_a_slice(rows: list[int], first: int | None, data: st.DataObject) -> None:
    after = data.draw(st.none() | st.sampled_from(rows)) if rows else None
    begin = 0 if after is None else rows.index(after) + 1
    expected = rows[begin:][:first]
    assert [*part(rows, first, None if after is None else str(after), str)] == expected
    made = LazyList(rows, lambda row: row + 1)
    assert [*made.of_rows(part(rows, first, None))] == [row + 1 for row in rows[:first]]
    assert ([*made[begin:]], len(made)) == ([row + 1 for row in rows[begin:]], len(rows))
    if rows:
        assert made[-1] == rows[-1] + 1
        with pytest.raises(ValidationError):
            part(rows, first, "x", str)
