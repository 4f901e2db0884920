"""`invoicing account` and `invoicing key`: accounts and their API keys."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated

import typer
from sqlalchemy import Connection

from invoicing.access import COMMAND_LINE, Scope
from invoicing.accounts import api_keys
from invoicing.accounts import settings as account_settings
from invoicing.accounts.completeness import in_words, missing_fields
from invoicing.accounts.values import CreateAccountValues
from invoicing.audit.actions import AuditAction
from invoicing.audit.entries import Act, audited, record
from invoicing.audit.subjects import AuditSubjectType, Subject
from invoicing.decimals import decimal_text
from invoicing.errors import InvoicingError
from invoicing.storage.database import Database
from invoicing.storage.tables import Account
from resolvers.audit_subjects import subjects_of
from server.commands.common import AccountOption, choose_account, exit_with, open_database
from server.commands.seller_options import (
    Bic,
    Country,
    Email,
    Iban,
    LegalName,
    PostalCode,
    RegistrationNumber,
    Street,
    TaxNumber,
    Town,
    VatNumber,
    seller_values,
)
from server.settings import Settings

_FIRST_SHOP = "My shop"

account = typer.Typer(
    no_args_is_help=True, help="Sellers: each has customers, orders and invoices of its own."
)
key = typer.Typer(no_args_is_help=True, help="API keys.")


@account.command("create")
def create_account(
    name: Annotated[str, typer.Argument(help="Trading name.")],
    legal_name: LegalName = None,
    country: Country = None,
    street: Street = None,
    postal_code: PostalCode = None,
    town: Town = None,
    vat_number: VatNumber = None,
    tax_number: TaxNumber = None,
    registration_number: RegistrationNumber = None,
    email: Email = None,
    iban: Iban = None,
    bic: Bic = None,
) -> None:
    """Make an account. Its id is the last line.

    What is left out is filled in later, by `updateAccount`; what every invoice needs is named.
    """
    given = seller_values(
        name,
        legal_name=legal_name,
        country=country,
        street=street,
        postal_code=postal_code,
        town=town,
        vat_number=vat_number,
        tax_number=tax_number,
        registration_number=registration_number,
        email=email,
        iban=iban,
        bic=bic,
    )
    with open_database(Settings()) as database:
        typer.echo(_create_account(database, given))


@account.command("list")
def list_accounts() -> None:
    """List the accounts: id and name."""
    with open_database(Settings()) as database:
        for found in database.read(account_settings.accounts_named, None):
            typer.echo(f"{found.id}  {found.name}")


@key.command("create")
def create_key(
    name: Annotated[str, typer.Option(help="Who will use it; invoices remember it as created_by.")],
    scope: Annotated[
        list[Scope] | None, typer.Option(help="May be repeated; all scopes when left out.")
    ] = None,
    in_account: AccountOption = None,
    trading_name: Annotated[str, typer.Option(help="Of the first account.")] = _FIRST_SHOP,
    legal_name: LegalName = None,
    country: Country = None,
    street: Street = None,
    postal_code: PostalCode = None,
    town: Town = None,
    vat_number: VatNumber = None,
    tax_number: TaxNumber = None,
    registration_number: RegistrationNumber = None,
    email: Email = None,
    iban: Iban = None,
    bic: Bic = None,
) -> None:
    """Make an API key. The token is the last line: it is shown now and never again.

    Where there is no account yet, the first one is made; the options from --trading-name on are about it, as
    those of `account create`.
    """
    seller_given = seller_values(
        trading_name,
        legal_name=legal_name,
        country=country,
        street=street,
        postal_code=postal_code,
        town=town,
        vat_number=vat_number,
        tax_number=tax_number,
        registration_number=registration_number,
        email=email,
        iban=iban,
        bic=bic,
    )
    with open_database(Settings()) as database:
        if in_account is None and not database.read(account_settings.accounts_named, None):
            made = _create_account(database, seller_given)
            typer.echo(f"Made the account {made} ({trading_name}).", err=True)
        elif _says_something(seller_given):
            raise exit_with("There is an account already. Say who sells with updateAccount.")
        seller = choose_account(database, in_account)
        try:
            now = datetime.now(UTC)
            act = Act(seller.id, COMMAND_LINE, AuditAction.CREATE_API_KEY, now)
            created, token = database.write(
                audited(act, api_keys.create_api_key, subjects_of),
                seller.id,
                name=name,
                scopes=scope or list(Scope),
                now=now,
            )
        except InvoicingError as refusal:
            raise exit_with(str(refusal)) from None
        typer.echo(f"Key {created.id} of {seller.name}, for {', '.join(created.scopes)}:", err=True)
        typer.echo(token)


def _says_something(given: CreateAccountValues) -> bool:
    """Whether one of the options about a new account was given."""
    rest = {**given, "name": given["name"] if given["name"] != _FIRST_SHOP else None, "address": None}
    return any([*rest.values(), *(given["address"] or {}).values()])


def _create_account(database: Database, given: CreateAccountValues) -> str:
    """Creates the account, and says on standard error what it assumes and what is missing."""
    try:
        values = account_settings.with_country_defaults(given)
        made = database.write(_created_account, values, now=datetime.now(UTC))
    except InvoicingError as refusal:
        raise exit_with(str(refusal)) from None
    seller = database.read(account_settings.account, made)
    rate = decimal_text(seller.default_vat_rate, 4)
    typer.echo(
        f"{seller.name} invoices in {seller.default_currency} with {rate} % VAT, "
        f"in the language {seller.locale}, dated in {seller.timezone}, on paper of size {seller.paper_size}.",
        err=True,
    )
    if missing := missing_fields(seller):
        typer.echo(
            f"It can issue invoices once its {in_words(missing)} {'is' if len(missing) == 1 else 'are'} set. "
            f"With an API key of it:\n  {_completion(seller, missing)}",
            err=True,
        )
    return made


def _created_account(connection: Connection, values: CreateAccountValues, *, now: datetime) -> str:
    """The new account's id. Its audit log begins with this."""
    made = account_settings.create_account(connection, values, now=now)
    act = Act(made, COMMAND_LINE, AuditAction.CREATE_ACCOUNT, now)
    record(connection, act, [Subject(AuditSubjectType.ACCOUNT, made)])
    return made


def _completion(seller: Account, missing: Sequence[str]) -> str:
    """The mutation that fills in what is missing. An address is replaced as a whole."""
    lines = [name.removeprefix("address.") for name in missing if name.startswith("address.")]
    values = {name: _quoted("…") for name in missing if not name.startswith("address.")}
    if lines:
        address = {**seller.address, **dict.fromkeys(lines, "…")}
        inner = ", ".join(f"{name}: {_quoted(value)}" for name, value in address.items())
        values["address"] = f"{{{inner}}}"
    given = ", ".join(f"{name}: {value}" for name, value in values.items())
    return f"mutation {{ updateAccount(input: {{{given}}}) {{ account {{ missing }} }} }}"


def _quoted(value: str) -> str:
    """As a string of GraphQL, whose escapes are JSON's."""
    return json.dumps(value, ensure_ascii=False)
