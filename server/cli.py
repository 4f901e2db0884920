"""The command line: every command, by its name."""

from __future__ import annotations

import typer
from pydantic import ValidationError

from server.commands.accounts import account, key
from server.commands.demo import demo
from server.commands.import_orders import import_
from server.commands.serve import serve
from server.commands.upkeep import export_schema, migrate
from server.commands.verify import verify_numbering
from server.commands.worker import worker

app = typer.Typer(
    help="Orders go in, invoices come out. Configured by INVOICING_… variables: the README lists them.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command()(serve)
app.command()(worker)
app.command()(migrate)
app.add_typer(account, name="account")
app.add_typer(key, name="key")
app.command("import")(import_)
app.command("verify-numbering")(verify_numbering)
app.command()(demo)
app.command("export-schema")(export_schema)


def main() -> None:
    try:
        app()
    except ValidationError as wrong:  # a variable of the environment
        for error in wrong.errors():
            name = f"INVOICING_{'_'.join(map(str, error['loc'])).upper()}"
            typer.echo(f"{name} is “{error['input']}”: {error['msg']}.", err=True)
        raise SystemExit(2) from None
