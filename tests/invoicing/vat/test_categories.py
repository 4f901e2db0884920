"""What no single value shows is checked where the values meet."""

from __future__ import annotations

from datetime import datetime

import pytest

from invoicing.access import Principal
from invoicing.errors import AmountTooLarge, ValidationError
from invoicing.invoices import from_orders
from invoicing.money import MAX_AMOUNT
from invoicing.orders import shipping
from invoicing.storage.database import Database
from invoicing.verify import books
from tests.support import factories
from tests.support.factories import item


def test_a_taxed_item_has_no_reason_to_be_exempt(database: Database, principal: Principal) -> None:
    with pytest.raises(ValidationError) as refused:
        factories.order(database, principal, items=[item(vat_rate=21, exemption_reason="Art. 44")])
    assert refused.value.field == "items.0.exemption_reason"
    exempt = item(vat_category="E", exemption_reason="Art. 44")
    assert factories.order(database, principal, items=[exempt]).total > 0


def test_amounts_that_cancel_out_are_within_bounds_too(
    database: Database, principal: Principal, now: datetime
) -> None:
    factories.customer(database, principal, id="c")
    for order in ("a", "b"):
        given_away = item(id=f"{order}-1", quantity=1, unit_price=MAX_AMOUNT, discount=MAX_AMOUNT)
        factories.order(database, principal, id=order, customer_id="c", items=[given_away])
    with pytest.raises(AmountTooLarge):
        database.write(from_orders.invoice_items, principal, ["a-1", "b-1"], now=now)


def test_shipping_part_of_what_is_invoiced_leaves_nothing_to_find(
    database: Database, principal: Principal, now: datetime
) -> None:
    order = factories.order(database, principal, items=[item(id="a", quantity=10)])
    database.write(from_orders.invoice_items, principal, ["a"], now=now)
    database.write(shipping.ship_items, principal, order.id, [("a", 3)], shipped_at=now)
    assert database.read(books.verify, None).findings == []


def test_part_of_a_fee_that_is_shipped_leaves_the_rest(
    database: Database, principal: Principal, now: datetime
) -> None:
    order = factories.order(
        database, principal, items=[item(id="mug"), item(id="fee", type="FEE", quantity=5)]
    )
    _, shipped = database.write(shipping.ship_items, principal, order.id, [("fee", 2)], shipped_at=now)
    assert [(each.split_from, each.quantity) for each in shipped] == [("fee", 2_000_000)]
