"""Orders come in whole or not at all, and what they say is what will be invoiced."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from typing import Any

import pytest
from sqlalchemy import func, select

from invoicing.access import Principal
from invoicing.errors import (
    AmountTooLarge,
    CustomerNotFound,
    DuplicateId,
    InvoicingError,
    MalformedId,
    NoItems,
    NotFound,
    TooManyItems,
    ValidationError,
)
from invoicing.invoices import from_orders
from invoicing.money import MAX_AMOUNT
from invoicing.orders import intake
from invoicing.orders.values import UpdateOrderValues
from invoicing.storage.database import Database
from invoicing.storage.tables import order_items
from tests.support import factories
from tests.support.factories import item


def test_an_order_takes_the_accounts_defaults(database: Database, now: datetime) -> None:
    principal = factories.principal(
        database, default_currency="JPY", default_vat_rate=10, invoice_after_shipment=True
    )
    order = factories.order(database, principal)
    (mug,) = database.read(intake.items_of, principal, order.id)
    assert (order.currency, order.is_including_vat, order.invoice_after_shipment) == ("JPY", True, True)
    assert (order.meta, order.created_at, order.updated_at) == ({}, now, now)
    assert (mug.vat_rate, mug.vat_category, mug.unit, mug.discount) == (100_000, "S", "C62", 0)
    assert (mug.type, mug.supply, mug.shipped_at, mug.invoice_id) == ("PRODUCT", "GOODS", None, None)


def test_an_order_is_returned_as_it_is_stored(database: Database, principal: Principal) -> None:
    ann = factories.customer(database, principal, billing_address=factories.ADDRESS)
    given: dict[str, Any] = {
        "customer_id": ann.id,
        "billing_address": factories.ADDRESS,
        "shipping_address": {"country_code": "de"},
        "delivery_date": date(2025, 6, 9),
        "vat_number": "NL123456782B01",
        "payment_terms_days": 30,
        "idempotency_key": "k",
        "meta": {"a": [1, 2.5, None, {"é": True}]},
    }
    for values in (dict[str, Any](), given):
        order = factories.order(database, principal, **values)
        assert database.read(intake.find_order, principal, order.id) == order


def test_an_order_says_otherwise(database: Database, principal: Principal) -> None:
    order = factories.order(
        database,
        principal,
        id="o-1",
        currency="KWD",
        is_including_vat=False,
        invoice_after_shipment=True,
        delivery_date=date(2025, 6, 9),
        shipping_address={"country_code": "de", "locality": ""},
        items=[
            item(id="a", vat_rate=5.5, discount=10, quantity=3),
            item(id="b", type="SHIPPING", vat_rate=0),
            item(id="c", type="DISCOUNT", unit_price=-5, vat_category="K"),
        ],
    )
    items = database.read(intake.items_of, principal, "o-1")
    assert (order.currency, order.is_including_vat, order.invoice_after_shipment) == ("KWD", False, True)
    assert (order.shipping_address, order.ship_to_country) == ({"country_code": "DE"}, "DE")
    assert [(i.id, i.vat_rate, i.vat_category, i.supply) for i in items] == [
        ("a", 55_000, "S", "GOODS"),
        ("b", 0, "Z", "SERVICES"),
        ("c", 0, "K", "SERVICES"),
    ]


def test_a_null_is_as_if_it_were_left_out(database: Database, principal: Principal) -> None:
    left_out: dict[str, Any] = dict.fromkeys(
        ("id", "number", "customer_id", "currency", "is_including_vat", "invoice_after_shipment", "meta")
    )
    order = factories.order(
        database, principal, **left_out, billing_name="Ann", items=[item(vat_rate=None, id=None, sku=None)]
    )
    assert (order.number, order.currency, order.is_including_vat, order.meta) == ("1", "EUR", True, {})


def test_an_order_names_its_customer_by_id_or_by_handle(database: Database, principal: Principal) -> None:
    factories.customer(database, principal, id="ann", handle="first")
    assert factories.order(database, principal, customer_id="ann").customer_id == "ann"
    assert factories.order(database, principal, customer_handle="first").customer_id == "ann"
    with pytest.raises(ValidationError, match="by its id or by its handle"):
        factories.order(database, principal, customer_id="ann", customer_handle="first")


@pytest.mark.parametrize("name", [None, "", "  "])
def test_an_order_without_customer_and_billing_name_is_refused(
    database: Database, principal: Principal, name: str | None
) -> None:
    with pytest.raises(ValidationError) as refusal:
        factories.order(database, principal, billing_name=name)
    assert refusal.value.field == "billing_name"


def shares_of(
    database: Database, principal: Principal, *items: dict[str, Any]
) -> list[tuple[int, str | None]]:
    order = factories.order(database, principal, items=list(items))
    rows = database.read(intake.items_of, principal, order.id)
    return [(row.allocated_discount, row.discount_reason) for row in rows]


def rebate(amount: int, **values: Any) -> dict[str, Any]:
    return item(type="DISCOUNT", unit_price=-amount, **{"name": "Spring", **values})


def test_a_discount_is_shared_out_over_the_products(database: Database, principal: Principal) -> None:
    goods = [item(unit_price=2_000, discount=1_000), item(unit_price=3_000)]
    found = shares_of(database, principal, rebate(400), *goods, item(type="SHIPPING"))
    assert found == [(0, None), (100, "Spring"), (300, "Spring"), (0, None)]


def test_with_a_rate_it_goes_to_the_items_of_that_rate(database: Database, principal: Principal) -> None:
    goods = [item(unit_price=1_000, vat_rate=9), item(unit_price=1_000), item(type="SHIPPING", vat_rate=0)]
    assert shares_of(database, principal, *goods, rebate(100, vat_rate=9))[:3] == [
        (100, "Spring"),
        (0, None),
        (0, None),
    ]
    assert shares_of(database, principal, *goods, rebate(100, vat_category="K"))[2] == (100, "Spring")
    without = shares_of(database, principal, *goods, rebate(100))
    assert [share for share, _ in without] == [50, 50, 0, 0]


def test_the_names_of_several_discounts_are_the_reason(database: Database, principal: Principal) -> None:
    off = [rebate(100), rebate(100, name="Club"), rebate(100)]
    assert shares_of(database, principal, item(), *off)[0] == (300, "Spring, Club")
    long = [rebate(1, name=letter * 900) for letter in "ab"]
    (_, reason), *_ = shares_of(database, principal, item(), *long)
    assert reason == f"{'a' * 900}, {'b' * 97}…"


def test_an_order_takes_so_many_discounts(database: Database, principal: Principal) -> None:
    assert shares_of(database, principal, item(), *[rebate(1)] * 200)[0] == (200, "Spring")
    with pytest.raises(TooManyItems, match="at most 200 discounts") as refusal:
        factories.order(database, principal, items=[item(), *[rebate(1)] * 201])
    assert refusal.value.field == "items"


NO_SENSE: list[tuple[dict[str, Any], type[InvoicingError], str]] = [
    ({"items": []}, NoItems, "items"),
    ({"id": "a b"}, MalformedId, "id"),
    ({"id": "taken"}, DuplicateId, "id"),
    ({"items": [item(id="mug")]}, DuplicateId, "items"),
    ({"items": [item(id="a"), item(id="a")]}, DuplicateId, "items"),
    ({"items": [item(), item(id="a b")]}, MalformedId, "items.1.id"),
    ({"customer_id": "nobody"}, CustomerNotFound, "customer_id"),
    ({"customer_handle": "nobody"}, CustomerNotFound, "customer_handle"),
    ({"currency": "XXX"}, ValidationError, "currency"),
    ({"number": ""}, ValidationError, "number"),
    ({"billing_address": {"email": "x"}}, ValidationError, "billing_address.email"),
    ({"shipping_address": {"country_code": "1"}}, ValidationError, "shipping_address.country_code"),
    ({"meta": [1]}, ValidationError, "metadata"),
    ({"meta": {"a": "\x00"}}, ValidationError, "metadata"),
    ({"meta": {"a": 2**70}}, ValidationError, "metadata"),
    ({"items": [item(name="")]}, ValidationError, "items.0.name"),
    ({"items": [item(quantity=0)]}, ValidationError, "items.0.quantity"),
    ({"items": [item(quantity=-1)]}, ValidationError, "items.0.quantity"),
    ({"items": [item(quantity=10**9, unit_price=1)]}, ValidationError, "items.0.quantity"),
    ({"items": [item(unit_price=-1)]}, ValidationError, "items.0.unit_price"),
    ({"items": [item(unit_price=1.0000001)]}, ValidationError, "items.0.unit_price"),
    ({"items": [item(unit_price=MAX_AMOUNT + 1)]}, AmountTooLarge, "items.0.unit_price"),
    ({"items": [item(unit_price=MAX_AMOUNT, quantity=2)]}, AmountTooLarge, "items.0.unit_price"),
    ({"items": [item(unit_price=MAX_AMOUNT), item()]}, AmountTooLarge, "items"),
    (
        {"is_including_vat": False, "items": [item(unit_price=MAX_AMOUNT)]},
        AmountTooLarge,
        "items",
    ),
    ({"items": [item(type="DISCOUNT", unit_price=1)]}, ValidationError, "items.0.unit_price"),
    ({"items": [item(discount=-1)]}, ValidationError, "items.0.discount"),
    ({"items": [item(discount=1_211)]}, ValidationError, "items.0.discount"),
    ({"items": [item(vat_rate=101)]}, ValidationError, "items.0.vat_rate"),
    ({"items": [item(quantity=1.0000001)]}, ValidationError, "items.0.quantity"),
    ({"items": [item(vat_rate=0.00001)]}, ValidationError, "items.0.vat_rate"),
    ({"items": [item(vat_rate=21, vat_category="E")]}, ValidationError, "items.0.vat_rate"),
    ({"items": [item(vat_rate=0, vat_category="S")]}, ValidationError, "items.0.vat_rate"),
    ({"items": [item(unit="PIECE")]}, ValidationError, "items.0.unit"),
    ({"items": [item(type="GIFT")]}, ValidationError, "items.0.type"),
]


def test_an_order_that_makes_no_sense_is_refused_and_nothing_of_it_stays(
    database: Database, principal: Principal
) -> None:
    factories.order(database, principal, id="taken", items=[item(id="mug")])
    for values, refusal, field in NO_SENSE:
        with pytest.raises(refusal) as refused:
            factories.order(database, principal, **values)
        assert (type(refused.value), refused.value.field) == (refusal, field), values
    stored = database.read(
        lambda connection: connection.execute(select(func.count()).select_from(order_items)).scalar()
    )
    assert stored == 1
    assert factories.order(database, principal).number == "2"


def test_an_order_takes_5000_items_and_not_one_more(database: Database, principal: Principal) -> None:
    order = factories.order(database, principal, items=[item()] * 5_000)
    assert len(database.read(intake.items_of, principal, order.id)) == 5_000
    with pytest.raises(TooManyItems):
        factories.order(database, principal, items=[item()] * 5_001)


def test_the_largest_amount_is_possible(database: Database, principal: Principal) -> None:
    issued = factories.invoice(database, principal, items=[item(unit_price=MAX_AMOUNT)])
    assert issued.total == MAX_AMOUNT == issued.total_ex_vat + issued.total_vat


def test_two_accounts_use_the_same_ids(database: Database, principal: Principal) -> None:
    neighbour = factories.principal(database)
    for seller, price in ((principal, 100), (neighbour, 200)):
        factories.order(database, seller, id="o-1", items=[item(id="mug", unit_price=price)])
    for seller, price in ((principal, 100), (neighbour, 200)):
        (mug,) = database.read(intake.items_of, seller, "o-1")
        assert (mug.id, mug.unit_price) == ("mug", price)


def test_an_order_of_another_account_is_not_found(
    database: Database, principal: Principal, now: datetime
) -> None:
    factories.order(database, factories.principal(database), id="theirs")
    for id in ("theirs", "nowhere"):
        with pytest.raises(NotFound) as refusal:
            database.read(intake.find_order, principal, id)
        assert (str(refusal.value), refusal.value.ids) == (f"There is no order {id}.", (id,))
        with pytest.raises(NotFound):
            database.write(intake.update_order, principal, id, {"number": "mine"}, now=now)


def test_an_update_changes_what_is_given(database: Database, principal: Principal, now: datetime) -> None:
    factories.order(database, principal, id="o-1", purchase_order_number="PO-1", buyer_reference="R-1")
    after = database.write(
        intake.update_order,
        principal,
        "o-1",
        {"purchase_order_number": None, "shipping_address": {"country_code": "BE"}, "meta": {"a": [1]}},
        now=now,
    )
    assert (after.purchase_order_number, after.buyer_reference) == (None, "R-1")
    assert (after.ship_to_country, after.meta, after.billing_name) == ("BE", {"a": [1]}, "Ann Baker")
    refused: list[tuple[UpdateOrderValues, str]] = [
        ({"billing_name": None}, "billing_name"),
        ({"number": None}, "number"),
    ]
    for values, field in refused:
        with pytest.raises(ValidationError) as refusal:
            database.write(intake.update_order, principal, "o-1", values, now=now)
        assert refusal.value.field == field


def test_of_many_orders_at_once_with_one_item_id_one_comes_in(
    database: Database, principal: Principal
) -> None:
    def told(place: int) -> str:
        try:
            given: dict[str, Any] = {
                "id": f"o-{place}",
                "number": str(place),
                "items": [item(id="first"), item(id="mug")],
            }
            factories.order(database, principal, **given)
        except DuplicateId as refusal:
            return f"{refusal.code} {refusal.field}"
        return "made"

    with ThreadPoolExecutor(12) as pool:
        assert sorted(pool.map(told, range(12))) == ["DUPLICATE_ID items"] * 11 + ["made"]
    issued = database.write(from_orders.invoice_items, principal, ["mug", "first"], now=factories.NOW)
    assert issued.total == 2_420
