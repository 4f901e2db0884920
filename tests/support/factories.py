"""Creates accounts, customers, orders and invoices with default values, for tests to override."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, cast

from invoicing.access import Actor, Principal, Scope
from invoicing.accounts import settings as account_settings
from invoicing.accounts.values import CreateAccountValues
from invoicing.customers import details
from invoicing.customers.values import CreateCustomerValues
from invoicing.invoices import from_orders, one_time
from invoicing.invoices.queries import Issued
from invoicing.invoices.values import CreateInvoiceValues
from invoicing.orders import intake
from invoicing.orders.lawful import Parties
from invoicing.orders.queries import parties_of
from invoicing.orders.values import CreateOrderValues
from invoicing.storage.database import Database
from invoicing.storage.tables import Customer, Order, new_id

NOW = datetime(2025, 6, 2, 9, 30, tzinfo=UTC)

ADDRESS = {
    "organisation": "Mug & Co",
    "address_line_1": "Keizersgracht 1",
    "postal_code": "1015 CJ",
    "locality": "Amsterdam",
    "country_code": "NL",
}

SELLER: Mapping[str, Any] = {
    "name": "Mug & Co",
    "legal_name": "Mug & Co",
    "address": ADDRESS,
    "vat_number": "NL123456782B01",
}


def principal(
    database: Database, *, scopes: Iterable[Scope] = Scope, now: datetime = NOW, **values: Any
) -> Principal:
    """A principal in a new account, whose seller is complete; `values` are the account's settings."""
    given = cast(CreateAccountValues, {**SELLER, **values})
    account_id = database.write(account_settings.create_account, given, now=now)
    return Principal(account_id, Actor("key", "Test", "api_key"), frozenset(scopes))


def customer(database: Database, principal: Principal, *, now: datetime = NOW, **values: Any) -> Customer:
    given = cast(CreateCustomerValues, {"name": "Ann Baker", **values})
    return database.write(details.create_customer, principal, given, now=now)


def parties(database: Database, principal: Principal, order: Order) -> Parties:
    return database.read(parties_of, principal, order)


def item(**values: Any) -> dict[str, Any]:
    return {"name": "Mug", "quantity": 1, "unit_price": 1_210, **values}


def order(database: Database, principal: Principal, *, now: datetime = NOW, **values: Any) -> Order:
    """An order of one mug, by a guest unless `values` name a customer."""
    guest = {} if {"customer_id", "customer_handle"} & values.keys() else {"billing_name": "Ann Baker"}
    given = cast(CreateOrderValues, {"items": [item()], **guest, **values})
    return database.write(intake.create_order, principal, given, now=now)


def invoice(
    database: Database,
    principal: Principal,
    *,
    invoice_id: str | None = None,
    now: datetime = NOW,
    **values: Any,
) -> Issued:
    """An invoice for all of a new order; `values` are the order's."""
    ordered = order(database, principal, now=now, **values)
    return database.write(from_orders.invoice_order, principal, ordered.id, invoice_id=invoice_id, now=now)


def order_line(**values: Any) -> dict[str, Any]:
    return {"text": "Advice", "amount": 1_210, **values}


def one_time_invoice(
    database: Database, principal: Principal, *lines: dict[str, Any], now: datetime = NOW, **values: Any
) -> Issued:
    """An invoice without an order, to a new customer unless `values` name one."""
    named = {"customer_id", "customer_handle"} & values.keys()
    buyer = {} if named else {"customer_id": customer(database, principal, now=now).id}
    own = {"handle": new_id(), "order_lines": list(lines) or [order_line()]}
    given = cast(CreateInvoiceValues, {**own, **buyer, **values})
    return database.write(one_time.create_invoice, principal, given, now=now).invoice
