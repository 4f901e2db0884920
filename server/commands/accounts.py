"""`invoicing account` and `invoicing key`: accounts and their API keys."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from invoicing.access import Scope
from invoicing.accounts import api_keys
from invoicing.accounts import settings as account_settings
from invoicing.errors import InvoicingError
from invoicing.storage.database import Database
from server.commands.common import AccountOption, choose_account, exit_with, open_database
from server.settings import Settings

account = typer.Typer(
    no_args_is_help=True, help="Sellers: each has customers, orders and invoices of its own."
)
key = typer.Typer(no_args_is_help=True, help="API keys.")


@account.command("create")
def create_account(
    name: Annotated[str, typer.Argument(help="Trading name; `updateAccount` fills the rest in.")],
) -> None:
    """Make an account. Its id is the last line."""
    with open_database(Settings()) as database:
        typer.echo(_create_account(database, name))


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
            typer.echo(f"Made the account {_create_account(database, 'My shop')} (My shop).", err=True)
        seller = choose_account(database, in_account)
        try:
            made, token = database.write(
                api_keys.create_api_key,
                seller.id,
                name=name,
                scopes=scope or list(Scope),
                now=datetime.now(UTC),
            )
        except InvoicingError as refusal:
            raise exit_with(str(refusal)) from None
        typer.echo(f"Key {made.id} of {seller.name}, for {', '.join(made.scopes)}:", err=True)
        typer.echo(token)


def _create_account(database: Database, name: str) -> str:
    try:
        return database.write(account_settings.create_account, {"name": name}, now=datetime.now(UTC))
    except InvoicingError as refusal:
        raise exit_with(str(refusal)) from None
