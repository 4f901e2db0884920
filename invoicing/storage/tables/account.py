"""The tables of the seller: its account and API keys."""

import datetime as dt
from datetime import datetime
from typing import Any

from sqlalchemy import Text, false
from sqlmodel import Field, SQLModel

from invoicing.storage.tables.base import (
    Stored,
    instant_column,
    json_column,
)

ACCENT = "#0A636B"
"""The accent of papers whose seller has chosen none."""


class Account(Stored):
    """A seller, the tenant to which everything else belongs.

    `legal_name` is empty until it is set; `vat_country` is the country of the VAT number. `has_webhooks`
    tells whether it has an active endpoint, at no cost: issuing reads this row anyway. `logo` holds the
    SHA-256 of one in `logos`, its width and its height.
    """

    __tablename__ = "accounts"

    id: str = Field(primary_key=True)
    name: str
    legal_name: str
    address: dict[str, Any] = json_column(nullable=False)
    vat_number: str | None = None
    vat_country: str | None = None
    tax_number: str | None = None
    registration_number: str | None = None
    email: str | None = None
    phone_number: str | None = None
    contact_name: str | None = None
    iban: str | None = None
    bic: str | None = None
    electronic_address: dict[str, str] | None = json_column()
    default_currency: str
    tax_currency: str | None = None
    default_vat_rate: int
    locale: str
    timezone: str
    payment_terms_days: int
    payable_rounding: int = Field(default=1, sa_column_kwargs={"server_default": "1"})
    contra_flow: str = Field(sa_column_kwargs={"server_default": "DIRECT"})
    has_webhooks: bool = Field(sa_column_kwargs={"server_default": false()})
    invoice_number_format: str
    credit_number_format: str
    invoice_after_shipment: bool
    logo: dict[str, Any] | None = json_column()
    accent_color: str = Field(default=ACCENT, sa_column_kwargs={"server_default": ACCENT})
    footer: str | None = Field(default=None, sa_type=Text)
    terms: str | None = Field(default=None, sa_type=Text)
    paper_size: str = Field(default="A4", sa_column_kwargs={"server_default": "A4"})
    tax_name: str | None = None
    created_at: datetime = instant_column()
    updated_at: datetime = instant_column()


class ApiKey(Stored):
    """A key to an account. Only its hash is stored. It ends with the key that made it, `made_by`."""

    __tablename__ = "api_keys"

    id: str = Field(primary_key=True)
    account_id: str = Field(foreign_key="accounts.id", index=True)
    name: str
    token_hash: str = Field(unique=True)
    scopes: list[str] = json_column(nullable=False)
    created_at: datetime = instant_column()
    revoked_at: datetime | None = instant_column(nullable=True)
    made_by: str | None = Field(default=None, foreign_key="api_keys.id")


class ExchangeRate(Stored):
    """`rate` units of `currency` for one of `base` on a day: a decimal, as text, so that no digit is lost."""

    __tablename__ = "exchange_rates"

    account_id: str = Field(primary_key=True, foreign_key="accounts.id")
    base: str = Field(primary_key=True)
    currency: str = Field(primary_key=True)
    date: dt.date = Field(primary_key=True)
    rate: str


class Logo(Stored):
    """An image as it is printed. Triggers refuse to change or delete it: issued invoices name its hash."""

    __tablename__ = "logos"

    account_id: str = Field(primary_key=True, foreign_key="accounts.id")
    sha256: str = Field(primary_key=True)
    media_type: str
    content: bytes
    created_at: datetime = instant_column()


accounts = SQLModel.metadata.tables["accounts"]
api_keys = SQLModel.metadata.tables["api_keys"]
exchange_rates = SQLModel.metadata.tables["exchange_rates"]
logos = SQLModel.metadata.tables["logos"]
