"""The shop of the hunt: few customers, and always the same few orders and invoices at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from typing import Any

from sqlalchemy import Connection, select

from invoicing.access import Actor, Principal, Scope
from invoicing.accounts import settings as account_settings
from invoicing.customers import details
from invoicing.payments import methods
from invoicing.storage.database import Database
from invoicing.storage.tables import customers, invoices, order_items, orders, payments
from invoicing.webhooks import endpoints

ADDRESS = {"address_line_1": "Markt 1", "postal_code": "2611 GP", "locality": "Delft", "country_code": "NL"}
CUSTOMERS = ("ann", "bob")
GATEWAY = "sandbox"
EVENTS = (
    "invoice.created",
    "invoice.settled",
    "invoice.credited",
    "invoice.pdf_generated",
    "payment.refunded",
)


def now() -> datetime:
    return datetime.now(UTC)


def open_shop(database: Database) -> Principal:
    """An account, two customers with a card each, and an endpoint that is told of everything."""
    account_id = database.write(
        account_settings.create_account, {"name": "Hunted", "address": ADDRESS}, now=now()
    )
    owner = Principal(account_id, Actor("hunt", "Hunt", "api_key"), frozenset(Scope))
    for id in CUSTOMERS:
        given = {"id": id, "handle": id, "name": id.title(), "billing_address": ADDRESS}
        database.write(details.create_customer, owner, given, now=now())
        add_card(database, owner, id)
    hook = {"url": "https://shop.example/hooks", "events": list(EVENTS)}
    database.write(endpoints.create_webhook_endpoint, owner, hook, now=now())
    return owner


def add_card(database: Database, owner: Principal, customer_id: str) -> None:
    database.write(
        methods.add_payment_method,
        owner,
        customer_id,
        gateway=GATEWAY,
        reference="card",
        gateway_customer=None,
        label="Card",
        now=now(),
    )


@dataclass
class Counter:
    """The newest of everything, as a thread has seen it last."""

    orders: Sequence[Any] = ()
    items: Sequence[Any] = ()
    invoices: Sequence[Any] = ()
    payments: Sequence[Any] = ()
    customers: Sequence[Any] = field(default_factory=list)


def look(connection: Connection, owner: Principal, *, most: int) -> Counter:
    """The newest orders with their items, invoices and payments."""
    mine = owner.account_id
    newest = [
        connection.execute(
            select(table)
            .where(table.c.account_id == mine)
            .order_by(table.c.created_at.desc(), table.c.id.desc())
            .limit(most)
        ).all()
        for table in (orders, invoices, payments, customers)
    ]
    ids = [order.id for order in newest[0]]
    items = connection.execute(
        select(order_items).where(order_items.c.account_id == mine, order_items.c.order_id.in_(ids))
    ).all()
    return Counter(newest[0], items, *newest[1:])


def some(random: Random, among: Sequence[Any], most: int = 1) -> list[Any]:
    """Up to so many of these, in any order; Nothing if there is none."""
    if not among:
        raise Nothing
    return random.sample(list(among), min(random.randint(1, most), len(among)))


class Nothing(Exception):
    """The shop has nothing that the command could be about yet."""
