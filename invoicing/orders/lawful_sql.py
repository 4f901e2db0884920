"""`lawful.unlawful` as an SQL condition on a row of `order_items` beside its row of `orders`."""

from __future__ import annotations

from sqlalchemy import JSON, ColumnElement, Text, and_, case, cast, exists, func, or_

from invoicing.orders.lawful import RULED
from invoicing.storage.tables import accounts, customers, order_items, orders
from invoicing.vat.categories import Category
from invoicing.vat.numbers import EU_COUNTRIES

_EU = sorted(EU_COUNTRIES)
_SELLER = accounts.c.id == orders.c.account_id
_BUYER = and_(customers.c.account_id == orders.c.account_id, customers.c.id == orders.c.customer_id)


def is_lawful() -> ColumnElement[bool]:
    """The seller is complete, and the item may have its VAT category."""
    is_ruled = order_items.c.vat_category.in_(RULED)
    return and_(_seller_is_complete(), or_(~is_ruled, _treatment_is_allowed()))


def _seller_is_complete() -> ColumnElement[bool]:
    """`accounts.completeness.missing_fields` is empty."""
    in_address = ("address_line_1", "locality", "country_code")
    found = exists().where(
        _SELLER,
        accounts.c.legal_name != "",
        *(func.coalesce(accounts.c.address[name].as_string(), "") != "" for name in in_address),
        func.coalesce(accounts.c.vat_number, accounts.c.tax_number, "") != "",
    )
    return found.correlate(orders)


def _treatment_is_allowed() -> ColumnElement[bool]:
    """`vat.treatment.first_breach` finds none for the item alone."""
    parties = accounts.outerjoin(customers, _BUYER)
    found = (
        exists()
        .select_from(parties)
        .where(
            _SELLER,
            accounts.c.vat_country.is_not(None),
            case(
                (order_items.c.vat_category == Category.AE, _buyer_is_identified()),
                (order_items.c.vat_category == Category.K, _is_within_eu()),
                else_=_leaves_the_eu(),
            ),
        )
    )
    return found.correlate(orders, order_items)


def _buyer_vat_country() -> ColumnElement[str | None]:
    """`lawful.buyer_vat_country` of one order."""
    return case((orders.c.vat_number.is_not(None), orders.c.vat_country), else_=customers.c.vat_country)


def _buyer_is_identified() -> ColumnElement[bool]:
    registered = func.coalesce(customers.c.registration_number, "") != ""
    return or_(_buyer_vat_country().is_not(None), registered)


def _is_within_eu() -> ColumnElement[bool]:
    buyer = _buyer_vat_country()
    dates = order_items.c.shipped_at, order_items.c.service_period, orders.c.delivery_date
    is_dated = or_(*(each.is_not(None) for each in dates))
    destination = func.coalesce(_ship_to_country(), _bill_to_country())
    is_sent = or_(
        and_(destination.in_(_EU), destination != accounts.c.vat_country),
        and_(destination == "GB", buyer == "XI"),
    )
    return and_(buyer.in_(_EU), buyer != accounts.c.vat_country, is_dated, is_sent)


def _leaves_the_eu() -> ColumnElement[bool]:
    destination = _ship_to_country()
    goes_with_goods = or_(order_items.c.supply == "GOODS", order_items.c.type != "PRODUCT")
    buyer_decides = or_(destination.is_(None), ~goes_with_goods)
    return or_(_is_outside_eu(destination), and_(_is_outside_eu(_bill_to_country()), buyer_decides))


def _is_outside_eu(country: ColumnElement[str | None]) -> ColumnElement[bool]:
    return func.coalesce(country.not_in(_EU), False)


def _bill_to_country() -> ColumnElement[str | None]:
    return _country_of_first(
        orders.c.billing_address, customers.c.billing_address, customers.c.shipping_address
    )


def _ship_to_country() -> ColumnElement[str | None]:
    return _country_of_first(orders.c.shipping_address, customers.c.shipping_address)


def _country_of_first(*addresses: ColumnElement[JSON]) -> ColumnElement[str | None]:
    """The country of the first address that is not empty."""
    return case(*((_is_filled(each), each["country_code"].as_string()) for each in addresses), else_=None)


def _is_filled(address: ColumnElement[JSON]) -> ColumnElement[bool]:
    return func.coalesce(cast(address, Text), "{}") != "{}"
