"""The command line: every command, by its name."""

from __future__ import annotations

import os

import typer
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from invoicing.errors import DatabaseUnavailable
from server.commands.accounts import account, key
from server.commands.backup import backup, restore
from server.commands.copy_pdfs import copy_pdfs
from server.commands.demo import demo
from server.commands.erase_customer import erase_customer
from server.commands.export_e_invoices import export_e_invoices
from server.commands.export_schema import export_schema
from server.commands.import_orders import import_
from server.commands.migrate import migrate
from server.commands.rates import rates
from server.commands.reseal import reseal
from server.commands.serve import serve
from server.commands.verify import verify
from server.commands.worker import worker
from server.outages import one_line
from server.settings import Settings
from server.unknown_variables import unknown_variables

app = typer.Typer(
    help="Orders go in, invoices come out. Its INVOICING_… variables are in docs/reference/settings.md.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)
app.command()(serve)
app.command()(worker)
app.command()(migrate)
app.command()(reseal)
app.add_typer(account, name="account")
app.add_typer(key, name="key")
app.command("import")(import_)
app.add_typer(rates, name="rates")
app.command("erase-customer")(erase_customer)
app.command("export-einvoices")(export_e_invoices)
app.command()(verify)
app.command("verify-numbering", hidden=True)(verify)  # its name when it checked only the numbers
app.command()(backup)
app.command()(restore)
app.command("copy-pdfs")(copy_pdfs)
app.command()(demo)
app.command("export-schema")(export_schema)


def main() -> None:
    for warning in unknown_variables(os.environ):
        typer.echo(warning, err=True)
    try:
        app()
    except ValidationError as refusal:  # an environment variable has a wrong value
        for error in refusal.errors():
            typer.echo(_wrong_value(error), err=True)
        raise SystemExit(2) from None
    except OSError as failure:  # a folder or a port cannot be reached
        typer.echo(f"invoicing: {' '.join(str(failure).split())}", err=True)
        raise SystemExit(1) from None
    except DatabaseUnavailable as failure:
        typer.echo(f"invoicing: {one_line(failure)}", err=True)
        raise SystemExit(1) from None


def _wrong_value(error: ErrorDetails) -> str:
    """What a variable must be. The value of one that may hold a secret is not shown."""
    name = "_".join(map(str, error["loc"]))
    field = Settings.model_fields.get(name)
    value = f" is “{error['input']}”" if field and field.repr else ""
    return f"INVOICING_{name.upper()}{value}: {error['msg'].removeprefix('Value error, ')}."
