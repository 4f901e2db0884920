"""`invoicing account` and `invoicing key`: accounts and their API keys."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated

import typer

from invoicing.access import Scope
from invoicing.accounts import api_keys
from invoicing.accounts import settings as account_settings
from invoicing.accounts.completeness import in_words, missing_fields
from invoicing.accounts.values import CreateAccountValues
from invoicing.decimals import decimal_text
from invoicing.errors import InvoicingError
from invoicing.storage.database import Database
from invoicing.storage.tables import Account
from server.commands.common import AccountOption, choose_account, exit_with, open_database
from server.settings import Settings

account = typer.Typer(
    no_args_is_help=True, help="Sellers: each has customers, orders and invoices of its own."
)
key = typer.Typer(no_args_is_help=True, help="API keys.")


@account.command("create")
def create_account(
    name: Annotated[str, typer.Argument(help="Trading name.")],
    legal_name: Annotated[str | None, typer.Option(help="Registered name, on every invoice.")] = None,
    country: Annotated[
        str | None,
        typer.Option(help="ISO 3166-1, as NL: currency, time zone, VAT rate and language follow it."),
    ] = None,
    street: Annotated[str | None, typer.Option(help="Street and number, or PO box.")] = None,
    postal_code: Annotated[str | None, typer.Option(help="Postal code.")] = None,
    town: Annotated[str | None, typer.Option(help="Town.")] = None,
    vat_number: Annotated[str | None, typer.Option(help="VAT number.")] = None,
    tax_number: Annotated[str | None, typer.Option(help="Tax number, without a VAT number.")] = None,
    registration_number: Annotated[str | None, typer.Option(help="Number in the trade register.")] = None,
    email: Annotated[str | None, typer.Option(help="Where customers write about invoices.")] = None,
    iban: Annotated[str | None, typer.Option(help="Account that customers pay to.")] = None,
    bic: Annotated[str | None, typer.Option(help="That account's bank.")] = None,
) -> None:
    """Make an account. Its id is the last line.

    What is left out is filled in later, by `updateAccount`; what every invoice needs is named.
    """
    given: CreateAccountValues = {
        "name": name,
        "address": {
            "address_line_1": street,
            "postal_code": postal_code,
            "locality": town,
            "country_code": country,
        },
        "vat_number": vat_number,
        "tax_number": tax_number,
        "registration_number": registration_number,
        "email": email,
        "iban": iban,
        "bic": bic,
    }
    if legal_name is not None:
        given["legal_name"] = legal_name
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
) -> None:
    """Make an API key. The token is the last line: it is shown now and never again.

    Where there is no account yet, the first one is made.
    """
    with open_database(Settings()) as database:
        if in_account is None and not database.read(account_settings.accounts_named, None):
            made = _create_account(database, {"name": "My shop"})
            typer.echo(f"Made the account {made} (My shop).", err=True)
        seller = choose_account(database, in_account)
        try:
            created, token = database.write(
                api_keys.create_api_key,
                seller.id,
                name=name,
                scopes=scope or list(Scope),
                now=datetime.now(UTC),
            )
        except InvoicingError as refusal:
            raise exit_with(str(refusal)) from None
        typer.echo(f"Key {created.id} of {seller.name}, for {', '.join(created.scopes)}:", err=True)
        typer.echo(token)


def _create_account(database: Database, given: CreateAccountValues) -> str:
    """Creates the account, and says on standard error what it assumes and what is missing."""
    try:
        values = account_settings.with_country_defaults(given)
        made = database.write(account_settings.create_account, values, now=datetime.now(UTC))
    except InvoicingError as refusal:
        raise exit_with(str(refusal)) from None
    seller = database.read(account_settings.account, made)
    rate = decimal_text(seller.default_vat_rate, 4)
    typer.echo(
        f"{seller.name} invoices in {seller.default_currency} with {rate} % VAT, "
        f"in the language {seller.locale}, dated in {seller.timezone}.",
        err=True,
    )
    if missing := missing_fields(seller):
        typer.echo(
            f"It can issue invoices once its {in_words(missing)} {'is' if len(missing) == 1 else 'are'} set. "
            f"With an API key of it:\n  {_completion(seller, missing)}",
            err=True,
        )
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
