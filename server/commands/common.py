"""What commands share: the database, the account that they work on, and how they end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from invoicing.access import COMMAND_LINE, Principal, Scope
from invoicing.accounts import settings as account_settings
from invoicing.storage import migrations
from invoicing.storage.database import Database
from invoicing.storage.tables import Account
from invoicing.texts import printable
from server.settings import Settings

AccountOption = Annotated[
    str | None,
    typer.Option("--account", help="Id or name of the account; not needed where there is only one."),
]


@contextmanager
def open_database(settings: Settings) -> Iterator[Database]:
    """The database at its newest version. The embedded one is migrated; another one has to be already."""
    database = Database(
        settings.database, threads=settings.database_threads, query_timeout=settings.query_timeout
    )
    try:
        refuse_newer(database)
        if settings.is_embedded:
            migrations.upgrade(database)
        elif not migrations.is_current(database):
            raise exit_with("The database is not up to date: run `invoicing migrate` first.")
        database.hold_to(migrations.newest())
        yield database
    finally:
        database.close()


def refuse_newer(database: Database) -> None:
    if migrations.is_newer(database):
        raise exit_with(
            f"The database has version {database.read(migrations.version)}, and this is an older invoicing, "
            f"which knows versions up to {migrations.newest()}: start the one that migrated it."
        )


def choose_account(database: Database, name: str | None) -> Account:
    """The account that is named, or the only one there is."""
    found = database.read(account_settings.accounts_named, name)
    if len(found) == 1:
        return found[0]
    if not found:
        none = "There is no account" + (f" “{name}”." if name else " yet.")
        raise exit_with(f"{none} `invoicing account create NAME` makes one.")
    listed = ", ".join(f"{account.name} ({account.id})" for account in found)
    raise exit_with(f"Say which account with --account: {listed}.")


def command_line_principal(account_id: str) -> Principal:
    """Whoever can run commands on this machine may do everything in the account."""
    return Principal(account_id, COMMAND_LINE, frozenset(Scope))


def say_in_red(message: str) -> None:
    """On standard error; plain where it is no terminal, has no colours, or NO_COLOR is set."""
    from rich.console import Console  # takes long to import

    Console(stderr=True).print(message, style="bold red", markup=False, highlight=False, soft_wrap=True)


def exit_with(message: str) -> typer.Exit:
    """Prints the message on standard error, and returns the exception to raise.

    What it quotes may be from anybody's file, and a terminal must not obey it.
    """
    typer.echo(printable(message), err=True)
    return typer.Exit(1)
