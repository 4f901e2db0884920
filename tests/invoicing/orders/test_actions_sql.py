"""What lists filter orders by, in SQL, is what an order's actions and status say, in Python."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, insert

from invoicing.access import Principal
from invoicing.accounts.settings import account
from invoicing.ledger.queries import unsettled_by_order
from invoicing.orders import actions, intake, lists, queries
from invoicing.orders.actions import Action
from invoicing.orders.lawful import Parties
from invoicing.orders.values import CreateOrderValues
from invoicing.storage.database import Database
from invoicing.storage.pages import Window
from invoicing.storage.tables import Order, OrderItem, invoice_lines, invoices, order_items, orders
from tests.support import factories
from tests.support.factories import ADDRESS, NOW, item

THOROUGH = settings(
    derandomize=True,
    max_examples=60,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
ALL = Window(first=100)
STATES = ("PENDING", "SETTLED", "FAILED", "CANCELLED")

moments = st.sampled_from([None, NOW])
states_of_items = st.fixed_dictionaries(
    {
        "type": st.sampled_from(["PRODUCT", "PRODUCT", "DISCOUNT"]),
        "shipped_at": moments,
        "undone_as": st.sampled_from([None, None, "CANCELLED", "RETURNED"]),
        "contra_of": st.sampled_from([None, None, "another"]),
        "finished_at": moments,
        "invoice_id": st.sampled_from([None, *STATES]),  # the invoice of this state
    }
)
address_fields = ["address_line_1", "locality", "country_code"]
sellers = st.sampled_from(
    [
        *[{}] * 5,
        {"vat_number": None},
        {"vat_number": None, "tax_number": "12/345/67890"},
        *({"address": {**ADDRESS, name: ""}} for name in address_fields),
    ]
)
states_of_orders = st.fixed_dictionaries(
    {
        "after_shipment": st.booleans(),
        "items": st.lists(states_of_items, min_size=1, max_size=3),
        "credited_in": st.sampled_from([None, None, *STATES]),  # a line without an item of the order
    }
)


@pytest.mark.parametrize("few", [lists.FEW_TO_INVOICE, 0])
@THOROUGH
@given(states=st.lists(states_of_orders, min_size=1, max_size=8), seller=sellers)
def test_a_filter_in_sql_finds_the_orders_of_which_the_rule_in_python_says_so(
    database: Database, few: int, states: list[dict[str, Any]], seller: dict[str, Any]
) -> None:
    """Also where so many orders may have items to invoice that the newest are looked at first."""
    principal = factories.principal(database, **seller)
    database.write(store, principal, states)
    known = database.read(look, principal, [str(place) for place, _ in enumerate(states)])
    parties = factories.parties(database, principal, known["0"][0])
    invoiceable = {id for id, (order, items, _) in known.items() if can_be_invoiced(order, items, parties)}
    closed = {id for id, (_, items, unsettled) in known.items() if actions.is_closed(items, unsettled)}
    with patch.object(lists, "FEW_TO_INVOICE", few):
        assert found(database, principal, invoiceable=True) == invoiceable
    assert found(database, principal, invoiceable=False) == known.keys() - invoiceable
    assert found(database, principal, status="CLOSED") == closed
    assert found(database, principal, status="OPEN") == known.keys() - closed


def can_be_invoiced(order: Order, items: Sequence[OrderItem], parties: Parties) -> bool:
    return bool(actions.open_to(Action.INVOICE, order, items, parties))


def found(database: Database, principal: Principal, **asked: Any) -> set[str]:
    assert database.read(lists.orders_count, principal, asked) <= 100
    return {row.id for row in database.read(lists.orders_page, principal, asked, ALL).rows}


def look(
    connection: Connection, principal: Principal, ids: Sequence[str]
) -> dict[str, tuple[Order, list[OrderItem], set[str]]]:
    """Each order, its items, and the types of its invoices that are not settled."""
    by_id = queries.orders_by_id(connection, principal, ids)
    items = queries.items_by_order(connection, principal, ids)
    unsettled = unsettled_by_order(connection, principal, ids)
    return {id: (by_id[id], items[id], unsettled.get(id, set())) for id in ids}


def store(connection: Connection, principal: Principal, states: Sequence[Mapping[str, Any]]) -> None:
    """The rows themselves: also of states that no command leads to."""
    seller = account(connection, principal.account_id)
    connection.execute(insert(invoices), [paper(seller.id, place) for place, _ in enumerate(STATES)])
    lines = []
    for place, state in enumerate(states):
        given = cast(
            CreateOrderValues,
            {
                "id": str(place),
                "number": str(place),
                "billing_name": "Ann Baker",
                "invoice_after_shipment": state["after_shipment"],
                "items": [item()],
            },
        )
        order, (plain,) = intake.new_order_rows(seller, None, given, now=NOW)
        rows = [{**plain, **each, "id": f"{place}-{at}"} for at, each in enumerate(state["items"])]
        connection.execute(insert(orders).values(order))
        connection.execute(insert(order_items), rows)
        lines += [line(row["invoice_id"], row) for row in rows if row["invoice_id"]]
        if state["credited_in"]:
            lines.append(line(state["credited_in"], {**rows[0], "id": None}))
    for position, each in enumerate(lines):
        connection.execute(insert(invoice_lines).values(**each, position=position, id=f"line-{position}"))


def paper(account_id: str, place: int) -> dict[str, Any]:
    amounts = dict.fromkeys(("subtotal", "total_ex_vat", "total_vat", "total"), 0)
    texts = dict.fromkeys(("period", "actor_id", "actor_name", "actor_type", "snapshot", "search_text"), "")
    return {
        **amounts,
        **texts,
        "account_id": account_id,
        "id": STATES[place],
        "number": STATES[place],
        "type": "INVOICE",
        "state": STATES[place],
        "sequence": place + 1,
        "currency": "EUR",
        "is_including_vat": True,
        "issued_on": NOW.date(),
        "created_at": NOW,
    }


def line(invoice_id: str, row: Mapping[str, Any]) -> dict[str, Any]:
    amounts = dict.fromkeys(("subtotal", "discount", "total", "total_ex_vat", "vat_amount"), 0)
    same = ("account_id", "order_id", "name", "quantity", "unit", "unit_price", "vat_rate", "vat_category")
    return {
        **amounts,
        **{name: row[name] for name in same},
        "invoice_id": invoice_id,
        "order_item_id": row["id"],
        "supply": row["supply"],
    }
