"""The tables of the buyers: customers and their sessions."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    Index,
    Text,
    UniqueConstraint,
)
from sqlmodel import Field, SQLModel

from invoicing.storage.tables.base import (
    Stored,
    account_reference,
    index_without_nulls,
    instant_column,
    json_column,
)


class Customer(Stored):
    """`vat_country` is the country of the VAT number, `request` the fingerprint of the request with the
    `idempotency_key`. Of a customer that was erased there are only ids left."""

    __tablename__ = "customers"
    __table_args__ = (
        UniqueConstraint("account_id", "handle"),
        Index("customers_newest", "account_id", "created_at", "id"),
        index_without_nulls("customers_one_idempotency_key", "idempotency_key", unique=True),
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
    vat_country: str | None = None
    registration_number: str | None = None
    iban: str | None = None
    bic: str | None = None
    locale: str | None = None
    buyer_reference: str | None = None
    electronic_address: dict[str, str] | None = json_column()
    payment_terms_days: int | None = None
    billing_address: dict[str, Any] | None = json_column()
    shipping_address: dict[str, Any] | None = json_column()
    meta: dict[str, Any] = json_column(nullable=False)
    search_text: str = Field(sa_type=Text)
    idempotency_key: str | None = None
    request: str | None = None
    created_at: datetime = instant_column()
    updated_at: datetime = instant_column()
    erased_at: datetime | None = instant_column(nullable=True)


class CustomerSession(Stored):
    """A customer's own access until it expires. Only the token's hash is stored.

    `own_scopes` are what it may do with what is the customer's own, beyond reading it; null is nothing. It
    ends with the key that made it, `made_by`.
    """

    __tablename__ = "customer_sessions"
    __table_args__ = (
        account_reference("customer_id", "customers"),
        Index("customer_sessions_over", "expires_at"),
    )

    id: str = Field(primary_key=True)
    account_id: str
    customer_id: str
    token_hash: str = Field(unique=True)
    return_url: str | None = Field(default=None, sa_type=Text)
    created_at: datetime = instant_column()
    expires_at: datetime = instant_column()
    revoked_at: datetime | None = instant_column(nullable=True)
    made_by: str | None = Field(default=None, foreign_key="api_keys.id")
    own_scopes: list[str] | None = json_column()


customers = SQLModel.metadata.tables["customers"]
customer_sessions = SQLModel.metadata.tables["customer_sessions"]
