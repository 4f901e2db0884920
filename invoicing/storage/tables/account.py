"""The seller, and the keys to its account."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    false,
)
from sqlmodel import Field, SQLModel

from invoicing.storage.tables.base import (
    document,
    instant,
)


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


accounts = SQLModel.metadata.tables["accounts"]
api_keys = SQLModel.metadata.tables["api_keys"]
