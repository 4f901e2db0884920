"""Erases a customer: all of it, or all but the issued invoices and the ledger, which the law has one keep.

An invoice is frozen as it was issued, on paper and in the database; the payments are the books. What stands
beside them, in the customer's own row, in its orders and in what lists are searched by, is blanked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, Connection, bindparam, delete, or_, select, update

from invoicing.access import Principal
from invoicing.customers.details import find_customer
from invoicing.errors import CustomerInUse
from invoicing.locks import lock_invoices, lock_orders
from invoicing.orders.actions_sql import is_closed
from invoicing.storage.tables import (
    UNSETTLED,
    customer_sessions,
    customers,
    invoices,
    order_items,
    orders,
    payment_methods,
    payments,
)

NAME = "(erased)"
"""The name that an erased customer has."""

_ACCOUNT_ID: BindParameter[str] = bindparam("account")
_OWNER: BindParameter[str] = bindparam("owner")
_IS_ORDER = (orders.c.account_id == _ACCOUNT_ID, orders.c.customer_id == _OWNER)
_IS_INVOICE = (invoices.c.account_id == _ACCOUNT_ID, invoices.c.customer_id == _OWNER)
_ORDERS = select(orders.c.id, orders.c.number).where(*_IS_ORDER)
_INVOICES = select(invoices.c.id, invoices.c.number).where(*_IS_INVOICE)
_OPEN_ORDERS = select(orders.c.id).where(*_IS_ORDER, ~is_closed()).order_by(orders.c.id)
_OPEN_INVOICES = (
    select(invoices.c.id).where(*_IS_INVOICE, invoices.c.state.in_(UNSETTLED)).order_by(invoices.c.id)
)
_PAYMENTS = select(payments.c.id, payments.c.status).where(
    payments.c.account_id == _ACCOUNT_ID,
    or_(
        payments.c.order_id.in_(select(orders.c.id).where(*_IS_ORDER)),
        payments.c.invoice_id.in_(select(invoices.c.id).where(*_IS_INVOICE)),
    ),
)
_END_SESSIONS = delete(customer_sessions).where(
    customer_sessions.c.account_id == _ACCOUNT_ID, customer_sessions.c.customer_id == _OWNER
)
_IS_METHOD = (payment_methods.c.account_id == _ACCOUNT_ID, payment_methods.c.customer_id == _OWNER)
_IS_CUSTOMER = (customers.c.account_id == _ACCOUNT_ID, customers.c.id == _OWNER)
_DELETE = (
    delete(order_items).where(
        order_items.c.account_id == _ACCOUNT_ID,
        order_items.c.order_id.in_(select(orders.c.id).where(*_IS_ORDER)),
    ),
    delete(orders).where(*_IS_ORDER),
    delete(payment_methods).where(*_IS_METHOD),
    delete(customers).where(*_IS_CUSTOMER),
)
_BLANK_ORDER = (
    update(orders)
    .where(orders.c.account_id == _ACCOUNT_ID, orders.c.id == bindparam("row"))
    .values(
        {
            **dict.fromkeys(
                (
                    "billing_name",
                    "billing_address",
                    "shipping_address",
                    "vat_number",
                    "purchase_order_number",
                    "buyer_reference",
                    "request",
                )
            ),
            "meta": {},
            "search_text": bindparam("found_by"),
        }
    )
)
_BLANK_INVOICE = (
    update(invoices)
    .where(invoices.c.account_id == _ACCOUNT_ID, invoices.c.id == bindparam("row"))
    .values(search_text=bindparam("found_by"))
)
_BLANK_METHODS = (
    update(payment_methods)
    .where(*_IS_METHOD)
    .values(reference="", gateway_customer=None, label="", state="DELETED")
)
_KEPT = ("account_id", "id", "is_business", "idempotency_key", "created_at")
_BLANK_CUSTOMER = (
    update(customers)
    .where(*_IS_CUSTOMER)
    .values(
        {
            **{column.name: None for column in customers.c if column.name not in _KEPT},
            "name": NAME,
            "meta": {},
            "search_text": "",
            "updated_at": bindparam("now"),
            "erased_at": bindparam("now"),
        }
    )
)


@dataclass(frozen=True, slots=True)
class Erased:
    """What was done: all is gone, or so many orders were blanked beside invoices that stay as they are."""

    customer_id: str
    is_gone: bool
    orders: int
    invoices: int


def erase_customer(
    connection: Connection,
    principal: Principal,
    *,
    id: str | None = None,
    handle: str | None = None,
    now: datetime,
) -> Erased:
    """Deletes a customer without invoices and payments; of another one, what need not be kept is blanked.

    Raises CustomerInUse while something is open. Erasing it again changes nothing but what is new since.
    """
    owner = find_customer(connection, principal, id=id, handle=handle, lock=True)
    key = {"account": principal.account_id, "owner": owner.id}
    placed, issued = connection.execute(_ORDERS, key).all(), connection.execute(_INVOICES, key).all()
    lock_orders(connection, principal.account_id, [order.id for order in placed])
    lock_invoices(connection, principal.account_id, [invoice.id for invoice in issued])
    paid = connection.execute(_PAYMENTS, key).all()
    _check_nothing_is_open(connection, key, [payment.id for payment in paid if payment.status == "PENDING"])
    connection.execute(_END_SESSIONS, key)
    is_gone = not issued and not paid
    if is_gone:
        for statement in _DELETE:
            connection.execute(statement, key)
    else:
        _blank(connection, key, placed, issued, now=now)
    return Erased(owner.id, is_gone, len(placed), len(issued))


def _check_nothing_is_open(
    connection: Connection, key: dict[str, str], pending_payments: Sequence[str]
) -> None:
    found = {
        "orders": connection.execute(_OPEN_ORDERS, key).scalars().all(),
        "invoices": connection.execute(_OPEN_INVOICES, key).scalars().all(),
        "payments": pending_payments,
    }
    told = ", ".join(f"{name} {', '.join(ids)}" for name, ids in found.items() if ids)
    if told:
        raise CustomerInUse(
            f"Something is still open with the customer {key['owner']}: {told}.",
            field="customer_id",
            ids=[id for ids in found.values() for id in ids],
        )


def _blank(
    connection: Connection,
    key: dict[str, str],
    placed: Sequence[Any],
    issued: Sequence[Any],
    *,
    now: datetime,
) -> None:
    for statement, found in ((_BLANK_ORDER, placed), (_BLANK_INVOICE, issued)):
        if found:
            connection.execute(
                statement,
                [
                    {"account": key["account"], "row": row.id, "found_by": row.number.casefold()}
                    for row in sorted(found, key=lambda row: str(row.id))
                ],
            )
    connection.execute(_BLANK_CUSTOMER, {**key, "now": now})
    connection.execute(_BLANK_METHODS, key)
