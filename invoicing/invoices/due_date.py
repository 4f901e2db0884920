"""When an invoice is to be paid."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from invoicing import checks
from invoicing.errors import ValidationError
from invoicing.storage.tables import Account, Customer, Order


def due_date(asked: date | None, today: date, terms: int) -> date:
    """The day that was asked for, which is not before today, or the one by the terms of payment in days."""
    if asked is None:
        return today + timedelta(days=terms)
    if asked < today:
        raise ValidationError(
            f"due_on must not be before the date of issue, {today} (it is {asked}).", field="due_on"
        )
    return checks.day(asked, "due_on")


def terms_of_customer(seller: Account, customer: Customer | None) -> int:
    """The customer's own terms of payment, else the account's."""
    if customer is None or customer.payment_terms_days is None:
        return seller.payment_terms_days
    return customer.payment_terms_days


def terms_of_orders(seller: Account, customer: Customer | None, covered: Sequence[Order]) -> int:
    """The orders' own terms, else the customer's, else the account's. Of several orders the longest counts:
    nobody has to pay earlier than was agreed."""
    otherwise = terms_of_customer(seller, customer)
    return max(
        otherwise if order.payment_terms_days is None else order.payment_terms_days for order in covered
    )
