"""Customers: the buyers of orders and invoices."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import Connection, bindparam, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from invoicing import checks
from invoicing.access import Principal
from invoicing.checks import checked, optional, text
from invoicing.customers.values import CreateCustomerValues, UpdateCustomerValues
from invoicing.errors import (
    CustomerErased,
    CustomerNotFound,
    DuplicateHandle,
    DuplicateId,
    IdempotencyKeyReused,
    InvoicingError,
    ValidationError,
)
from invoicing.idempotency import find_in, make_once
from invoicing.locks import for_no_key_update
from invoicing.storage import rows
from invoicing.storage.id_lists import id_list, is_one_of
from invoicing.storage.narrow import Columns, Narrowed, columns_of
from invoicing.storage.prepared import Prepared
from invoicing.storage.tables import (
    Customer,
    customers,
    is_of_customer,
    new_id,
    violated_constraint,
)
from invoicing.vat.countries import country_of
from invoicing.vat.numbers import checked_vat_number, vat_country

CHECKS: Mapping[str, checks.Check] = {
    "handle": optional(checks.handle),
    "name": text(200),
    "legal_name": optional(text(200)),
    "email": optional(checks.email),
    "phone_number": optional(text(64)),
    "contact_name": optional(text(200)),
    "is_business": checks.flag,
    "vat_number": optional(text(32)),
    "registration_number": optional(text(64)),
    "iban": optional(checks.iban),
    "bic": optional(checks.bic),
    "electronic_address": optional(checks.electronic_address),
    "locale": optional(checks.locale),
    "buyer_reference": optional(text(200)),
    "payment_terms_days": optional(checks.payment_terms),
    "billing_address": optional(checks.address),
    "shipping_address": optional(checks.address),
    "meta": checks.metadata,
}

_BY_ID: Narrowed[None] = Narrowed(
    lambda _, columns: columns_of(customers, columns).where(
        customers.c.account_id == bindparam("account"), is_one_of(customers.c.id, id_list("ids"))
    )
)
_BY_COLUMN = {
    column: select(customers).where(
        customers.c.account_id == bindparam("account"),
        customers.c[column] == bindparam("value"),
        is_of_customer(customers.c.id),
    )
    for column in ("id", "handle")
}
_FIND_BY = {column: Prepared(statement) for column, statement in _BY_COLUMN.items()}
_LOCK_BY = {column: Prepared(for_no_key_update(statement)) for column, statement in _BY_COLUMN.items()}
_FIND_BY_KEY = find_in(customers, Customer)


def create_customer(
    connection: Connection, principal: Principal, values: CreateCustomerValues, *, now: datetime
) -> Customer:
    """Adds a customer; `id` and `handle` must be new in the account.

    The same request with the same `idempotency_key` again returns the customer created the first time.
    """
    key = optional(checks.identifier)(values.get("idempotency_key"), "idempotency_key")
    make = partial(_create, connection, principal, values, now=now)
    return make_once(connection, principal, _FIND_BY_KEY, key, partial(_request_values, values), make)


def _request_values(values: CreateCustomerValues) -> tuple[Any, ...]:
    """What identifies a request for a new customer: all its values but the idempotency key."""
    given = {name: value for name, value in values.items() if name != "idempotency_key"}
    return "create_customer", {**given, "meta": checks.metadata(values.get("meta"), "meta")}


def _create(
    connection: Connection,
    principal: Principal,
    values: CreateCustomerValues,
    key_columns: Mapping[str, str],
    *,
    now: datetime,
) -> Customer:
    row = {**new_customer_row(principal, values, now=now), **key_columns}
    _check_ids_are_new(connection, principal, row)
    try:
        connection.execute(insert(customers).values(row))
    except IntegrityError as clash:
        raise _duplicate_error(clash, row) from clash
    return find_customer(connection, principal, id=row["id"])


def new_customer_row(principal: Principal, values: CreateCustomerValues, *, now: datetime) -> dict[str, Any]:
    """The row of a new customer, checked and complete, not yet stored."""
    given = {**values}
    if given.get("is_business") is None:
        given["is_business"] = values.get("vat_number") is not None
    row = {
        **dict.fromkeys(CHECKS),
        "meta": {},
        "account_id": principal.account_id,
        "id": new_id() if values.get("id") is None else checks.identifier(values["id"], "id"),
        **checked(given, CHECKS),
        "created_at": now,
        "updated_at": now,
    }
    country = country_of(row["billing_address"])
    if row["vat_number"] is not None:
        row["vat_number"] = checked_vat_number(row["vat_number"], country, "vat_number")
    row["vat_country"] = vat_country(row["vat_number"], country)
    return {**row, "search_text": _search_text(row)}


def update_customer(
    connection: Connection, principal: Principal, values: UpdateCustomerValues, *, now: datetime
) -> Customer:
    """Changes the given fields of the customer with this `id`, or with this `handle` if there is no `id`.

    Issued invoices keep the buyer as it was.
    """
    id, handle = values.get("id"), values.get("handle")
    named = {"id": id, "handle": None if id is not None else handle}
    before = find_active_customer(connection, principal, **named, lock=True)
    changes = checked(values, CHECKS)
    country = country_of(changes.get("billing_address", before.billing_address))
    if changes.get("vat_number") is not None:
        changes["vat_number"] = checked_vat_number(changes["vat_number"], country, "vat_number")
    changes["vat_country"] = vat_country(changes.get("vat_number", before.vat_number), country)
    if changes.get("handle") not in (None, before.handle):
        _check_ids_are_new(connection, principal, {"handle": changes["handle"]})
    after = {"name": before.name, "email": before.email, "handle": before.handle, **changes}
    try:
        connection.execute(
            update(customers)
            .where(customers.c.account_id == principal.account_id, customers.c.id == before.id)
            .values(**changes, search_text=_search_text(after), updated_at=now)
        )
    except IntegrityError as clash:
        raise _duplicate_error(clash, after) from clash
    return find_customer(connection, principal, id=before.id)


def find_customer(
    connection: Connection,
    principal: Principal,
    *,
    id: str | None = None,
    handle: str | None = None,
    lock: bool = False,
) -> Customer:
    """The customer with this id or handle, exactly one of which is given; `lock` locks its row."""
    return _ask_customer(connection, principal, id=id, handle=handle, lock=lock)()


def _ask_customer(
    connection: Connection,
    principal: Principal,
    *,
    id: str | None,
    handle: str | None,
    lock: bool = False,
) -> Callable[[], Customer]:
    """The same, read with the next statement; what is returned waits for it, if need be, and refuses."""
    if (id is None) == (handle is None):
        return _refuse_naming
    column, value = ("id", id) if id is not None else ("handle", handle)
    key = {"account": principal.account_id, "customer": principal.customer_id, "value": value}
    asked = rows.ask(connection, (_LOCK_BY if lock else _FIND_BY)[column], key, as_=Customer)

    def found() -> Customer:
        for customer in asked():
            return customer
        raise CustomerNotFound(f"There is no customer {value}.", field=f"customer_{column}", ids=[str(value)])

    return found


def _refuse_naming() -> Customer:
    raise ValidationError("Name the customer by its id or by its handle.", field="customer_id")


def find_active_customer(
    connection: Connection,
    principal: Principal,
    *,
    id: str | None = None,
    handle: str | None = None,
    lock: bool = False,
) -> Customer:
    """The same, for whatever is new: refuses a customer that was erased."""
    return _active(find_customer(connection, principal, id=id, handle=handle, lock=lock))


def ask_active_customer(
    connection: Connection, principal: Principal, *, id: str | None = None, handle: str | None = None
) -> Callable[[], Customer]:
    """The same, read with the next statement; what is returned waits for it, if need be, and refuses."""
    asked = _ask_customer(connection, principal, id=id, handle=handle)
    return lambda: _active(asked())


def _active(customer: Customer) -> Customer:
    if customer.erased_at is not None:
        raise CustomerErased(field="customer_id", ids=[customer.id])
    return customer


def _check_ids_are_new(connection: Connection, principal: Principal, row: Mapping[str, Any]) -> None:
    same = [customers.c[name] == row[name] for name in ("id", "handle") if row.get(name) is not None]
    clash = connection.execute(
        select(customers.c.id, customers.c.handle)
        .where(customers.c.account_id == principal.account_id, or_(*same))
        .order_by(customers.c.id != row.get("id", ""))
    ).first()
    if clash is None:
        return
    if clash.id == row.get("id"):
        raise DuplicateId(f"A customer {clash.id} exists already.", field="id", ids=[clash.id])
    raise DuplicateHandle(
        f"The customer {clash.id} has the handle {clash.handle}.", field="handle", ids=[clash.id]
    )


def _duplicate_error(clash: IntegrityError, row: Mapping[str, Any]) -> InvoicingError:
    """The error if another call used the key, the id or the handle after it was looked for."""
    if "idempotency_key" in violated_constraint(clash):
        return IdempotencyKeyReused(field="idempotency_key", ids=[row["idempotency_key"]])
    if "handle" in violated_constraint(clash):
        return DuplicateHandle(f"A customer has the handle {row['handle']} already.", field="handle")
    return DuplicateId(f"A customer {row['id']} exists already.", field="id", ids=[row["id"]])


def _search_text(row: Mapping[str, Any]) -> str:
    parts = (row.get(name) for name in ("name", "email", "handle"))
    return " ".join(part for part in parts if part).casefold()


def customers_by_id(
    connection: Connection, principal: Principal, ids: Sequence[str], columns: Columns | None = None
) -> Mapping[str, Customer]:
    key = {"account": principal.account_id, "ids": list(ids)}
    found = rows.some(connection, _BY_ID.reading(None, columns), key, as_=Customer)
    return {customer.id: customer for customer in found}
