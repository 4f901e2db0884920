"""Refunds of all or part of a payment, by hand or through the gateway that took it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from invoicing import checks
from invoicing.access import Principal
from invoicing.accounts.settings import account
from invoicing.checks import checked
from invoicing.errors import NotRefundable, RefundTooHigh, ValidationError
from invoicing.idempotency import asked_by, fingerprint, made_before
from invoicing.ledger import balances, entries
from invoicing.ledger.allocation import apply_payment
from invoicing.payments.charges import PendingPayment, begin, check_enabled, lock_for_payment
from invoicing.payments.manual import NOTES, transferred
from invoicing.payments.values import RefundPaymentValues
from invoicing.storage.tables import Payment


def begin_refund(
    connection: Connection,
    principal: Principal,
    payment_id: str,
    values: RefundPaymentValues,
    *,
    gateways: Sequence[str],
    now: datetime,
) -> PendingPayment:
    """Records a refund. With a `manual_transfer` it is done; otherwise the caller calls the gateway.

    It settles the credit invoices of what was paid first. Without an `amount` it is all that is left.
    """
    key = checks.identifier(values["idempotency_key"], "idempotency_key")
    request = fingerprint("refund_payment", payment_id, values)
    paid = entries.payment(connection, principal.account_id, payment_id)
    paid = lock_for_payment(connection, paid, to_refund=True)
    if made := made_before(connection, principal, entries.under_key, key, asked_by(request)):
        return PendingPayment(made, is_known=True)
    row = {
        **checked(values, NOTES),
        "type": "REFUND",
        "amount": _amount(connection, paid, values.get("amount")),
        "currency": paid.currency,
        "order_id": paid.order_id,
        "invoice_id": paid.invoice_id,
        "refund_of": paid.id,
        "idempotency_key": key,
        "request": request,
    }
    if (transfer := values.get("manual_transfer")) is not None:
        by_hand = transferred(
            account(connection, principal.account_id), transfer, at="manual_transfer.", now=now
        )
        return PendingPayment(_paid_back(connection, principal, {**row, **by_hand}, now=now), is_known=True)
    if paid.gateway is None:
        raise ValidationError(
            "No gateway took this payment, so none can pay it back: say how it was done.",
            field="manual_transfer",
        )
    check_enabled(paid.gateway, gateways, field="payment_id")
    row |= {"method": paid.gateway, "gateway": paid.gateway}
    return PendingPayment(begin(connection, principal, row, now=now), charge=paid.gateway_reference)


def _amount(connection: Connection, paid: Payment, asked: int | None) -> int:
    """The amount to refund: no more than is left of a paid payment."""
    if paid.type != "PAYMENT" or paid.status != "PAID":
        raise NotRefundable(
            f"It is a {paid.type} that is {paid.status}: {NotRefundable.__doc__}", field="payment_id"
        )
    left = balances.refundable(connection, paid.account_id, paid.id)
    amount = left if asked is None else checks.positive_amount(asked, "amount")
    if not 0 < amount <= left:
        raise RefundTooHigh(f"{left} of the payment is left to refund.", field="amount", ids=[paid.id])
    return amount


def _paid_back(
    connection: Connection, principal: Principal, row: dict[str, Any], *, now: datetime
) -> Payment:
    refund = entries.append(connection, principal, {**row, "status": "PAID"}, now=now)
    apply_payment(connection, refund, now=now)
    return refund
