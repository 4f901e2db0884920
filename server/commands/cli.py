"""The command line: every command, by its name."""

from __future__ import annotations

import typer
from pydantic import ValidationError

from invoicing.errors import DatabaseUnavailable
from server.commands.accounts import account, key
from server.commands.backup import backup, restore
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
app.command()(demo)
app.command("export-schema")(export_schema)


def main() -> None:
    try:
        app()
    except ValidationError as refusal:  # an environment variable has a wrong value
        for error in refusal.errors():
            name = f"INVOICING_{'_'.join(map(str, error['loc'])).upper()}"
            value = "" if "SECRET_KEY" in name else f" is “{error['input']}”"
            typer.echo(f"{name}{value}: {error['msg'].removeprefix('Value error, ')}.", err=True)
        raise SystemExit(2) from None
    except OSError as failure:  # a folder or a port cannot be reached
        typer.echo(f"invoicing: {' '.join(str(failure).split())}", err=True)
        raise SystemExit(1) from None
    except DatabaseUnavailable as failure:
        typer.echo(f"invoicing: {one_line(failure)}", err=True)
        raise SystemExit(1) from None
