"""An invoice that is about to be paid: it is locked, and what is outstanding is computed."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import BindParameter, Connection, bindparam, select

from invoicing.access import Principal
from invoicing.errors import AlreadySettled, NotFound, NotPayable, PaymentUnderWay
from invoicing.idempotency import asked_by, made_before
from invoicing.ledger import balances, entries
from invoicing.locks import LockedInvoice, lock_invoices
from invoicing.storage import rows
from invoicing.storage.prepared import Prepared
from invoicing.storage.tables import Payment, payments

_MINE: BindParameter[str] = bindparam("account")
_LIVE_PAYMENTS = Prepared(
    select(payments)
    .where(
        payments.c.account_id == _MINE,
        payments.c.invoice_id == bindparam("invoice"),
        payments.c.type == "PAYMENT",
        payments.c.status.in_(("PENDING", "PAID")),
    )
    .order_by(payments.c.created_at.desc(), payments.c.id.desc())
)


def lock_payable(
    connection: Connection, principal: Principal, invoice_id: str, *, field: str
) -> LockedInvoice:
    """The invoice, locked: nobody else can pay it until the transaction ends."""
    locked = lock_invoices(connection, principal.account_id, [invoice_id])
    if not locked:
        raise NotFound(f"There is no invoice {invoice_id}.", field=field, ids=[invoice_id])
    (found,) = locked
    check_payable(found, field=field)
    return found


def check_payable(invoice: LockedInvoice, *, field: str) -> None:
    """Refuses a payment on an invoice that asks for nothing."""
    if invoice.type == "CREDIT" and invoice.due <= 0:
        raise NotPayable(field=field, ids=[invoice.id])
    if invoice.due < 0:
        raise NotPayable(
            "The invoice is in the buyer's favour: nothing is paid on it.", ids=[invoice.id], field=field
        )


def settled_before(
    connection: Connection, principal: Principal, invoice_id: str, key: str | None, request: str
) -> Payment | None:
    """The payment that the same request made before: found by its key or, without a key, while it is live."""
    if made := made_before(connection, principal, entries.under_key, key, asked_by(request)):
        return made
    live = _live_payments(connection, principal, invoice_id)
    same = next((each for each in live if key is None and each.request == request), None)
    if same and (same.status == "PENDING" or _outstanding(connection, principal, invoice_id) <= 0):
        return same  # otherwise it was refunded since, and is to be paid again
    _refuse_pending(live)
    return None


def refuse_while_charging(
    connection: Connection, principal: Principal, invoice_id: str, *, field: str = "id"
) -> None:
    """Refuses while a charge for the invoice, which is locked, is pending."""
    _refuse_pending(_live_payments(connection, principal, invoice_id), field=field)


def outstanding_or_refuse(
    connection: Connection, principal: Principal, invoice_id: str, *, field: str = "id"
) -> int:
    """What is outstanding on the invoice; AlreadySettled if nothing is."""
    asked = _outstanding(connection, principal, invoice_id)
    if asked <= 0:
        raise AlreadySettled(field=field, ids=[invoice_id])
    return asked


def _outstanding(connection: Connection, principal: Principal, invoice_id: str) -> int:
    return balances.balances_of(connection, principal.account_id, [invoice_id])[invoice_id].money.outstanding


def _live_payments(connection: Connection, principal: Principal, invoice_id: str) -> list[Payment]:
    key = {"account": principal.account_id, "invoice": invoice_id}
    return rows.all_(connection, _LIVE_PAYMENTS, key, as_=Payment)


def _refuse_pending(live: Sequence[Payment], *, field: str = "id") -> None:
    if under_way := [each.id for each in live if each.status == "PENDING"]:
        raise PaymentUnderWay(field=field, ids=under_way)
