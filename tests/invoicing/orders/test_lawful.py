"""Any seller, buyer and VAT category: `actions`, the filter, the preview and issuing agree."""

from __future__ import annotations

from datetime import date
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from invoicing.access import Principal
from invoicing.errors import InvoicingError
from invoicing.invoices import from_orders
from invoicing.orders import actions, intake, lists, shipping
from invoicing.orders.actions import Action
from invoicing.orders.lawful import sold_together
from invoicing.storage.database import Database
from invoicing.storage.tables import Order
from tests.support import factories
from tests.support.factories import ADDRESS, NOW, item

THOROUGH = settings(
    derandomize=True,
    max_examples=80,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
VAT_NUMBERS = (None, "NL123456782B01", "DE123456788", "GB123456782", "ATU13585627")
CATEGORIES = ("S", "E", "AE", "K", "G", "O")
KINDS: tuple[dict[str, str], ...] = ({}, {"supply": "SERVICES"}, {"type": "SHIPPING"})

addresses = st.sampled_from(
    [None, {}, ADDRESS, {"country_code": "DE"}, {"country_code": "US"}, {"name": "A"}]
)
sellers = st.sampled_from(
    [*[{}] * 6, {"vat_number": None, "tax_number": "1"}, {"vat_number": "DE123456788"}, {"vat_number": None}]
)
customers = st.fixed_dictionaries(
    {
        "vat_number": st.sampled_from(VAT_NUMBERS),
        "registration_number": st.sampled_from([None, None, "HRB 1"]),
        "billing_address": addresses,
        "shipping_address": addresses,
    }
)
orders = st.fixed_dictionaries(
    {
        "vat_number": st.sampled_from([None, *VAT_NUMBERS]),
        "billing_address": addresses,
        "shipping_address": addresses,
        "delivery_date": st.sampled_from([None, None, date(2025, 6, 3)]),
        "invoice_after_shipment": st.booleans(),
    }
)
contents = st.lists(st.tuples(st.sampled_from(CATEGORIES), st.booleans()), min_size=1, max_size=4)


def attempted(database: Database, principal: Principal, command: Any, *args: Any) -> str:
    try:
        database.write(command, principal, *args, now=NOW)
    except InvoicingError as refusal:
        return refusal.code
    return "DONE"


def placed(
    database: Database,
    principal: Principal,
    buyer: dict[str, Any] | None,
    values: dict[str, Any],
    content: list[tuple[str, bool]],
) -> Order:
    """The order with its items; those that say so are shipped."""
    if buyer is not None:
        values = {**values, "customer_id": factories.customer(database, principal, **buyer).id}
    goods = [
        item(id=str(place), vat_category=category, **KINDS[place % len(KINDS)])
        for place, (category, _) in enumerate(content)
    ]
    order = factories.order(database, principal, items=goods, **values)
    if parcels := [(str(place), None) for place, (_, shipped) in enumerate(content) if shipped]:
        database.write(shipping.ship_items, principal, order.id, parcels, shipped_at=NOW)
    return database.read(intake.find_order, principal, order.id)


@THOROUGH
@given(seller=sellers, buyer=st.none() | customers, values=orders, content=contents)
def test_what_is_listed_is_issued_and_what_is_not_is_refused_for_the_reason_that_is_told(
    database: Database,
    seller: dict[str, Any],
    buyer: dict[str, Any] | None,
    values: dict[str, Any],
    content: list[tuple[str, bool]],
) -> None:
    principal = factories.principal(database, **seller)
    order = placed(database, principal, buyer, values, content)
    items = database.read(intake.items_of, principal, order.id)
    parties = factories.parties(database, principal, order)
    listed = [row.id for row in actions.open_to(Action.INVOICE, order, items, parties)]
    told = {
        each.id: each
        for each in actions.ItemActions(order, items, parties).blocked()
        if each.action is Action.INVOICE
    }
    assert {*listed} | told.keys() == {row.id for row in items}
    for row in items:
        expected = "DONE" if row.id in listed else told[row.id].reason.refusal.code
        assert attempted(database, principal, from_orders.preview, [row.id]) == expected
    assert database.read(lists.orders_count, principal, {"invoiceable": True}) == bool(listed)
    ready = [row for row in items if row.id in listed]
    if ready:
        expected = "DONE" if sold_together(order, ready) == ready else "VAT_TREATMENT_NOT_ALLOWED"
        assert attempted(database, principal, from_orders.preview, listed) == expected
    for _ in ready:  # at most as many invoices as items
        if listed:
            issued = database.write(from_orders.invoice_order, principal, order.id, now=NOW)
            listed = [id for id in listed if id not in {line.order_item_id for line in issued.frozen().lines}]
    assert not listed
    assert attempted(database, principal, from_orders.invoice_order, order.id) in {
        *(each.reason.refusal.code for each in told.values()),
        "NOTHING_TO_INVOICE",
    }
