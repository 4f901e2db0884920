"""Order exports of WooCommerce with a line for each item.

The columns of two plugins are known: Advanced Order Export For WooCommerce, and WooCommerce's own extension
Customer / Order / Coupon Export. All their amounts are without VAT, with the VAT beside them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
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
    shown_rounded,
    untaxed_category,
)
from invoicing.importing.woocommerce_rates import Untold, rates_of
from invoicing.vat.arithmetic import WHOLE

_NAMES = {
    "number": ("Order Number", "order_number"),
    "status": ("Order Status", "status"),
    "date": ("Order Date", "order_date", "date"),
    "currency": ("Currency", "order_currency"),
    "first_name": ("First Name (Billing)", "billing_first_name"),
    "last_name": ("Last Name (Billing)", "billing_last_name"),
    "company": ("Company (Billing)", "billing_company"),
    "email": ("Email (Billing)", "billing_email"),
    "address": ("Address 1 (Billing)", "Address 1&2 (Billing)", "billing_address_1"),
    "address_2": ("Address 2 (Billing)", "billing_address_2"),
    "postal_code": ("Postcode (Billing)", "billing_postcode"),
    "city": ("City (Billing)", "billing_city"),
    "state": ("State Code (Billing)", "billing_state"),
    "country": ("Country Code (Billing)", "billing_country"),
    "ship_to": ("Country Code (Shipping)", "shipping_country"),
    "sku": ("SKU", "item_sku"),
    "name": ("Item Name", "item_name"),
    "quantity": ("Quantity", "Quantity (- Refund)", "item_quantity"),
    "price": ("Item Cost",),
    "amount": ("Order Line Total", "Order Line (w/o tax)", "item_total"),
    "amount_tax": ("Order Line Tax", "item_total_tax"),
    "before": ("Order Line Subtotal", "item_subtotal"),
    "before_tax": ("Order Line Subtotal Tax", "item_subtotal_tax"),
    "rate": ("Item Tax Rate",),
    "shipping_name": ("Shipping Method Title", "shipping_method"),
    "shipping": ("Order Shipping Amount", "shipping_total"),
    "shipping_tax": ("Order Shipping Tax Amount", "shipping_tax_total"),
    "fee": ("Order Total Fee", "fee_total"),
    "fee_tax": ("fee_tax_total",),
    "tax": ("Order Total Tax Amount", "tax_total"),
    "total": ("Order Total Amount", "order_total"),
    "refunded": ("Order Refund Amount", "refunded_total"),
}
"""What each thing is called: by the first plugin, then by the second."""

_NOT_SOLD = {
    "cancelled": ("order_cancelled", "The order was cancelled."),
    "refunded": ("order_refunded", "The order was paid back."),
    "failed": ("order_unpaid", "The payment of the order failed."),
    **dict.fromkeys(
        ("pending", "pending payment", "on hold", "checkout draft", "draft"),
        ("order_unpaid", "The order is not paid."),
    ),
}
_SOLD = ("completed", "processing")
_DATE = re.compile(r"(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d)(:\d\d)?.*")


class _Cells:
    """A row by what its cells are, whichever plugin has written it."""

    def __init__(self, row: Row, terms: ShopTerms, currency: str, place: int) -> None:
        self._row, self._terms, self.currency, self._place = row, terms, currency, place

    def text(self, what: str) -> str | None:
        return next((self._row[name] for name in _NAMES[what] if name in self._row), None)

    def amount(self, what: str) -> Fraction:
        return minor(self._row, self._column(what), self._terms, self.currency, self._place)

    def has(self, what: str) -> bool:
        return self.text(what) is not None

    def number(self, what: str, default: str = "0") -> str:
        return number(self._row, self._column(what), self._terms, self._place, default)

    def _column(self, what: str) -> str:
        return next((name for name in _NAMES[what] if name in self._row), _NAMES[what][0])


def _to_sale(rows: Sequence[Row], terms: ShopTerms) -> Sale:
    at = next((at for at, row in enumerate(rows) if _Cells(row, terms, "EUR", at).has("total")), 0)
    currency = currency_of(_Cells(rows[at], terms, "EUR", at).text("currency"), terms)
    order = _Cells(rows[at], terms, currency, at)
    _check_is_sold(order, currency)
    ship_to = country_code(order.text("ship_to") or order.text("country"))
    lines = [_Cells(row, terms, currency, each) for each, row in enumerate(rows)]
    parts = list(_parts(at, lines, order, terms, ship_to))
    return sale_of(
        _order_columns(order, currency, ship_to),
        parts,
        order.amount("total"),
        order.amount("tax"),
        including_vat=True,
        currency=currency,
    )


def _check_is_sold(order: _Cells, currency: str) -> None:
    status = (order.text("status") or "").casefold().removeprefix("wc-").replace("-", " ")
    if status in _NOT_SOLD:
        raise NotSold(*_NOT_SOLD[status])
    if refunded := order.amount("refunded"):
        raise NotSold("order_partially_refunded", f"{shown(abs(refunded), currency)} of it was paid back.")
    if status not in _SOLD:
        raise Unclear("unknown_status", f"The status is “{status}”, which is not known.")


def _parts(
    at: int, lines: Sequence[_Cells], order: _Cells, terms: ShopTerms, ship_to: str | None
) -> Iterator[Part]:
    """The items, shipping and fees, with VAT: their own, or by the account's rate where that is not told."""
    drafts = [*_goods(lines), *_extras(at, order)]
    rates = iter(rates_of([untold for _, untold in drafts if untold.tax is not None], terms))
    of_all = _rate_of_all([untold for _, untold in drafts], order, terms)
    for part, untold in drafts:
        tax = untold.tax
        rate = of_all if tax is None else next(rates)
        gross = untold.net + (untold.net * rate / WHOLE if tax is None else tax)
        yield replace(
            part,
            amount=gross,
            discount=max(part.discount - gross, Fraction(0)) if part.discount else Fraction(0),
            rate=rate,
            category=None if rate else untaxed_category(terms, ship_to),
        )


def _rate_of_all(amounts: Sequence[Untold], order: _Cells, terms: ShopTerms) -> int:
    """The rate where the export has the VAT of the order alone: it must give that VAT."""
    told = order.amount("tax")
    rate = terms.rate if told else 0
    ours = sum((each.net * rate / WHOLE if each.tax is None else each.tax for each in amounts), Fraction(0))
    if abs(ours - told) > len(amounts) + 1 and any(each.tax is None for each in amounts):
        would_be, is_told = shown_rounded(ours, order.currency), shown(told, order.currency)
        raise Unclear(
            "vat_differs",
            f"At {rate / 10_000:g} % the VAT would be {would_be}, but the file says {is_told}: "
            "say the rate with --vat-rate or, if there are several, add the columns Order Line Total, Order "
            "Line Tax and Order Shipping Tax Amount to the export.",
        )
    return rate


def _goods(lines: Sequence[_Cells]) -> Iterator[tuple[Part, Untold]]:
    """Each item and its amount without VAT; its `discount` is yet what it came to before."""
    for at, line in enumerate(lines):
        if not line.has("name") and not line.has("quantity"):
            continue
        quantity = line.number("quantity", "1")
        net = line.amount("amount") if line.has("amount") else line.amount("price") * Fraction(quantity)
        before = line.amount("before") + line.amount("before_tax") if line.has("before_tax") else Fraction(0)
        part = Part(
            at, line.text("name") or "", net, quantity=quantity, discount=before, sku=line.text("sku")
        )
        tax = line.amount("amount_tax") if line.has("amount_tax") else None
        yield part, Untold(net, tax, line.text("rate") if tax is not None else None)


def _extras(at: int, order: _Cells) -> Iterator[tuple[Part, Untold]]:
    """Shipping and fees, of which an export has the sums. A fee below zero is a discount."""
    for kind, what, name in (
        ("SHIPPING", "shipping", order.text("shipping_name") or "Shipping"),
        ("FEE", "fee", "Fee"),
    ):
        if net := order.amount(what):
            tax = order.amount(f"{what}_tax") if order.has(f"{what}_tax") else None
            yield Part(at, name, net, type=kind if net > 0 else "DISCOUNT"), Untold(net, tax)


def _order_columns(order: _Cells, currency: str, ship_to: str | None) -> dict[str, str]:
    person = " ".join(filter(None, (order.text("first_name"), order.text("last_name"))))
    company, email = order.text("company"), order.text("email")
    handle = handle_of(None, email)
    columns = {
        "order_number": (order.text("number") or "").removeprefix("#"),
        "order_date": _DATE.sub(r"\1T\2\3", order.text("date") or ""),
        "currency": currency,
        "customer_handle": handle,
        "customer_name": company or person or email,
        "customer_contact_name": person if company and handle else None,
        "customer_email": email,
        "customer_address": order.text("address"),
        "customer_address_2": order.text("address_2"),
        "customer_postal_code": order.text("postal_code"),
        "customer_city": order.text("city"),
        "customer_state": order.text("state"),
        "customer_country": country_code(order.text("country")),
        "ship_to_country": ship_to,
    }
    return {column: cell for column, cell in columns.items() if cell}


def _format(required: Sequence[str]) -> Format:
    names = [name for called in _NAMES.values() for name in called]
    return Format(
        required=required,
        known=frozenset(names),
        key=_NAMES["number"],
        to_plain=dict,
        including_vat=True,
        to_sale=_to_sale,
        key_prefix="#",
    )


_OF_EXTENSION = _format(("order_number", "status", "item_name", "item_quantity", "item_total", "order_total"))
WOOCOMMERCE = replace(
    _format(
        (
            "Order Number",
            "Order Status",
            "Item Name",
            "Item Cost",
            "Order Total Amount",
            "Order Total Tax Amount",
        )
    ),
    alternative=_OF_EXTENSION,
)
