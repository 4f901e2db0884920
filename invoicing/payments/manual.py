"""Payments that were made elsewhere and are recorded here, on an order or on an invoice."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from invoicing import checks
from invoicing.access import Principal
from invoicing.accounts.settings import account
from invoicing.checks import checked, optional, text
from invoicing.errors import AmountTooLarge, MixedCurrencies, ValidationError
from invoicing.idempotency import asked_by, fingerprint, made_before
from invoicing.ledger import balances, entries
from invoicing.ledger.allocation import apply_payment, pay_invoice
from invoicing.ledger.distribution import Allocation
from invoicing.locks import LockedInvoice, lock_sales_of
from invoicing.money import MAX_AMOUNT
from invoicing.orders.intake import find_order
from invoicing.payments.payable import (
    check_payable,
    lock_payable,
    outstanding_or_refuse,
    settled_before,
)
from invoicing.payments.values import ManualTransferValues, RecordPaymentValues
from invoicing.storage.tables import Account, Payment


class ManualTransferMethod(StrEnum):
    """How money is paid without a gateway."""

    CASH = "CASH"
    BANK_TRANSFER = "BANK_TRANSFER"
    CHECK = "CHECK"
    OTHER = "OTHER"


NOTES: Mapping[str, checks.Check] = {"reference": optional(text(255)), "comment": optional(text(1_000))}
_RECORDED: Mapping[str, checks.Check] = {"amount": checks.positive_amount, "method": text(64), **NOTES}
_TRANSFER: Mapping[str, checks.Check] = {"method": checks.one_of(ManualTransferMethod), **NOTES}


def record_payment(
    connection: Connection, principal: Principal, values: RecordPaymentValues, *, now: datetime
) -> Payment:
    """Records a payment that was made elsewhere, on the order or the invoice named in `values`.

    On an order it pays the order's invoices in order of issue, future ones too. A surplus on an invoice stays
    with the payment: OVERPAID.
    """
    row = checked(values, _RECORDED)
    key = checks.identifier(values["idempotency_key"], "idempotency_key")
    request = fingerprint("record_payment", values)
    currency = _currency_of_target(connection, principal, values)
    if made := made_before(connection, principal, entries.under_key, key, asked_by(request)):
        return made
    if values.get("currency") not in (None, currency):
        raise MixedCurrencies(f"It is to be paid in {currency}.", field="currency")
    outstanding = _checked_outstanding(connection, principal, values)
    row |= {
        "order_id": values.get("order_id"),
        "invoice_id": values.get("invoice_id"),
        "currency": currency,
        "paid_at": _past(values.get("paid_at") or now, now),
        "idempotency_key": key,
        "request": request,
    }
    return _paid(connection, principal, row, outstanding, now=now)


def settle_invoice_manually(
    connection: Connection,
    principal: Principal,
    invoice_id: str,
    transfer: ManualTransferValues,
    *,
    key: str | None = None,
    at: str = "",
    now: datetime,
) -> Payment:
    """Records that all that is outstanding on an invoice was paid without a gateway.

    The same transfer again returns the payment recorded the first time. `at` is where
    the transfer stands in the input, with a dot.
    """
    request = fingerprint("settle_invoice_manually", invoice_id, transfer)
    row = transferred(account(connection, principal.account_id), transfer, at=at, now=now)
    key = optional(checks.identifier)(key, "idempotency_key")
    invoice = lock_payable(connection, principal, invoice_id, field="id")
    if made := settled_before(connection, principal, invoice_id, key, request):
        return made
    outstanding = outstanding_or_refuse(connection, principal, invoice_id)
    row |= {
        "amount": outstanding,
        "invoice_id": invoice_id,
        "currency": invoice.currency,
        "idempotency_key": key,
        "request": request,
    }
    return _paid(connection, principal, row, outstanding, now=now)


def settle_new_invoice(
    connection: Connection,
    principal: Principal,
    seller: Account,
    invoice: LockedInvoice,
    transfer: ManualTransferValues,
    *,
    key: str | None,
    at: str,
    now: datetime,
) -> None:
    """The same for an invoice that this transaction has issued, as paid in full by this transfer."""
    row = transferred(seller, transfer, at=at, now=now)
    key = optional(checks.identifier)(key, "idempotency_key")
    check_payable(invoice, field="id")
    row |= {
        "type": "PAYMENT",
        "status": "PAID",
        "amount": invoice.due,
        "invoice_id": invoice.id,
        "currency": invoice.currency,
        "idempotency_key": key,
        "request": fingerprint("settle_invoice_manually", invoice.id, transfer),
    }
    payment = entries.append(connection, principal, row, now=now)
    part = Allocation(payment.id, invoice.id, payment.amount)
    entries.allocate(connection, principal.account_id, [part], now=now)


def transferred(seller: Account, transfer: ManualTransferValues, *, at: str, now: datetime) -> dict[str, Any]:
    """A payment's columns of a manual transfer: its day begins in the account's time zone."""
    zone = ZoneInfo(seller.timezone)
    day = checks.day(transfer["payment_date"], f"{at}payment_date")
    if day > now.astimezone(zone).date():
        raise ValidationError(
            f"{at}payment_date must not be in the future (it is {day}).", field=f"{at}payment_date"
        )
    paid_at = datetime.combine(day, time(), zone).astimezone(UTC)
    return {**checked(transfer, _TRANSFER, at=at), "paid_at": paid_at}


def _past(paid_at: datetime, now: datetime) -> datetime:
    """Refuses a date in the future. One day ahead is accepted, since clocks and time zones differ."""
    if paid_at > now + timedelta(days=1):
        raise ValidationError(f"paid_at must not be in the future (it is {paid_at}).", field="paid_at")
    return paid_at


def _currency_of_target(connection: Connection, principal: Principal, values: RecordPaymentValues) -> str:
    """The currency of what is paid, which is locked: nobody else can pay it until the transaction ends."""
    order_id, invoice_id = values.get("order_id"), values.get("invoice_id")
    if (order_id is None) == (invoice_id is None):
        raise ValidationError("Name the order or the invoice that was paid, one of them.", field="invoice_id")
    if order_id is not None:
        order = find_order(connection, principal, order_id, lock=True, field="order_id")
        lock_sales_of(connection, principal.account_id, order_id)
        return order.currency
    return lock_payable(connection, principal, str(invoice_id), field="invoice_id").currency


def _checked_outstanding(
    connection: Connection, principal: Principal, values: RecordPaymentValues
) -> int | None:
    """What is outstanding on the invoice before the payment, None on an order.

    Refuses a payment that would make the sum of payments larger than an amount can be.
    """
    order_id, account_id = values.get("order_id"), principal.account_id
    outstanding = None
    if order_id is not None:
        so_far = sum(each.left for each in balances.available_on(connection, account_id, [order_id]))
    else:
        invoice_id = str(values["invoice_id"])
        money = balances.balances_of(connection, account_id, [invoice_id])[invoice_id].money
        so_far, outstanding = money.paid, money.outstanding
    if so_far + values["amount"] > MAX_AMOUNT:
        raise AmountTooLarge(
            f"{so_far} was paid there already; with this it would pass {MAX_AMOUNT}.", field="amount"
        )
    return outstanding


def _paid(
    connection: Connection,
    principal: Principal,
    row: Mapping[str, Any],
    outstanding: int | None,
    *,
    now: datetime,
) -> Payment:
    """The payment, on an invoice of which so much was `outstanding` before it, or on an order."""
    payment = entries.append(connection, principal, {"type": "PAYMENT", "status": "PAID", **row}, now=now)
    if outstanding is None:
        apply_payment(connection, payment, now=now)
    else:
        pay_invoice(connection, payment, outstanding - payment.amount, now=now)
    return payment
