"""Exports of Stripe's dashboard: invoices, and payments. Each line is an order of one item."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from invoicing.importing.columns import Format, Row
from invoicing.importing.sale import NotSold, Sale, ShopTerms, Unclear
from invoicing.importing.shop_orders import (
    Part,
    currency_of,
    handle_of,
    minor,
    number,
    sale_of,
    shown,
    untaxed_category,
)
from invoicing.vat.arithmetic import WHOLE

_OF_CUSTOMER = ("Customer", "Customer ID", "Customer Name", "Customer Email", "Customer Description")
_OF_INVOICES = ("id", "Number", "Currency", "Date (UTC)", "Subtotal", "Tax", "Total", "Status")
_ALSO_OF_INVOICES = ("Tax Percent", "Total Discount Amount", "Applied Coupons", "Description")
_OF_PAYMENTS = ("id", "Created date (UTC)", "Amount", "Currency", "Status")
_ALSO_OF_PAYMENTS = ("Amount Refunded", "Description", "Captured", "Invoice ID")
_NOT_SOLD = {
    **dict.fromkeys(("void", "voided"), ("order_voided", "The invoice was voided.")),
    **dict.fromkeys(("refunded",), ("order_refunded", "The payment was paid back.")),
    **dict.fromkeys(
        ("partially refunded", "partial refund"),
        ("order_partially_refunded", "A part of the payment was paid back."),
    ),
    **dict.fromkeys(("canceled", "cancelled"), ("order_cancelled", "The payment was cancelled.")),
    **dict.fromkeys(
        (
            "draft",
            "open",
            "uncollectible",
            "failed",
            "incomplete",
            "pending",
            "uncaptured",
            "blocked",
            "requires_payment_method",
        ),
        ("order_unpaid", "It is not paid."),
    ),
}
_SOLD = ("paid", "succeeded")
_DATE = re.compile(r"(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d)(:\d\d)?")


def _sale_of_invoice(rows: Sequence[Row], terms: ShopTerms) -> Sale:
    row = _only(rows)
    _check_is_sold(row)
    currency = currency_of(row.get("Currency"), terms)
    subtotal, tax = minor(row, "Subtotal", terms, currency), minor(row, "Tax", terms, currency)
    off, total = minor(row, "Total Discount Amount", terms, currency), minor(row, "Total", terms, currency)
    including_vat = subtotal - off == total
    if not including_vat and subtotal - off + tax != total:
        raise Unclear(
            "total_differs",
            f"A subtotal of {shown(subtotal, currency)}, less {shown(off, currency)}, and a tax of "
            f"{shown(tax, currency)} come to {shown(subtotal - off + tax, currency)}, but the file says a "
            f"total of {shown(total, currency)}.",
        )
    rate = _rate(row, terms) if tax else 0
    name = row.get("Description") or f"Invoice {row.get('Number', row['id'])}"
    part = replace(_part(name, subtotal - off, rate, terms), discount=off)
    return sale_of(
        _order_columns(row, row.get("Number"), row.get("Date (UTC)"), currency),
        [part],
        total,
        tax,
        including_vat=including_vat,
        currency=currency,
    )


def _sale_of_payment(rows: Sequence[Row], terms: ShopTerms) -> Sale:
    """A payment says what was paid, with the VAT that is in it and not named: the rate is the account's."""
    row = _only(rows)
    _check_is_sold(row)
    currency = currency_of(row.get("Currency"), terms)
    if refunded := minor(row, "Amount Refunded", terms, currency):
        raise NotSold("order_partially_refunded", f"{shown(refunded, currency)} of it was paid back.")
    if row.get("Captured", "true").casefold() == "false":
        raise NotSold("order_unpaid", "The payment was not captured.")
    total = minor(row, "Amount", terms, currency)
    part = _part(row.get("Description") or f"Payment {row['id']}", total, terms.rate, terms)
    vat = total * terms.rate / (WHOLE + terms.rate)
    return sale_of(
        _order_columns(row, None, row.get("Created date (UTC)"), currency),
        [part],
        total,
        vat,
        including_vat=True,
        currency=currency,
    )


def _only(rows: Sequence[Row]) -> Row:
    if len(rows) > 1:
        raise Unclear("contradiction", f"{rows[0].get('id')} is on {len(rows)} lines of the file.")
    return rows[0]


def _check_is_sold(row: Row) -> None:
    status = row.get("Status", "").casefold()
    if status in _NOT_SOLD:
        raise NotSold(*_NOT_SOLD[status])
    if status not in _SOLD:
        raise Unclear("unknown_status", f"Status is “{status}”, which is not known.")


def _rate(row: Row, terms: ShopTerms) -> int:
    if "Tax Percent" not in row:
        return terms.rate
    return int(Fraction(number(row, "Tax Percent", terms)) * 10_000)


def _part(name: str, amount: Fraction, rate: int, terms: ShopTerms) -> Part:
    category = None if rate else untaxed_category(terms, None)
    return Part(0, name, amount, rate=rate, category=category)


def _order_columns(row: Row, named: str | None, date: str | None, currency: str) -> dict[str, str]:
    email = row.get("Customer Email")
    customer = row.get("Customer ID", row.get("Customer"))
    columns = {
        "order_number": (named or row.get("id", ""))[:64],
        "order_date": _DATE.sub(r"\1T\2\3+00:00", date or ""),
        "currency": currency,
        "customer_handle": handle_of(customer, email),
        "customer_name": row.get("Customer Name") or row.get("Customer Description") or email or customer,
        "customer_email": email,
    }
    return {column: cell for column, cell in columns.items() if cell}


_PAYMENTS = Format(
    required=_OF_PAYMENTS,
    known=frozenset((*_OF_PAYMENTS, *_ALSO_OF_PAYMENTS, *_OF_CUSTOMER)),
    key=("id",),
    to_plain=dict,
    including_vat=True,
    to_sale=_sale_of_payment,
)
STRIPE = Format(
    required=_OF_INVOICES,
    known=frozenset((*_OF_INVOICES, *_ALSO_OF_INVOICES, *_OF_CUSTOMER)),
    key=("id",),
    to_plain=dict,
    including_vat=True,
    to_sale=_sale_of_invoice,
    alternative=_PAYMENTS,
)
