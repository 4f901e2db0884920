"""Every table, columns only. Core statements read and write them; rows join in queries, never lazily.

Each row has its account. What a caller may name (`id`, `handle`) is unique within the account alone,
so the keys begin with it. Amounts are whole minor units, VAT rates basis points, instants UTC.
"""

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    ColumnElement,
    DateTime,
    Dialect,
    ForeignKeyConstraint,
    Index,
    String,
    Text,
    TypeDecorator,
    UniqueConstraint,
    bindparam,
    cast,
    false,
    or_,
    text,
)
from sqlalchemy.exc import IntegrityError
from sqlmodel import Field, SQLModel
from uuid_utils import uuid7

SQLModel.metadata.naming_convention = {
    "ix": "%(table_name)s_by_%(column_0_N_name)s",
    "uq": "%(table_name)s_one_%(column_0_N_name)s",
    "ck": "%(table_name)s_%(constraint_name)s",
    "fk": "%(table_name)s_%(column_0_N_name)s_known",
    "pk": "%(table_name)s_key",
}


def new_id() -> str:
    """A UUIDv7: unique, and in order of creation."""
    return str(uuid7())


def constraint(clash: IntegrityError) -> str:
    """The name of the constraint that refused (PostgreSQL), or a message with its columns (SQLite)."""
    diagnosis = getattr(clash.orig, "diag", None)
    return str(diagnosis.constraint_name if diagnosis else clash.orig)


class Instant(TypeDecorator[datetime]):
    """A moment in UTC. SQLite drops time zones, so it is stored without and read back with."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC)


def amount() -> Any:
    return Field(sa_type=BigInteger)


def instant(*, nullable: bool = False) -> Any:
    return Field(default=None, sa_type=Instant, nullable=nullable)


def document(*, nullable: bool = True) -> Any:
    return Field(default=None, sa_type=JSON(none_as_null=True), nullable=nullable)


def of_account(column: str, table: str) -> ForeignKeyConstraint:
    """A reference within the account: (account_id, column) to the table's (account_id, id)."""
    return ForeignKeyConstraint(["account_id", column], [f"{table}.account_id", f"{table}.id"])


def index_of(name: str, column: str) -> Index:
    """Finds rows by a column that most leave null: of nulls only, SQLite would rather read the table."""
    named = text(f"{column} IS NOT NULL")
    return Index(name, "account_id", column, postgresql_where=named, sqlite_where=named)


def theirs(owner: ColumnElement[Any]) -> ColumnElement[bool]:
    """Rows of the customer who asks, given as `customer`; all rows where that is null."""
    customer = bindparam("customer", type_=String)
    return or_(cast(customer, String).is_(None), owner == customer)


class Account(SQLModel, table=True):
    """A seller: the tenant that everything else belongs to.

    `has_webhooks` says whether it has an endpoint that is active: who issues has this row anyway.
    """

    __tablename__ = "accounts"

    id: str = Field(primary_key=True)
    name: str
    legal_name: str
    address: dict[str, Any] = document(nullable=False)
    vat_number: str | None = None
    registration_number: str | None = None
    email: str | None = None
    phone_number: str | None = None
    contact_name: str | None = None
    iban: str | None = None
    bic: str | None = None
    default_currency: str
    default_vat_rate: int
    locale: str
    timezone: str
    payment_terms_days: int
    contra_flow: str = Field(sa_column_kwargs={"server_default": "DIRECT"})
    has_webhooks: bool = Field(sa_column_kwargs={"server_default": false()})
    invoice_number_format: str
    credit_number_format: str
    invoice_after_shipment: bool
    created_at: datetime = instant()
    updated_at: datetime = instant()


class ApiKey(SQLModel, table=True):
    """A key to an account. Only its hash is kept."""

    __tablename__ = "api_keys"

    id: str = Field(primary_key=True)
    account_id: str = Field(foreign_key="accounts.id", index=True)
    name: str
    token_hash: str = Field(unique=True)
    scopes: list[str] = document(nullable=False)
    created_at: datetime = instant()
    revoked_at: datetime | None = instant(nullable=True)


class Customer(SQLModel, table=True):
    __tablename__ = "customers"
    __table_args__ = (
        UniqueConstraint("account_id", "handle"),
        Index("customers_newest", "account_id", "created_at", "id"),
    )

    account_id: str = Field(primary_key=True, foreign_key="accounts.id")
    id: str = Field(primary_key=True)
    handle: str | None = None
    name: str
    legal_name: str | None = None
    email: str | None = None
    phone_number: str | None = None
    contact_name: str | None = None
    is_business: bool
    vat_number: str | None = None
    registration_number: str | None = None
    iban: str | None = None
    bic: str | None = None
    locale: str | None = None
    buyer_reference: str | None = None
    billing_address: dict[str, Any] | None = document()
    shipping_address: dict[str, Any] | None = document()
    meta: dict[str, Any] = document(nullable=False)
    search_text: str = Field(sa_type=Text)
    created_at: datetime = instant()
    updated_at: datetime = instant()


class CustomerSession(SQLModel, table=True):
    """A customer's own way in, for a while. Only the token's hash is kept."""

    __tablename__ = "customer_sessions"
    __table_args__ = (of_account("customer_id", "customers"),)

    id: str = Field(primary_key=True)
    account_id: str
    customer_id: str
    token_hash: str = Field(unique=True)
    return_url: str | None = Field(default=None, sa_type=Text)
    created_at: datetime = instant()
    expires_at: datetime = instant()
    revoked_at: datetime | None = instant(nullable=True)


class Order(SQLModel, table=True):
    """`customer_id` is null on a guest's order: its buyer is the order's own billing name and address."""

    __tablename__ = "orders"
    __table_args__ = (
        of_account("customer_id", "customers"),
        Index("orders_newest", "account_id", "created_at", "id"),
        Index("orders_of_customer", "account_id", "customer_id", "created_at", "id"),
        Index("orders_by_number", "account_id", "number"),
    )

    account_id: str = Field(primary_key=True, foreign_key="accounts.id")
    id: str = Field(primary_key=True)
    number: str
    customer_id: str | None = None
    currency: str
    is_including_vat: bool
    total: int = amount()
    invoice_after_shipment: bool
    billing_name: str | None = None
    billing_address: dict[str, Any] | None = document()
    shipping_address: dict[str, Any] | None = document()
    ship_to_country: str | None = None
    purchase_order_number: str | None = None
    buyer_reference: str | None = None
    delivery_date: date | None = None
    meta: dict[str, Any] = document(nullable=False)
    search_text: str = Field(sa_type=Text)
    created_at: datetime = instant()
    updated_at: datetime = instant()


class OrderItem(SQLModel, table=True):
    """`split_from` is the item that this part was split off from when a part of it was shipped or undone.

    `undone_as` says that it was cancelled or returned. A contra item (`contra_of`) undoes an invoiced one;
    its own `undone_as` says how. `invoiced_as` is the item that the invoice's line names: itself, or the
    one that it was split off from after it was invoiced.
    """

    __tablename__ = "order_items"
    __table_args__ = (
        of_account("order_id", "orders"),
        of_account("invoice_id", "invoices"),
        CheckConstraint("quantity <> 0", "quantity"),
        Index("order_items_of_order", "account_id", "order_id", "position"),
    )

    account_id: str = Field(primary_key=True)
    id: str = Field(primary_key=True)
    order_id: str
    position: int
    split_from: str | None = None
    type: str
    sku: str | None = None
    name: str = Field(sa_type=Text)
    description: str | None = Field(default=None, sa_type=Text)
    quantity: int
    unit: str
    unit_price: int = amount()
    discount: int = amount()
    vat_rate: int
    vat_category: str
    exemption_reason: str | None = None
    supply: str
    shipped_at: datetime | None = instant(nullable=True)
    undone_as: str | None = None
    undone_at: datetime | None = instant(nullable=True)
    undo_reason: str | None = Field(default=None, sa_type=Text)
    contra_of: str | None = None
    received_at: datetime | None = instant(nullable=True)
    approved_at: datetime | None = instant(nullable=True)
    finished_at: datetime | None = instant(nullable=True)
    invoice_id: str | None = None
    invoiced_as: str | None = None


class Invoice(SQLModel, table=True):
    """Frozen when issued: a trigger refuses to change anything but `state`, and to delete it."""

    __tablename__ = "invoices"
    __table_args__ = (
        of_account("customer_id", "customers"),
        CheckConstraint("total = total_ex_vat + total_vat", "total"),
        CheckConstraint("sequence > 0", "sequence"),
        CheckConstraint("type IN ('INVOICE', 'CREDIT')", "type"),
        CheckConstraint("state IN ('PENDING', 'SETTLED', 'FAILED', 'CANCELLED')", "state"),
        UniqueConstraint("account_id", "number"),
        UniqueConstraint("account_id", "handle"),
        UniqueConstraint("account_id", "type", "period", "sequence"),
        Index("invoices_newest", "account_id", "created_at", "id"),
        Index("invoices_of_customer", "account_id", "customer_id", "created_at", "id"),
    )

    account_id: str = Field(primary_key=True, foreign_key="accounts.id")
    id: str = Field(primary_key=True)
    handle: str | None = None
    number: str
    type: str
    state: str
    period: str
    sequence: int = amount()
    customer_id: str | None = None
    currency: str
    is_including_vat: bool
    subtotal: int = amount()
    total_ex_vat: int = amount()
    total_vat: int = amount()
    total: int = amount()
    issued_on: date
    due_on: date | None = None
    actor_id: str
    actor_name: str
    actor_type: str
    snapshot: str = Field(sa_type=Text)
    search_text: str = Field(sa_type=Text)
    request: str | None = None
    created_at: datetime = instant()


class InvoiceLine(SQLModel, table=True):
    """(account, order item) is unique: the database itself refuses to invoice an item twice.

    A credit's line names the line it credits, and how many of it: none if it is only an amount.
    """

    __tablename__ = "invoice_lines"
    __table_args__ = (
        of_account("invoice_id", "invoices"),
        of_account("order_item_id", "order_items"),
        CheckConstraint("total = subtotal - discount", "total"),
        UniqueConstraint("account_id", "order_item_id"),
        Index("invoice_lines_of_order", "account_id", "order_id"),
        index_of("invoice_lines_crediting", "credited_invoice_id"),
    )

    account_id: str = Field(primary_key=True)
    invoice_id: str = Field(primary_key=True)
    position: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    id: str
    order_id: str | None = None
    order_item_id: str | None = None
    sku: str | None = None
    name: str = Field(sa_type=Text)
    quantity: int
    unit: str
    unit_price: int = amount()
    discount: int = amount()
    subtotal: int = amount()
    total: int = amount()
    total_ex_vat: int = amount()
    vat_amount: int = amount()
    vat_rate: int
    vat_category: str
    exemption_reason: str | None = None
    supply: str
    credited_invoice_id: str | None = None
    credited_line_id: str | None = None
    credited_quantity: int | None = None


class NumberSeries(SQLModel, table=True):
    """The last number taken, per account, type and period (the year, where the format has one)."""

    __tablename__ = "number_series"

    account_id: str = Field(primary_key=True, foreign_key="accounts.id")
    type: str = Field(primary_key=True)
    period: str = Field(primary_key=True)
    last: int = amount()


class Document(SQLModel, table=True):
    """A finished file. The row exists only once the bytes lie in the store under `key`."""

    __tablename__ = "documents"
    __table_args__ = (of_account("invoice_id", "invoices"),)

    account_id: str = Field(primary_key=True)
    invoice_id: str = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    key: str
    size: int = amount()
    sha256: str
    created_at: datetime = instant()


class Job(SQLModel, table=True):
    """Work that follows a commit. A claim moves `run_after` to the end of its lease; done is deleted."""

    __tablename__ = "outbox"
    __table_args__ = (
        UniqueConstraint("account_id", "subject_id", "kind"),
        Index(
            "outbox_due",
            "kind",
            "run_after",
            postgresql_where=text("failed_at IS NULL"),
            sqlite_where=text("failed_at IS NULL"),
        ),
    )

    id: str = Field(primary_key=True)
    account_id: str = Field(foreign_key="accounts.id")
    kind: str
    subject_id: str
    attempts: int = 0
    run_after: datetime = instant()
    lease_token: str | None = None
    last_error: str | None = Field(default=None, sa_type=Text)
    failed_at: datetime | None = instant(nullable=True)
    created_at: datetime = instant()


accounts = SQLModel.metadata.tables["accounts"]
api_keys = SQLModel.metadata.tables["api_keys"]
customers = SQLModel.metadata.tables["customers"]
customer_sessions = SQLModel.metadata.tables["customer_sessions"]
orders = SQLModel.metadata.tables["orders"]
order_items = SQLModel.metadata.tables["order_items"]
invoices = SQLModel.metadata.tables["invoices"]
invoice_lines = SQLModel.metadata.tables["invoice_lines"]
number_series = SQLModel.metadata.tables["number_series"]
documents = SQLModel.metadata.tables["documents"]
outbox = SQLModel.metadata.tables["outbox"]
