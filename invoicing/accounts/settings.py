"""The seller's settings: what invoices print about it, and how its orders are invoiced."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from enum import StrEnum
from typing import Any, cast

from sqlalchemy import Connection, bindparam, insert, select, update

from invoicing import checks, locks, numbering
from invoicing.access import Principal
from invoicing.accounts.country_defaults import country_defaults, currency_of_country
from invoicing.accounts.paper_size import paper_size_of_country
from invoicing.accounts.values import CreateAccountValues, UpdateAccountValues
from invoicing.audit.entries import open_log
from invoicing.checks import checked, optional, text
from invoicing.errors import ValidationError
from invoicing.storage import rows
from invoicing.storage.prepared import Prepared
from invoicing.storage.tables import Account, accounts, new_id
from invoicing.vat.countries import country_of
from invoicing.vat.numbers import checked_vat_number, vat_country


class ContraFlow(StrEnum):
    """Whether a cancelled or returned item is credited at once, or goes through steps before."""

    DIRECT = "DIRECT"
    GUIDED = "GUIDED"


CHECKS: Mapping[str, checks.Check] = {
    "name": text(200),
    "legal_name": text(200),
    "address": checks.address,
    "vat_number": optional(text(32)),
    "tax_number": optional(text(64)),
    "registration_number": optional(text(64)),
    "email": optional(checks.email),
    "phone_number": optional(text(64)),
    "contact_name": optional(text(200)),
    "iban": optional(checks.iban),
    "bic": optional(checks.bic),
    "electronic_address": optional(checks.electronic_address),
    "default_currency": checks.currency,
    "tax_currency": optional(checks.currency),
    "default_vat_rate": checks.vat_rate,
    "locale": checks.locale,
    "timezone": checks.timezone,
    "payment_terms_days": checks.payment_terms,
    "payable_rounding": checks.whole_number(1, 100),
    "contra_flow": checks.one_of(ContraFlow),
    "invoice_number_format": numbering.number_format,
    "credit_number_format": numbering.number_format,
    "invoice_after_shipment": checks.flag,
}

DEFAULTS: Mapping[str, Any] = {
    "address": {},
    "default_currency": "EUR",
    "default_vat_rate": 21,
    "locale": "en",
    "timezone": "UTC",
    "payment_terms_days": 14,
    "payable_rounding": 1,
    "contra_flow": ContraFlow.DIRECT,
    "invoice_number_format": "INV-{year}-{seq:05d}",
    "credit_number_format": "CRN-{year}-{seq:05d}",
    "invoice_after_shipment": False,
}

_BY_ID = Prepared(select(accounts).where(accounts.c.id == bindparam("account")))


def account(connection: Connection, account_id: str) -> Account:
    return rows.one(connection, _BY_ID, {"account": account_id}, as_=Account)


def ask_account(connection: Connection, account_id: str) -> Callable[[], Account]:
    """`account` that is read with the next statement; what is returned waits for it, if need be."""
    return rows.ask_one(connection, _BY_ID, {"account": account_id}, as_=Account)


def tax_currency_of(seller: Account) -> str:
    """The currency in which the seller declares VAT: the one that was set, else that of its country."""
    return seller.tax_currency or currency_of_country(country_of(seller.address)) or seller.default_currency


def accounts_by_id(connection: Connection, principal: Principal, ids: Sequence[str]) -> Mapping[str, Account]:
    """The principal's own account, if it is among the ids."""
    return {id: account(connection, id) for id in ids if id == principal.account_id}


def with_country_defaults(values: CreateAccountValues) -> CreateAccountValues:
    """The values, with the defaults of the address's country for those that are not given."""
    country = country_of(values.get("address"))
    if country is None:
        return values
    defaults = asdict(country_defaults(checks.country(country, "address.country_code")))
    return cast(CreateAccountValues, {**defaults, **values})


def create_account(connection: Connection, values: CreateAccountValues, *, now: datetime) -> str:
    """Creates a seller; returns its id."""
    given = checked({**DEFAULTS, **values}, CHECKS)
    row = {"id": new_id(), "legal_name": "", **given, "created_at": now, "updated_at": now}
    _check_vat_number(row, row["address"])
    country = country_of(row["address"])
    row["vat_country"] = vat_country(row.get("vat_number"), country)
    row["paper_size"] = paper_size_of_country(country)
    _check_formats_differ(row["invoice_number_format"], row["credit_number_format"])
    connection.execute(insert(accounts).values(row))
    open_log(connection, str(row["id"]))
    return str(row["id"])


def update_account(
    connection: Connection, principal: Principal, values: UpdateAccountValues, *, now: datetime
) -> Account:
    """Changes the given settings. Issued invoices do not change."""
    row = checked(values, CHECKS)
    locks.lock_account(connection, principal.account_id)  # or two changes at once make the formats equal
    before = account(connection, principal.account_id)
    address = row.get("address", before.address)
    _check_vat_number(row, address)
    row["vat_country"] = vat_country(row.get("vat_number", before.vat_number), country_of(address))
    _check_formats_differ(
        row.get("invoice_number_format", before.invoice_number_format),
        row.get("credit_number_format", before.credit_number_format),
    )
    connection.execute(
        update(accounts).where(accounts.c.id == principal.account_id).values(**row, updated_at=now)
    )
    return account(connection, principal.account_id)


def _check_vat_number(row: dict[str, Any], address: Mapping[str, Any]) -> None:
    """Refuses a VAT number with wrong digits; what is already stored is left alone."""
    if row.get("vat_number") is not None:
        row["vat_number"] = checked_vat_number(row["vat_number"], country_of(address), "vat_number")


def _check_formats_differ(invoices: str, credit_invoices: str) -> None:
    if numbering.formats_overlap(invoices, credit_invoices):
        raise ValidationError(
            "Invoices and credit invoices have separate number series, "
            "so their formats must differ in more than their widths.",
            field="credit_number_format",
        )


def accounts_named(connection: Connection, name: str | None) -> list[Account]:
    """The accounts with this id or name, oldest first; all accounts for None."""
    statement = select(accounts).order_by(accounts.c.created_at, accounts.c.id)
    if name is not None:
        statement = statement.where((accounts.c.id == name) | (accounts.c.name == name))
    return rows.all_(connection, statement, as_=Account)
