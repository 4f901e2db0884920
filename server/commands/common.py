"""The database and the account that a command works on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from invoicing.access import Actor, Principal, Scope
from invoicing.accounts import settings as account_settings
from invoicing.storage import migrations
from invoicing.storage.database import Database
from invoicing.storage.tables import Account
from server.settings import Settings

AccountOption = Annotated[
    str | None,
    typer.Option("--account", help="Id or name of the account; not needed where there is only one."),
]


@contextmanager
def opened(settings: Settings) -> Iterator[Database]:
    """The database, at its newest version: the embedded one is brought there, another has to be."""
    database = Database(settings.database, threads=settings.database_threads)
    try:
        if settings.is_embedded:
            migrations.upgrade(database)
        elif not migrations.is_current(database):
            raise stop("The database is not up to date: run `invoicing migrate` first.")
        yield database
    finally:
        database.close()


def chosen(database: Database, name: str | None) -> Account:
    """The account that is named, or the only one there is."""
    found = database.read(account_settings.accounts_named, name)
    if len(found) == 1:
        return found[0]
    if not found:
        there = "There is no account" + (f" “{name}”." if name else " yet.")
        raise stop(f"{there} `invoicing account create NAME` makes one.")
    listed = ", ".join(f"{account.name} ({account.id})" for account in found)
    raise stop(f"Say which account with --account: {listed}.")


def operator(account_id: str) -> Principal:
    """Whoever may run commands on this machine may do everything."""
    return Principal(account_id, Actor("command-line", "Command line", "command_line"), frozenset(Scope))


def stop(message: str) -> typer.Exit:
    """Says why on standard error; raise what it answers."""
    typer.echo(message, err=True)
    return typer.Exit(1)
