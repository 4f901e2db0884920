"""The command line: what runs, and how it says what went wrong."""

from __future__ import annotations

import os

import typer
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from invoicing.errors import DatabaseUnavailable
from server.commands.on_demand import Commands
from server.outages import one_line
from server.settings import Settings
from server.unknown_variables import unknown_variables

app = typer.Typer(
    cls=Commands,
    help="Orders go in, invoices come out. Its INVOICING_… variables are in docs/reference/settings.md.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)


@app.callback()
def _program() -> None:
    """What makes Typer look for commands: none is added here, as each is loaded when it runs."""


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
