"""Items that are priced before their order is taken in."""

from __future__ import annotations

from typing import Any

import pytest

from invoicing.access import Principal
from invoicing.accounts import settings
from invoicing.errors import ValidationError
from invoicing.orders import intake
from invoicing.orders.pricing import Terms, priced_items
from invoicing.storage.database import Database
from tests.support.factories import NOW, item

ITEMS: list[dict[str, Any]] = [
    item(id="a", quantity=3, unit_price=1_295, discount=195),
    item(id="b", unit_price=999, vat_rate=9),
    item(id="off", type="DISCOUNT", unit_price=-250),
]


def taken_in(database: Database, principal: Principal, id: str, **values: Any) -> tuple[Any, list[Any]]:
    items = [{**each, "id": f"{id}-{each['id']}"} for each in ITEMS]
    given: Any = {"id": id, "billing_name": "Ann", "items": items, **values}

    def take(connection: Any) -> tuple[Any, list[Any]]:
        order = intake.create_order(connection, principal, given, priced=values.pop("priced", None), now=NOW)
        return order, list(intake.items_of(connection, principal, id))

    given.pop("priced", None)
    return database.write(take)


def amounts(taken: tuple[Any, list[Any]]) -> list[Any]:
    order, items = taken
    columns = ("subtotal", "discount", "allocated_discount", "vat_rate", "vat_category", "discount_reason")
    return [order.total, *([getattr(each, name) for name in columns] for each in items)]


@pytest.mark.parametrize("is_including_vat", [True, False])
def test_an_order_whose_items_are_priced_before_is_the_same(
    database: Database, principal: Principal, is_including_vat: bool
) -> None:
    rate = database.read(settings.account, principal.account_id).default_vat_rate
    given: Any = [{**each, "id": f"before-{each['id']}"} for each in ITEMS]
    priced = priced_items(given, Terms(rate, is_including_vat))
    now = taken_in(database, principal, "now", is_including_vat=is_including_vat)
    before = taken_in(database, principal, "before", is_including_vat=is_including_vat, priced=priced)
    assert amounts(before) == amounts(now)
    assert [each.id for each in before[1]] == ["before-a", "before-b", "before-off"]


def test_items_are_priced_again_if_the_terms_have_changed_since(
    database: Database, principal: Principal
) -> None:
    given: Any = [{**each, "id": f"late-{each['id']}"} for each in ITEMS]
    stale = priced_items(given, Terms(0, False))
    assert amounts(taken_in(database, principal, "late", priced=stale)) == amounts(
        taken_in(database, principal, "now")
    )


def test_what_is_wrong_with_an_item_is_told_before_the_order_waits() -> None:
    wrong: Any = [*ITEMS, item(quantity=0)]
    with pytest.raises(ValidationError) as refusal:
        priced_items(wrong, Terms(210_000, True))
    assert refusal.value.field == "items.3.quantity"
