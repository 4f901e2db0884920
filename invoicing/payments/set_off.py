"""Setting off what is owed to a buyer against another of their invoices, without money changing hands.

It is written down as what it stands for: the payments from which the money came are refunded, and the other
invoice is paid with it, both by the method SET_OFF and in one commit. So the same money cannot also be paid
back, and what was set off can be refunded like any payment.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from invoicing import checks
from invoicing.access import Principal
from invoicing.errors import (
    CreditTooHigh,
    MixedCurrencies,
    MixedCustomers,
    NotFound,
    NothingOwed,
    NotPayable,
    ValidationError,
)
from invoicing.idempotency import asked_by, fingerprint, made_before
from invoicing.ledger import balances, entries
from invoicing.ledger.allocation import apply_payment
from invoicing.ledger.distribution import Allocation, spread
from invoicing.locks import LockedInvoice, lock_invoices, orders_on, originals_of
from invoicing.payments.payable import outstanding_or_refuse, refuse_while_charging
from invoicing.storage.tables import Payment
from invoicing.webhooks import events

SET_OFF = "SET_OFF"


def apply_credit(
    connection: Connection,
    principal: Principal,
    invoice_id: str,
    to_invoice_id: str,
    amount: int | None = None,
    *,
    key: str,
    now: datetime,
) -> Payment:
    """Sets what a credit invoice owes, or what an invoice was overpaid, off against an open invoice.

    Without an amount it is as much as possible. Returns the payment of the open invoice.
    """
    checks.identifier(key, "idempotency_key")
    request = fingerprint("apply_credit", invoice_id, to_invoice_id, amount)
    source, target, sales = _locked(connection, principal, invoice_id, to_invoice_id)
    if made := made_before(connection, principal, entries.under_key, key, asked_by(request)):
        return made
    _check_alike(connection, principal, source, target)
    refuse_while_charging(connection, principal, target.id, field="to_invoice_id")
    asked = outstanding_or_refuse(connection, principal, target.id, field="to_invoice_id")
    orders = orders_on(connection, principal.account_id, source.id) if source.type == "CREDIT" else []
    paid = balances.refundable_on(connection, principal.account_id, sales, orders)
    under_way = balances.refunds_under_way(connection, principal.account_id, sales, orders)
    owed = -_outstanding(connection, principal.account_id, source.id) - under_way
    moved = _amount(amount, min(owed, asked, sum(each.left for each in paid)), source)
    row = {"amount": moved, "invoice_id": target.id, "reference": source.number, "idempotency_key": key}
    payment = entries.append(
        connection, principal, {**_common(source, request, now), "type": "PAYMENT", **row}, now=now
    )
    _pay_back(connection, principal, source, paid, payment, reference=target.number, now=now)
    apply_payment(connection, payment, now=now)
    return payment


def _locked(
    connection: Connection, principal: Principal, invoice_id: str, to_invoice_id: str
) -> tuple[LockedInvoice, LockedInvoice, list[str]]:
    """Both invoices, and the ids of the invoices that were paid for what the first one owes: all locked."""
    named = {"invoice_id": invoice_id, "to_invoice_id": to_invoice_id}
    if invoice_id == to_invoice_id:
        raise ValidationError("to_invoice_id must be another invoice.", field="to_invoice_id")
    sales = originals_of(connection, principal.account_id, [invoice_id]) or [invoice_id]
    locked = lock_invoices(connection, principal.account_id, {*named.values(), *sales})
    found = {each.id: each for each in locked}
    for field, id in named.items():
        if id not in found:
            raise NotFound(f"There is no invoice {id}.", field=field, ids=[id])
    return found[invoice_id], found[to_invoice_id], sales


def _check_alike(
    connection: Connection, principal: Principal, source: LockedInvoice, target: LockedInvoice
) -> None:
    if target.type == "CREDIT" or target.due < 0:
        raise NotPayable(
            f"{target.number} asks for no money: name an open invoice.",
            field="to_invoice_id",
            ids=[target.id],
        )
    buyers = [
        each.customer_id or orders_on(connection, principal.account_id, each.id) for each in (source, target)
    ]
    if buyers[0] != buyers[1] or not buyers[0]:
        raise MixedCustomers(
            f"{source.number} and {target.number} are of different customers.",
            field="to_invoice_id",
            ids=[target.id],
        )
    if source.currency != target.currency:
        raise MixedCurrencies(
            f"{source.number} is in {source.currency}, {target.number} in {target.currency}.",
            field="to_invoice_id",
            ids=[target.id],
        )


def _amount(asked: int | None, most: int, source: LockedInvoice) -> int:
    """The amount to set off: what is asked for, or all that is possible."""
    if most <= 0:
        raise NothingOwed(field="invoice_id", ids=[source.id])
    amount = most if asked is None else checks.positive_amount(asked, "amount")
    if amount > most:
        raise CreditTooHigh(f"{most} can be set off (it is {amount}).", field="amount", ids=[source.id])
    return amount


def _pay_back(
    connection: Connection,
    principal: Principal,
    source: LockedInvoice,
    paid: Sequence[balances.Refundable],
    payment: Payment,
    *,
    reference: str,
    now: datetime,
) -> None:
    """Takes the payment's amount out of those that it comes from, the first ones first; this settles the
    source."""
    by_id = {each.id: each for each in paid}
    parts = spread(payment.id, payment.amount, [(each.id, each.left) for each in paid])
    for place, part in enumerate(parts):
        original = by_id[part.invoice_id]
        row = {
            **_common(source, payment.request, now),
            "type": "REFUND",
            "amount": part.amount,
            "order_id": original.order_id,
            "invoice_id": original.invoice_id,
            "refund_of": original.id,
            "reference": reference,
            "idempotency_key": f"{payment.id}:{place}",
        }
        refund = entries.append(connection, principal, row, now=now)
        back = Allocation(refund.id, source.id, part.amount)
        entries.allocate(connection, principal.account_id, [back], now=now)
        events.emit_for_refund(connection, refund, now=now)
    if _outstanding(connection, principal.account_id, source.id) == 0:
        entries.settle(connection, principal.account_id, [source.id], now=now)


def _common(source: LockedInvoice, request: str, now: datetime) -> dict[str, Any]:
    """What the payment and its refunds have in common."""
    return {
        "status": "PAID",
        "method": SET_OFF,
        "currency": source.currency,
        "paid_at": now,
        "request": request,
    }


def _outstanding(connection: Connection, account_id: str, invoice_id: str) -> int:
    return balances.balances_of(connection, account_id, [invoice_id])[invoice_id].money.outstanding
