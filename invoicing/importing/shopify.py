"""The orders export of Shopify: each line is an item, and the first one of an order says the rest too."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from fractions import Fraction

from invoicing.importing.columns import Format, Row
from invoicing.importing.sale import NotSold, Sale, ShopTerms, Unclear
from invoicing.importing.shop_orders import (
    Part,
    country_code,
    currency_of,
    handle_of,
    minor,
    number,
    sale_of,
    shown,
)
from invoicing.importing.shopify_taxes import Tax, taxed

_REQUIRED = (
    "Name",
    "Financial Status",
    "Subtotal",
    "Shipping",
    "Taxes",
    "Total",
    "Lineitem quantity",
    "Lineitem name",
    "Lineitem price",
)
_MOST_TAXES = 5
_KNOWN = (
    "Email",
    "Currency",
    "Created at",
    "Cancelled at",
    "Refunded Amount",
    "Discount Code",
    "Discount Amount",
    "Shipping Method",
    "Duties",
    "Lineitem sku",
    "Lineitem taxable",
    "Lineitem discount",
    "Billing Name",
    "Billing Company",
    "Billing Address1",
    "Billing Address2",
    "Billing Street",
    "Billing City",
    "Billing Zip",
    "Billing Province",
    "Billing Country",
    "Shipping Country",
    *(f"Tax {each} {what}" for each in range(1, _MOST_TAXES + 1) for what in ("Name", "Value")),
)
_UNPAID = ("pending", "authorized", "partially_paid", "unpaid", "expired")
_NOT_SOLD = {
    "refunded": ("order_refunded", "The order was paid back."),
    "partially_refunded": ("order_partially_refunded", "A part of the order was paid back."),
    "voided": ("order_voided", "The payment of the order was voided."),
    **dict.fromkeys(_UNPAID, ("order_unpaid", "The order is not paid, or not in full.")),
}
_RATE = re.compile(r"([0-9]{1,3}(?:[.,][0-9]{1,4})?) ?%")
_DATE = re.compile(r"(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d) ([+-]\d\d):?(\d\d)")


def _to_sale(rows: Sequence[Row], terms: ShopTerms) -> Sale:
    at = next((at for at, row in enumerate(rows) if "Total" in row), 0)
    order = rows[at]
    currency = currency_of(order.get("Currency"), terms)
    _check_is_sold(order, terms, currency)
    amounts = _Amounts(order, terms, currency)
    goods = list(_goods(rows, terms, currency))
    discount = _order_discount(goods, amounts, currency)
    shipping, including_vat = _shipping(amounts, discount, currency)
    parts = [*goods]
    if discount:
        parts.append(Part(at, order.get("Discount Code", "Discount"), -discount, type="DISCOUNT"))
    parts.append(Part(at, order.get("Shipping Method", "Shipping"), shipping, type="SHIPPING"))
    if amounts.duties:
        parts.append(Part(at, "Duties", amounts.duties, type="FEE"))
    ship_to = country_code(order.get("Shipping Country", order.get("Billing Country")))
    is_taxable = [rows[part.place].get("Lineitem taxable", "true").casefold() != "false" for part in goods]
    taxes = _taxes(order, terms, currency)
    parts = taxed(parts, is_taxable, taxes, terms, ship_to, including_vat=including_vat, currency=currency)
    return sale_of(
        _order_columns(order, currency, ship_to),
        parts,
        amounts.total,
        amounts.taxes,
        including_vat=including_vat,
        currency=currency,
    )


class _Amounts:
    """What the first line of an order says of all of it."""

    def __init__(self, order: Row, terms: ShopTerms, currency: str) -> None:
        def amount(column: str) -> Fraction:
            return minor(order, column, terms, currency)

        self.subtotal, self.shipping, self.taxes = amount("Subtotal"), amount("Shipping"), amount("Taxes")
        self.total, self.duties = amount("Total"), amount("Duties")
        self.discount = amount("Discount Amount")


def _check_is_sold(order: Row, terms: ShopTerms, currency: str) -> None:
    if "Cancelled at" in order:
        raise NotSold("order_cancelled", f"The order was cancelled at {order['Cancelled at']}.")
    status = order.get("Financial Status", "").casefold().replace(" ", "_")
    if status in _NOT_SOLD:
        raise NotSold(*_NOT_SOLD[status])
    if refunded := minor(order, "Refunded Amount", terms, currency):
        raise NotSold("order_partially_refunded", f"{shown(refunded, currency)} of the order was paid back.")
    if status != "paid":
        raise Unclear("unknown_status", f"Financial Status is “{status}”, which is not known.")


def _goods(rows: Sequence[Row], terms: ShopTerms, currency: str) -> Iterator[Part]:
    for at, row in enumerate(rows):
        if "Lineitem name" not in row and "Lineitem quantity" not in row:
            continue
        quantity = number(row, "Lineitem quantity", terms, at)
        price = minor(row, "Lineitem price", terms, currency, at)
        off = minor(row, "Lineitem discount", terms, currency, at)
        name = row.get("Lineitem name", "")
        sku = row.get("Lineitem sku")
        yield Part(at, name, price * Fraction(quantity) - off, quantity=quantity, discount=off, sku=sku)


def _order_discount(goods: Sequence[Part], amounts: _Amounts, currency: str) -> Fraction:
    """What was taken off the order and not off a line: it is what the subtotal is less than the lines."""
    listed = sum((part.amount for part in goods), Fraction(0))
    off = listed - amounts.subtotal
    if not 0 <= off <= amounts.discount:
        raise Unclear(
            "total_differs",
            f"The lines come to {shown(listed, currency)}, less a discount of up to "
            f"{shown(amounts.discount, currency)}, but the file says a subtotal of "
            f"{shown(amounts.subtotal, currency)}.",
        )
    return off


def _shipping(amounts: _Amounts, discount: Fraction, currency: str) -> tuple[Fraction, bool]:
    """What shipping costs, and whether prices contain VAT: the reading that comes to the file's total.

    A discount on shipping is in the discount of the order, and not in the subtotal.
    """
    for shipping in (amounts.shipping, amounts.shipping - (amounts.discount - discount)):
        without = amounts.subtotal + shipping + amounts.duties
        for including_vat in (True, False):
            if shipping >= 0 and without + (0 if including_vat else amounts.taxes) == amounts.total:
                return shipping, including_vat
    with_vat = amounts.subtotal + amounts.shipping + amounts.duties
    raise Unclear(
        "total_differs",
        f"Subtotal {shown(amounts.subtotal, currency)}, shipping {shown(amounts.shipping, currency)} and "
        f"taxes {shown(amounts.taxes, currency)} come to {shown(with_vat, currency)} if prices contain the "
        f"taxes, and to {shown(with_vat + amounts.taxes, currency)} if not, but the file says a total of "
        f"{shown(amounts.total, currency)}.",
    )


def _taxes(order: Row, terms: ShopTerms, currency: str) -> list[Tax]:
    taxes = []
    for each in range(1, _MOST_TAXES + 1):
        value = minor(order, f"Tax {each} Value", terms, currency)
        found = _RATE.search(order.get(f"Tax {each} Name", ""))
        if value or found:
            rate = Fraction(found[1].replace(",", ".")) * 10_000 if found else Fraction(terms.rate)
            taxes.append(Tax(int(rate), value))
    if not taxes and (value := minor(order, "Taxes", terms, currency)):
        taxes.append(Tax(terms.rate, value))
    return taxes


def _order_columns(order: Row, currency: str, ship_to: str | None) -> dict[str, str]:
    company, person = order.get("Billing Company"), order.get("Billing Name")
    handle = handle_of(None, order.get("Email"))
    columns = {
        "order_number": order.get("Name", "").removeprefix("#"),
        "order_date": _DATE.sub(r"\1T\2\3:\4", order.get("Created at", "")),
        "currency": currency,
        "customer_handle": handle,
        "customer_name": company or person or order.get("Email"),
        "customer_contact_name": person if company and handle else None,
        "customer_email": order.get("Email"),
        "customer_address": order.get("Billing Address1", order.get("Billing Street")),
        "customer_address_2": order.get("Billing Address2"),
        "customer_postal_code": order.get("Billing Zip", "").lstrip("'"),
        "customer_city": order.get("Billing City"),
        "customer_state": order.get("Billing Province"),
        "customer_country": country_code(order.get("Billing Country")),
        "ship_to_country": ship_to,
    }
    return {column: cell for column, cell in columns.items() if cell}


SHOPIFY = Format(
    required=_REQUIRED,
    known=frozenset((*_REQUIRED, *_KNOWN)),
    key=("Name",),
    to_plain=dict,
    including_vat=True,
    to_sale=_to_sale,
    key_prefix="#",
)
