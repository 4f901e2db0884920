"""A fictitious shop to try things out on: customers, orders, and invoices for some of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select, update

from invoicing.access import Principal, Scope
from invoicing.accounts import api_keys as keys
from invoicing.accounts import settings as account_settings
from invoicing.customers import details
from invoicing.customers.lists import customers_count
from invoicing.demo.orders import ORDERS
from invoicing.demo.shop import CUSTOMERS, SELLER
from invoicing.invoices import from_orders
from invoicing.invoices.lists import invoices_count
from invoicing.orders import intake, shipping
from invoicing.orders.actions import RULES, Action
from invoicing.orders.lists import orders_count, orders_page
from invoicing.storage.pages import Window
from invoicing.storage.tables import accounts as accounts_table
from invoicing.storage.tables import api_keys

_KEY = "Demo"


@dataclass(frozen=True, slots=True)
class Demo:
    """What the demo account holds; `is_new` if it was made just now."""

    account_id: str
    customers: int
    orders: int
    invoices: int
    is_new: bool


def fill(connection: Connection, *, token: str, now: datetime) -> Demo | None:
    """Makes the shop and its API key, once; another token ends the one before. None if it was revoked."""
    known = connection.execute(
        select(api_keys.c.id).where(api_keys.c.token_hash == keys.hashed(token))
    ).one_or_none()
    shop = None if known else _shop(connection)
    if shop is not None:
        _change_key(connection, shop, token, now)
    elif known is None:
        _make(connection, token, now)
    who = keys.principal(connection, token)
    if who is None:
        return None
    return Demo(
        who.account_id,
        customers_count(connection, who, {}),
        orders_count(connection, who, {}),
        invoices_count(connection, who, {}),
        is_new=known is None and shop is None,
    )


def example(connection: Connection, token: str) -> dict[str, Any]:
    """The newest order that can be invoiced, the items of it that can, and an id for that invoice.

    Empty where nothing can be invoiced.
    """
    who = keys.principal(connection, token)
    newest = orders_page(connection, who, {"invoiceable": True}, Window(first=1)).rows if who else []
    if who is None or not newest:
        return {}
    order = newest[0]
    items = intake.items_of(connection, who, order.id)
    return {
        "order_id": order.id,
        "item_ids": [item.id for item in items if RULES[Action.INVOICE](order, item) is None],
        "invoice_id": f"invoice-{order.id}"[:255],
    }


def _shop(connection: Connection) -> str | None:
    """The demo account that was made for another token, when the installation's secret was another."""
    return connection.execute(
        select(accounts_table.c.id)
        .join(api_keys, api_keys.c.account_id == accounts_table.c.id)
        .where(accounts_table.c.name == SELLER["name"], api_keys.c.name == _KEY)
    ).scalar()


def _change_key(connection: Connection, account_id: str, token: str, now: datetime) -> None:
    connection.execute(
        update(api_keys)
        .where(api_keys.c.account_id == account_id, api_keys.c.name == _KEY, api_keys.c.revoked_at.is_(None))
        .values(revoked_at=now)
    )
    keys.create_api_key(connection, account_id, name=_KEY, scopes=list(Scope), now=now, token=token)


def _make(connection: Connection, token: str, now: datetime) -> None:
    opened = now - timedelta(days=60)
    account_id = account_settings.create_account(connection, SELLER, now=opened)
    keys.create_api_key(connection, account_id, name=_KEY, scopes=list(Scope), now=opened, token=token)
    who = keys.principal(connection, token)
    if who is None:
        raise LookupError("The key that was made is not there.")
    for customer in CUSTOMERS:
        details.create_customer(connection, who, customer, now=opened)
    for order in ORDERS:
        _order(connection, who, order, now)


def _order(connection: Connection, who: Principal, order: Mapping[str, Any], now: datetime) -> None:
    """Takes the order in on its day, and invoices it on the next if it is to be."""
    day = now - timedelta(days=order["days_ago"])
    id = f"order-{order['number']}"
    items = [{"id": f"{id}-{at}", **item} for at, item in enumerate(order["items"], 1)]
    taken = intake.create_order(connection, who, {**order, "id": id, "items": items}, now=day)
    if order["state"] != "OPEN":
        parcels = [(item["id"], None) for item in items]
        shipping.ship_items(connection, who, taken.id, parcels, shipped_at=day + timedelta(hours=5))
    if order["state"] == "INVOICED":
        from_orders.invoice_order(connection, who, taken.id, now=day + timedelta(hours=6))
