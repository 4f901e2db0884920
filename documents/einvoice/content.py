"""What an e-invoice says, in the terms of EN 16931: made of the snapshot, written by each syntax alike.

A credit invoice says what it gives back with positive amounts (UNTDID 1001: 381), where the snapshot has
negative ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from documents.einvoice.numbers import comes_to, exact_price_text, price_text, without_vat
from documents.einvoice.payment import Payment, payment_of
from documents.einvoice.traders import Delivery, Trader, buyer_of, delivery_of, seller_of
from invoicing.currencies import minor_digits
from invoicing.decimals import price_of
from invoicing.snapshot import CreditedInvoice, Line, Period, Snapshot
from invoicing.units import code_of

INVOICE, CREDIT_NOTE = "380", "381"
_VATEX = {"AE": "VATEX-EU-AE", "K": "VATEX-EU-IC", "G": "VATEX-EU-G", "O": "VATEX-EU-O"}


class Item(NamedTuple):
    """An invoice line (BG-25). `allowance` is taken off (BG-27); below zero it is a charge (BG-28)."""

    number: int  # BT-126
    name: str
    description: str | None
    sku: str | None
    quantity: int  # BT-129, millionths
    unit: str
    net: int  # BT-131
    price: str  # BT-146
    allowance: int
    allowance_reason: str
    category: str
    rate: int
    period: Period | None


@dataclass(frozen=True, slots=True, kw_only=True)
class VatGroup:
    """A row of the VAT breakdown (BG-23)."""

    category: str
    rate: int
    base: int
    amount: int
    reason_code: str | None  # BT-121, VATEX
    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxTotal:
    """The VAT in the currency in which the seller declares it (BT-6, BT-111)."""

    currency: str
    decimals: int
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """All of an e-invoice. Amounts are whole minor units of `currency`, which has so many `decimals`."""

    number: str
    type_code: str
    issued_on: str
    due_on: str | None
    currency: str
    decimals: int
    tax_total: TaxTotal | None
    note: str | None
    buyer_reference: str | None
    purchase_order_number: str | None
    accounting_reference: str | None  # BT-19
    period: Period | None
    preceding: Sequence[CreditedInvoice]
    is_of_orders: bool
    seller: Trader
    buyer: Trader
    delivery: Delivery | None
    payment: Payment
    items: Sequence[Item]
    vat: Sequence[VatGroup]
    total_ex_vat: int
    total_vat: int
    total: int
    paid: int
    rounding: int

    @property
    def is_credit(self) -> bool:
        return self.type_code == CREDIT_NOTE

    @property
    def payable(self) -> int:
        """BT-115."""
        return self.total - self.paid + self.rounding


def content_of(invoice: Snapshot) -> Content:
    """What the e-invoice of the snapshot says, whatever the format."""
    sign = -1 if invoice.type == "CREDIT" else 1
    decimals = decimals_of(invoice)
    is_outside_scope = any(row.category == "O" for row in invoice.vat)
    payable = sign * invoice.due - invoice.paid
    return Content(
        number=invoice.number,
        type_code=CREDIT_NOTE if invoice.type == "CREDIT" else INVOICE,
        issued_on=invoice.issued_on.isoformat(),
        due_on=None if invoice.due_on is None else invoice.due_on.isoformat(),
        currency=invoice.currency,
        decimals=decimals,
        tax_total=_tax_total(invoice, sign),
        note=invoice.note,
        buyer_reference=invoice.buyer.reference,
        purchase_order_number=invoice.purchase_order_number,
        accounting_reference=invoice.cost_center,
        period=invoice.service_period,
        preceding=invoice.credits,
        is_of_orders=bool(invoice.orders),
        seller=seller_of(invoice, without_vat_number=is_outside_scope),
        buyer=buyer_of(invoice, without_vat_number=is_outside_scope),
        delivery=delivery_of(invoice),
        payment=payment_of(invoice, is_to_be_paid=payable > 0),
        items=[
            _item(number, line, sign, decimals, invoice.is_including_vat)
            for number, line in enumerate(invoice.lines, 1)
        ],
        vat=[
            VatGroup(
                category=row.category,
                rate=row.rate,
                base=sign * row.base,
                amount=sign * row.amount,
                reason_code=_VATEX.get(row.category),
                reason=row.exemption_reason,
            )
            for row in invoice.vat
        ],
        total_ex_vat=sign * invoice.total_ex_vat,
        total_vat=sign * invoice.total_vat,
        total=sign * invoice.total,
        paid=invoice.paid,
        rounding=sign * invoice.rounding,
    )


def decimals_of(invoice: Snapshot) -> int:
    """The decimals of the invoice's amounts."""
    if invoice.currency_decimals is not None:
        return invoice.currency_decimals
    return minor_digits(invoice.currency)


def _tax_total(invoice: Snapshot, sign: int) -> TaxTotal | None:
    tax = invoice.vat_in_tax_currency
    if tax is None or tax.amount is None or tax.currency == invoice.currency:
        return None
    return TaxTotal(currency=tax.currency, decimals=tax.decimals, amount=sign * tax.amount)


def _item(number: int, line: Line, sign: int, decimals: int, including_vat: bool) -> Item:
    """A price is never negative (BR-27): what is taken off is so by a negative quantity."""
    price, quantity, net = price_of(line), sign * line.quantity, sign * line.total_ex_vat
    if price < 0:
        price, quantity = -price, -quantity
    discount = sign * line.discount
    if including_vat:
        discount = without_vat(discount, line.vat_rate)
    if including_vat or not comes_to(price, quantity, net + discount, decimals):
        shown_price = price_text(net + discount, quantity, decimals)
    else:
        shown_price = exact_price_text(price, decimals)
    return Item(  # by their places, which takes half the time
        number,
        line.name,
        line.description,
        line.sku,
        quantity,
        code_of(line.unit) or line.unit,
        net,
        shown_price,
        discount,
        line.discount_reason or "Discount",
        line.vat_category,
        line.vat_rate,
        line.service_period,
    )
