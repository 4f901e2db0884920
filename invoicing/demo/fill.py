"""Creates a fictitious shop to try things out: customers, orders, and invoices for some of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select, update

from invoicing.access import COMMAND_LINE, Principal, Scope
from invoicing.accounts import api_keys as keys
from invoicing.accounts import settings as account_settings
from invoicing.audit.actions import AuditAction
from invoicing.audit.entries import Act, record
from invoicing.audit.subjects import AuditSubjectType, Subject
from invoicing.customers import details
from invoicing.customers.lists import customers_count
from invoicing.demo.orders import ORDERS, DemoOrder
from invoicing.demo.shop import CUSTOMERS, SELLER
from invoicing.invoices import from_orders
from invoicing.invoices.lists import invoices_count
from invoicing.orders import intake, shipping
from invoicing.orders.actions import Action, open_to
from invoicing.orders.items import ItemType
from invoicing.orders.lists import orders_count, orders_page
from invoicing.orders.queries import parties_of
from invoicing.orders.values import CreateOrderValues, OrderItemValues
from invoicing.storage.pages import Window
from invoicing.storage.tables import accounts as accounts_table
from invoicing.storage.tables import api_keys

_KEY_NAME = "Demo"


@dataclass(frozen=True, slots=True)
class DemoShop:
    """What the demo account contains; `is_new` if this call created it."""

    account_id: str
    customers: int
    orders: int
    invoices: int
    is_new: bool


def create_demo_shop(connection: Connection, *, token: str, now: datetime) -> DemoShop | None:
    """Creates the shop and its API key once; a new token replaces the old one. None if it was revoked."""
    known = connection.execute(
        select(api_keys.c.id).where(api_keys.c.token_hash == keys.token_hash(token))
    ).one_or_none()
    shop = None if known else _find_shop(connection)
    if shop is not None:
        _replace_key(connection, shop, token, now)
    elif known is None:
        _create_shop(connection, token, now)
    who = keys.find_principal(connection, token)
    if who is None:
        return None
    if known is None:
        act = Act(who.account_id, COMMAND_LINE, AuditAction.CREATE_DEMO_SHOP, now)
        account = Subject(AuditSubjectType.ACCOUNT, who.account_id)
        record(connection, act, [account, Subject(AuditSubjectType.API_KEY, who.actor.id)])
    return DemoShop(
        who.account_id,
        customers_count(connection, who, {}),
        orders_count(connection, who, {}),
        invoices_count(connection, who, {}),
        is_new=known is None and shop is None,
    )


def invoiceable_example(connection: Connection, token: str) -> dict[str, Any]:
    """The newest order that can be invoiced, the items of it that can, and an id for that invoice.

    Empty if nothing can be invoiced.
    """
    who = keys.find_principal(connection, token)
    newest = orders_page(connection, who, {"invoiceable": True}, Window(first=1)).rows if who else []
    if who is None or not newest:
        return {}
    order = newest[0]
    items, parties = intake.items_of(connection, who, order.id), parties_of(connection, who, order)
    return {
        "order_id": order.id,
        "item_ids": [item.id for item in open_to(Action.INVOICE, order, items, parties)],
        "invoice_id": f"invoice-{order.id}"[:255],
    }


def _find_shop(connection: Connection) -> str | None:
    """The demo account that was created for another token, before the installation's secret changed."""
    return connection.execute(
        select(accounts_table.c.id)
        .join(api_keys, api_keys.c.account_id == accounts_table.c.id)
        .where(accounts_table.c.name == SELLER["name"], api_keys.c.name == _KEY_NAME)
    ).scalar()


def _replace_key(connection: Connection, account_id: str, token: str, now: datetime) -> None:
    connection.execute(
        update(api_keys)
        .where(
            api_keys.c.account_id == account_id, api_keys.c.name == _KEY_NAME, api_keys.c.revoked_at.is_(None)
        )
        .values(revoked_at=now)
    )
    keys.create_api_key(connection, account_id, name=_KEY_NAME, scopes=list(Scope), now=now, token=token)


def _create_shop(connection: Connection, token: str, now: datetime) -> None:
    opened = now - timedelta(days=60)
    account_id = account_settings.create_account(connection, SELLER, now=opened)
    keys.create_api_key(connection, account_id, name=_KEY_NAME, scopes=list(Scope), now=opened, token=token)
    who = keys.find_principal(connection, token)
    if who is None:
        raise LookupError("The key that was created is not found.")
    for customer in CUSTOMERS:
        details.create_customer(connection, who, customer, now=opened)
    for order in ORDERS:
        _create_order(connection, who, order, now)


def _create_order(connection: Connection, who: Principal, order: DemoOrder, now: datetime) -> None:
    """Creates the order on its day; ships and invoices it hours later if its state says so."""
    day = now - timedelta(days=order["days_ago"])
    id = f"order-{order['number']}"
    items: list[OrderItemValues] = [{"id": f"{id}-{at}", **item} for at, item in enumerate(order["items"], 1)]
    values: CreateOrderValues = order
    created = intake.create_order(connection, who, {**values, "id": id, "items": items}, now=day)
    if order["state"] != "OPEN":
        items_to_ship = [(str(item["id"]), None) for item in items if item.get("type") != ItemType.DISCOUNT]
        shipping.ship_items(connection, who, created.id, items_to_ship, shipped_at=day + timedelta(hours=5))
    if order["state"] == "INVOICED":
        from_orders.invoice_order(connection, who, created.id, now=day + timedelta(hours=6))
