"""A shop of any size: the product creates one order or invoice, which is then copied in the database."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Insert,
    Integer,
    MetaData,
    Table,
    Text,
    func,
    insert,
    select,
)
from sqlalchemy import update as change

from documents.links import Links
from invoicing.access import Principal, Scope
from invoicing.accounts import api_keys
from invoicing.accounts import settings as account_settings
from invoicing.accounts.values import CreateAccountValues
from invoicing.checks import AddressValues
from invoicing.customers import details
from invoicing.customers.values import CreateCustomerValues
from invoicing.invoices import from_orders, pdf
from invoicing.invoices.pdf import RenderedPdf
from invoicing.invoices.queries import Issued
from invoicing.keyring import Keyring
from invoicing.orders import intake
from invoicing.orders.values import CreateOrderValues, OrderItemValues
from invoicing.payments import manual
from invoicing.payments.values import RecordPaymentValues
from invoicing.storage.database import Database
from invoicing.storage.pages import cursor
from invoicing.storage.tables import Instant, documents, invoice_lines, invoices, number_series, order_items
from invoicing.storage.tables import orders as orders_table
from resolvers.context import Services
from resolvers.gateway_calls import Gateways
from resolvers.watches import Watches
from resolvers.webhook_hosts import Hosts

CUSTOMERS = 100
TOGETHER = 50_000  # copies that are stored in a transaction
NOW = datetime.now(UTC)
PAST = NOW - timedelta(days=30)

ADDRESS: AddressValues = {
    "address_line_1": "Keizersgracht 1000",
    "postal_code": "1015 AA",
    "locality": "Amsterdam",
    "country_code": "NL",
}
GOODS = ("Oak desk 160 × 80 cm", "Office chair, wool", "Desk lamp, brass", "Cable tray", "Handbook of light")

_COPIES = Table(
    "copies",
    MetaData(),
    Column("tag", Text),
    Column("customer", Text),
    Column("number", Text),
    Column("sequence", Integer),
    Column("moment", Instant),
    prefixes=["TEMPORARY"],
)
_TAGGED = ("id", "order_id", "order_item_id", "invoice_id", "number", "search_text", "snapshot", "key")


@dataclass(frozen=True, slots=True)
class Shop:
    principal: Principal
    token: str

    def services(self, database: Database) -> Services:
        """The services that resolvers need, for requests without HTTP."""
        links = Links("s" * 32, "http://localhost", 600)
        return Services(database, links, Keyring("s" * 32), Gateways({}), Hosts(), Watches(), lambda: None)


def open_shop(database: Database) -> Shop:
    """An account with a key and a hundred customers."""
    account: CreateAccountValues = {
        "name": "Lumen & Oak",
        "legal_name": "Lumen & Oak B.V.",
        "address": ADDRESS,
        "vat_number": "NL123456782B01",
        "iban": "NL91ABNA0417164300",
        "invoice_number_format": "INV-{seq:07d}",
    }
    account_id = database.write(account_settings.create_account, account, now=PAST)
    _, token = database.write(api_keys.create_api_key, account_id, name="Shop", scopes=list(Scope), now=PAST)
    principal = database.read(api_keys.find_principal, token)
    assert principal is not None
    for number in range(CUSTOMERS):
        values: CreateCustomerValues = {
            "id": customer_id(number),
            "name": f"Customer {number}",
            "billing_address": ADDRESS,
        }
        database.write(details.create_customer, principal, values, now=PAST)
    return Shop(principal, token)


def tag(prefix: str, number: int) -> str:
    """The id of an order or invoice; its items are `tag-0` and so on. A prefix is one letter."""
    return f"{prefix}{number:07d}"


def cursor_of(prefix: str, number: int) -> str:
    """The cursor of a stocked invoice; the next page begins with the invoice before it."""
    return cursor(PAST + timedelta(seconds=number), tag(prefix, number))


def number(place: int) -> str:
    """The number of a stocked invoice."""
    return f"INV-{place + 1:07d}"


def item_ids(prefix: str, number: int, lines: int) -> list[str]:
    return [f"{tag(prefix, number)}-{line}" for line in range(lines)]


def order_values(prefix: str, number: int, lines: int) -> CreateOrderValues:
    """The values of an order of so many lines, with quantities from one to four."""
    items: list[OrderItemValues] = [
        {
            "id": id,
            "name": GOODS[line % len(GOODS)],
            "sku": f"SKU-{line:04d}",
            "quantity": line % 4 + 1,
            "unit_price": 2_499 + 731 * line,
            "vat_rate": 9 if line % 5 == 4 else 21,
        }
        for line, id in enumerate(item_ids(prefix, number, lines))
    ]
    name = tag(prefix, number)
    return {"id": name, "number": name, "customer_id": customer_id(number), "items": items}


def customer_id(number: int) -> str:
    """The id of the customer of the order or invoice with this number."""
    return f"customer-{number % CUSTOMERS:03d}"


def stock_orders(database: Database, shop: Shop, prefix: str, count: int, *, lines: int = 5) -> None:
    """Stores so many orders to invoice; the product creates the first one."""
    database.write(intake.create_order, shop.principal, order_values(prefix, 0, lines), now=PAST)
    for copies in _copies(prefix, count):
        database.write(_store_copies, [orders_table, order_items], tag(prefix, 0), copies)


def stock_invoices(database: Database, shop: Shop, prefix: str, count: int, *, lines: int = 2) -> None:
    """Stores so many invoices with orders and PDFs; the product issues the first, before any other."""
    invoice_id = issue_with_pdf(database, shop, prefix, lines=lines)
    found = str(database.read(lambda connection: connection.execute(select(invoices.c.number)).scalar_one()))
    tables = [orders_table, invoices, order_items, invoice_lines, documents]
    for copies in _copies(prefix, count):
        database.write(_store_copies, tables, invoice_id, copies, number=found)
    series = change(number_series).where(number_series.c.type == "INVOICE").values(last=count)
    database.write(lambda connection: connection.execute(series))


def move_money(database: Database, shop: Shop, prefix: str) -> None:
    """Pays and credits some of 60 stocked invoices; not all are on the same page as their credits."""
    for number in (*range(51, 60), *range(10, 51)):  # those that are credited in the past come first
        id = tag(prefix, number)
        if number % 5 == 0:
            given: RecordPaymentValues = {
                "invoice_id": id,
                "amount": 1_000,
                "method": "CASH",
                "idempotency_key": id,
            }
            database.write(manual.record_payment, shop.principal, given, now=NOW)
        if number < 20 or number > 50:
            when = NOW if number < 20 else PAST - timedelta(days=1)
            database.write(from_orders.credit_invoice, shop.principal, id, None, reason=None, now=when)


def issue_with_pdf(database: Database, shop: Shop, prefix: str, *, lines: int) -> str:
    """Issues an invoice and records its PDF; returns its id."""
    database.write(intake.create_order, shop.principal, order_values(prefix, 0, lines), now=PAST)
    invoice = issue(database, shop, item_ids(prefix, 0, lines), invoice_id=tag(prefix, 0))
    (due,) = database.write(pdf.claim, most=1, now=PAST)
    rendered = RenderedPdf(due.job, f"invoices/{invoice.id}.pdf", 20_000, "0" * 64)
    database.write(pdf.record, [rendered], [], now=PAST)
    return invoice.id


def issue(database: Database, shop: Shop, ids: Sequence[str], *, invoice_id: str | None = None) -> Issued:
    return database.write(from_orders.invoice_items, shop.principal, ids, invoice_id=invoice_id, now=PAST)


def _copies(prefix: str, count: int) -> Iterator[list[dict[str, object]]]:
    """What is different in each copy, for each transaction."""
    for start in range(1, count, TOGETHER):
        yield [
            {
                "tag": tag(prefix, place),
                "customer": customer_id(place),
                "number": number(place),
                "sequence": place + 1,
                "moment": PAST + timedelta(seconds=place),
            }
            for place in range(start, min(start + TOGETHER, count))
        ]


def _store_copies(
    connection: Connection,
    tables: Iterable[Table],
    zero: str,
    copies: list[dict[str, Any]],
    *,
    number: str | None = None,
) -> None:
    if connection.dialect.name == "postgresql":  # without foreign keys, as the tables are copied one by one
        connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
    _COPIES.create(connection)
    connection.execute(insert(_COPIES), copies)
    for table in tables:
        connection.execute(_insert_copies(table, zero, number))
    _COPIES.drop(connection)


def _insert_copies(table: Table, zero: str, number: str | None) -> Insert:
    own = table.c.invoice_id if table.name in ("invoice_lines", "documents") else table.c.id
    changed: Mapping[str, ColumnElement[Any]] = {
        **{name: func.replace(table.c[name], zero, _COPIES.c.tag) for name in _TAGGED if name in table.c},
        **{name: _COPIES.c.moment for name in ("created_at", "updated_at") if name in table.c},
        **({"customer_id": _COPIES.c.customer} if "customer_id" in table.c else {}),
        **(_renumbered(table, zero, number) if table.name == "invoices" and number else {}),
    }
    columns = [changed.get(column.name, column).label(column.name) for column in table.c]
    found = select(*columns).select_from(table.join(_COPIES, own.startswith(zero, autoescape=True)))
    return insert(table).from_select([column.name for column in table.c], found)


def _renumbered(table: Table, zero: str, number: str) -> Mapping[str, ColumnElement[Any]]:
    """The columns that contain the invoice's number and id; its snapshot has the order's id too."""
    snapshot = func.replace(table.c.snapshot, zero, _COPIES.c.tag)
    return {
        "handle": _COPIES.c.tag,
        "number": _COPIES.c.number,
        "sequence": _COPIES.c.sequence,
        "snapshot": func.replace(snapshot, number, _COPIES.c.number),
        "search_text": func.replace(table.c.search_text, number.lower(), func.lower(_COPIES.c.number)),
    }
