"""Which invoice gets how much of a payment, a refund or a credit. Pure: amounts in, amounts out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(slots=True)
class Available:
    """What is left to give of a payment on an order."""

    payment_id: str
    order_id: str
    left: int


@dataclass(slots=True)
class OpenInvoice:
    """An invoice that asks for money, and how much of it each order's payments may pay."""

    invoice_id: str
    outstanding: int
    shares: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Allocation:
    """The amount of `source` (a payment, a refund or a credit invoice) that goes to the invoice."""

    source: str
    invoice_id: str
    amount: int


def spread_payments(payments: Sequence[Available], invoices: Iterable[OpenInvoice]) -> list[Allocation]:
    """Pays the invoices in their order from the payments in theirs.

    An order's payments pay no more of an invoice than the order's own share of it. Where several orders share
    an invoice, the payments of one order do not pay for another.
    """
    parts = []
    for invoice in invoices:
        shares = dict(invoice.shares)
        for payment in payments:
            amount = min(payment.left, shares.get(payment.order_id, 0), invoice.outstanding)
            if amount <= 0:
                continue
            payment.left -= amount
            invoice.outstanding -= amount
            shares[payment.order_id] -= amount
            parts.append(Allocation(payment.payment_id, invoice.invoice_id, amount))
    return parts


def spread(source: str, amount: int, room: Iterable[tuple[str, int]]) -> list[Allocation]:
    """Gives `amount` to the invoices in their order, to each no more than it has room for."""
    parts = []
    for invoice_id, most in room:
        taken = min(amount, most)
        if taken > 0:
            amount -= taken
            parts.append(Allocation(source, invoice_id, taken))
    return parts
