"""The shop of the hunt: two customers and few orders and invoices, so that commands often meet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random
from typing import Any, TypeVar

from sqlalchemy import Connection, select

from invoicing.access import Actor, Principal, Scope
from invoicing.accounts import settings as account_settings
from invoicing.accounts.values import CreateAccountValues
from invoicing.checks import AddressValues
from invoicing.customers import details
from invoicing.customers.values import CreateCustomerValues
from invoicing.keyring import Keyring
from invoicing.payments import methods
from invoicing.storage.database import Database
from invoicing.storage.tables import customers, invoices, order_items, orders, payments
from invoicing.webhooks import endpoints
from invoicing.webhooks.events import WebhookEvent
from invoicing.webhooks.values import CreateWebhookEndpointValues

T = TypeVar("T")

ADDRESS: AddressValues = {
    "address_line_1": "Keizersgracht 1",
    "postal_code": "1015 CJ",
    "locality": "Amsterdam",
    "country_code": "NL",
}
GATEWAY = "sandbox"
NEWEST = 6
"""The commands use so many of the newest orders, invoices and payments."""


class NothingThereError(Exception):
    """The shop has no row yet that the command could use."""


def now() -> datetime:
    return datetime.now(UTC)


def open_shop(database: Database) -> Principal:
    """Creates an account with two customers with a card each, and a webhook endpoint for all events."""
    seller: CreateAccountValues = {
        "name": "Hunting ground",
        "legal_name": "Hunting Ground B.V.",
        "address": ADDRESS,
        "vat_number": "NL123456782B01",
    }
    account_id = database.write(account_settings.create_account, seller, now=now())
    owner = Principal(account_id, Actor("hunt", "Hunt", "api_key"), frozenset(Scope))
    for id in ("ann", "bob"):
        given: CreateCustomerValues = {"id": id, "handle": id, "name": id, "billing_address": ADDRESS}
        database.write(details.create_customer, owner, given, now=now())
        add_card(database, owner, id)
    events = [event for event in WebhookEvent if event is not WebhookEvent.WEBHOOK_TEST]
    hook: CreateWebhookEndpointValues = {"url": "https://shop.example/hooks", "events": events}
    database.write(endpoints.create_webhook_endpoint, owner, hook, keyring=Keyring("s" * 32), now=now())
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


@dataclass(frozen=True, slots=True)
class Seen:
    """The newest rows as a thread read them last; others may have changed them since."""

    orders: Sequence[Any]
    items: Sequence[Any]
    invoices: Sequence[Any]
    payments: Sequence[Any]


def look(connection: Connection, owner: Principal) -> Seen:
    def newest(table: Any) -> Sequence[Any]:
        mine = select(table).where(table.c.account_id == owner.account_id)
        by_age = mine.order_by(table.c.created_at.desc(), table.c.id.desc())
        return connection.execute(by_age.limit(NEWEST)).all()

    found = newest(orders)
    of_these = order_items.c.order_id.in_([order.id for order in found])
    items = select(order_items).where(order_items.c.account_id == owner.account_id, of_these)
    return Seen(found, connection.execute(items).all(), newest(invoices), newest(payments))


def handle_of(connection: Connection, owner: Principal, customer_id: str) -> str:
    mine = customers.c.account_id == owner.account_id, customers.c.id == customer_id
    return str(connection.execute(select(customers.c.handle).where(*mine)).scalar_one())


def one(random: Random, among: Sequence[T]) -> T:
    return some(random, among, 1)[0]


def some(random: Random, among: Sequence[T], most: int) -> list[T]:
    """Some of these, at least one, in random order."""
    if not among:
        raise NothingThereError
    return random.sample(list(among), random.randint(1, min(most, len(among))))
