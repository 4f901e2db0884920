"""Customers' payment methods: what a gateway can charge when the customer is not present."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import BindParameter, Connection, bindparam, insert, select, update

from invoicing.access import Principal
from invoicing.customers.details import find_active_customer
from invoicing.errors import PaymentMethodNotFound, PaymentMethodRequired
from invoicing.storage import rows
from invoicing.storage.id_lists import id_list, is_one_of
from invoicing.storage.prepared import Prepared
from invoicing.storage.tables import PaymentMethod, new_id, payment_methods

AUTO = "auto"

_MINE: BindParameter[str] = bindparam("account")
_NEWEST_FIRST = (payment_methods.c.created_at.desc(), payment_methods.c.id.desc())
_OF_CUSTOMERS = Prepared(
    select(payment_methods)
    .where(
        payment_methods.c.account_id == _MINE,
        is_one_of(payment_methods.c.customer_id, id_list("ids")),
        payment_methods.c.state != "DELETED",
    )
    .order_by(*_NEWEST_FIRST)
)
_BY_ID = Prepared(
    select(payment_methods).where(
        payment_methods.c.account_id == _MINE, payment_methods.c.id == bindparam("method")
    )
)
_ADD = Prepared(insert(payment_methods).returning(*payment_methods.c))
_BECOME = (
    update(payment_methods)
    .where(
        payment_methods.c.account_id == _MINE,
        payment_methods.c.id == bindparam("method"),
        payment_methods.c.state != "DELETED",
    )
    .values(state=bindparam("becomes"))
)


def add_payment_method(
    connection: Connection,
    principal: Principal,
    customer_id: str,
    *,
    gateway: str,
    reference: str,
    gateway_customer: str | None,
    label: str,
    now: datetime,
) -> PaymentMethod:
    """Stores a method that the gateway has accepted. An active one is not added twice."""
    find_active_customer(connection, principal, id=customer_id, lock=True)
    for each in methods_of(connection, principal, [customer_id]).get(customer_id, []):
        if (each.gateway, each.reference, each.state) == (gateway, reference, "ACTIVE"):
            return each
    row = {
        "account_id": principal.account_id,
        "id": new_id(),
        "customer_id": customer_id,
        "gateway": gateway,
        "reference": reference,
        "gateway_customer": gateway_customer,
        "label": label,
        "state": "ACTIVE",
        "created_at": now,
    }
    return rows.one(connection, _ADD, row, as_=PaymentMethod)


def remove_payment_method(connection: Connection, principal: Principal, method_id: str) -> PaymentMethod:
    """Ends a method: it is not charged any more. Pending charges continue."""
    set_method_state(connection, principal.account_id, method_id, "DELETED")
    removed = find_method(connection, principal.account_id, method_id)
    if removed is None:
        raise PaymentMethodNotFound(f"There is no payment method {method_id}.", field="id", ids=[method_id])
    return removed


def choose_method(
    connection: Connection, principal: Principal, customer_id: str | None, method: str | None, *, field: str
) -> PaymentMethod:
    """The customer's method of this id, or the newest active one for `auto`."""
    if not method:
        raise PaymentMethodRequired(field=field)
    mine = methods_of(connection, principal, [customer_id]).get(customer_id, []) if customer_id else []
    active = [each for each in mine if each.state == "ACTIVE"]
    found = [each for each in active if method in (AUTO, each.id)]
    if not found:
        sentence = (
            "The customer has no active payment method."
            if method == AUTO
            else f"The customer has no active payment method {method}."
        )
        raise PaymentMethodNotFound(sentence, field=field, ids=() if method == AUTO else [method])
    return found[0]


def methods_of(
    connection: Connection, principal: Principal, customer_ids: Sequence[str]
) -> Mapping[str, list[PaymentMethod]]:
    """Of each customer those that were not removed, the newest first."""
    found: dict[str, list[PaymentMethod]] = defaultdict(list)
    key = {"account": principal.account_id, "ids": list(customer_ids)}
    for method in rows.all_(connection, _OF_CUSTOMERS, key, as_=PaymentMethod):
        found[method.customer_id].append(method)
    return found


def find_method(connection: Connection, account_id: str, method_id: str) -> PaymentMethod | None:
    key = {"account": account_id, "method": method_id}
    return rows.one_or_none(connection, _BY_ID, key, as_=PaymentMethod)


def set_method_state(connection: Connection, account_id: str, method_id: str, state: str) -> None:
    """Sets the state; a removed method stays removed, whatever a pending charge results in."""
    connection.execute(_BECOME, {"account": account_id, "method": method_id, "becomes": state})
