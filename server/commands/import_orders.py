"""`invoicing import`: orders in bulk from a CSV file."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import Annotated

import typer

from invoicing.accounts.completeness import seller_incomplete
from invoicing.errors import InvoicingError
from invoicing.importing.columns import MissingColumns
from invoicing.importing.numbers import Decimals
from invoicing.importing.preview import preview_orders
from invoicing.importing.run import LinesUnaccounted, import_orders
from invoicing.importing.summary import Summary
from invoicing.vat.categories import Category
from server.commands.common import (
    AccountOption,
    choose_account,
    command_line_principal,
    exit_with,
    open_database,
)
from server.commands.import_options import FormatName, Told, looks_like
from server.commands.import_preview import print_preview
from server.commands.import_progress import print_summary, progress_bar
from server.settings import Settings

_ALL_REJECTED = 3


def import_(
    file: Annotated[Path, typer.Argument(help="A CSV file, plain or gzip; - for standard input.")],
    layout: Annotated[
        FormatName,
        typer.Option("--format", help="Which columns it has; docs/reference/import.md describes them."),
    ] = FormatName.PLAIN,
    column_map: Annotated[
        Path | None,
        typer.Option("--map", help="A TOML file that says what the columns of another sheet are called."),
    ] = None,
    currency: Annotated[
        str | None, typer.Option(help="ISO 4217; for orders that name none. Default: the account's.")
    ] = None,
    including_vat: Annotated[
        bool | None,
        typer.Option(
            "--including-vat/--excluding-vat",
            help="Whether prices contain VAT. Default: they do, in online-retail not.",
        ),
    ] = None,
    vat_rate: Annotated[
        float | None, typer.Option(help="Percent; for items that name none. Default: the account's.")
    ] = None,
    invoice: Annotated[
        bool, typer.Option("--invoice", help="Ship and invoice what is imported, dated today.")
    ] = False,
    rejects: Annotated[
        Path | None, typer.Option(help="Where rejected lines go. Default: FILE.rejects.csv.")
    ] = None,
    encoding: Annotated[
        str | None, typer.Option(help="Of the file: utf-8, cp1252, mac-roman … Default: found in the file.")
    ] = None,
    delimiter: Annotated[
        str | None, typer.Option(help="Between the columns: ; or , or | or tab. Default: found in the file.")
    ] = None,
    decimal: Annotated[
        Decimals | None,
        typer.Option(help="What stands before decimals. Default: found, where only one reading is possible."),
    ] = None,
    untaxed: Annotated[
        Category | None,
        typer.Option(help="VAT category of what a shop asked no VAT on. Default: G for what leaves the EU."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be imported, and write nothing.")
    ] = False,
    in_account: AccountOption = None,
) -> None:
    """Import orders from a CSV file. Run again, it imports nothing twice.

    Every line is imported, there already, or in the file of rejects with the reason. The exit code is 3 if
    every line was rejected.
    """
    began = perf_counter()
    listed = rejects or Path("stdin.rejects.csv" if _is_stdin(file) else f"{file}.rejects.csv")
    if listed.resolve() == file.resolve():
        raise exit_with("The rejects would overwrite the file itself: name another with --rejects.")
    with _seekable(file) as path, open_database(Settings()) as database:
        seller = choose_account(database, in_account)
        if invoice and (refusal := seller_incomplete(seller)) is not None:
            raise exit_with(str(refusal))
        principal = command_line_principal(seller.id)
        try:
            told = Told(currency, including_vat, vat_rate, encoding, delimiter, decimal, untaxed)
            expected, told = told.with_map(layout, column_map)
            source, terms = told.source(path), told.terms(seller, expected)
            if dry_run:
                preview = preview_orders(database, principal, source, expected, terms)
                print_preview(preview, terms, invoice=invoice)
                raise _exit_code(preview.summary)
            with progress_bar() as progress:
                done = import_orders(
                    database,
                    principal,
                    source,
                    expected,
                    terms,
                    rejects=listed,
                    invoice=invoice,
                    progress=progress,
                )
        except MissingColumns as failure:
            raise exit_with(f"{failure}{looks_like(source, layout)}") from None
        except (InvoicingError, LinesUnaccounted, OSError) as failure:
            raise exit_with(str(failure)) from None
    print_summary(done, terms, listed, perf_counter() - began)
    raise _exit_code(done)


def _exit_code(done: Summary) -> typer.Exit:
    return typer.Exit(_ALL_REJECTED if done.is_all_rejected else 0)


def _is_stdin(file: Path) -> bool:
    return str(file) == "-"


@contextmanager
def _seekable(file: Path) -> Iterator[Path]:
    """The file, or a copy of standard input: it is read twice."""
    if not _is_stdin(file):
        yield file
        return
    with tempfile.NamedTemporaryFile(suffix=".csv") as kept:
        shutil.copyfileobj(sys.stdin.buffer, kept)
        kept.flush()
        yield Path(kept.name)
