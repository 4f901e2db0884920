"""`invoicing import`: orders in bulk from a CSV file."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from time import perf_counter
from typing import Annotated

import typer

from invoicing import checks
from invoicing.accounts.completeness import seller_incomplete
from invoicing.errors import InvoicingError
from invoicing.importing.columns import PLAIN, Format
from invoicing.importing.csv_file import Source
from invoicing.importing.online_retail import ONLINE_RETAIL
from invoicing.importing.orders import Terms
from invoicing.importing.run import LinesUnaccounted, import_orders
from invoicing.storage.tables import Account
from server.commands.common import (
    AccountOption,
    choose_account,
    command_line_principal,
    exit_with,
    open_database,
)
from server.commands.import_progress import print_summary, progress_bar
from server.settings import Settings


class FormatName(StrEnum):
    PLAIN = "plain"
    ONLINE_RETAIL = "online-retail"


_FORMATS = {FormatName.PLAIN: PLAIN, FormatName.ONLINE_RETAIL: ONLINE_RETAIL}


def import_(
    file: Annotated[Path, typer.Argument(help="A CSV file, plain or gzip; - for standard input.")],
    layout: Annotated[
        FormatName,
        typer.Option("--format", help="Which columns it has; docs/reference/import.md describes both."),
    ] = FormatName.PLAIN,
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
    in_account: AccountOption = None,
) -> None:
    """Import orders from a CSV file. Run again, it imports nothing twice.

    Every line is imported, there already, or in the file of rejects with the reason.
    """
    began = perf_counter()
    expected = _FORMATS[layout]
    listed = rejects or Path("stdin.rejects.csv" if _is_stdin(file) else f"{file}.rejects.csv")
    if listed.resolve() == file.resolve():
        raise exit_with("The rejects would overwrite the file itself: name another with --rejects.")
    with _seekable(file) as path, open_database(Settings()) as database:
        seller = choose_account(database, in_account)
        if invoice and (refusal := seller_incomplete(seller)) is not None:
            raise exit_with(str(refusal))
        try:
            terms = _terms(seller, expected, currency, including_vat, vat_rate)
            with progress_bar() as progress:
                done = import_orders(
                    database,
                    command_line_principal(seller.id),
                    Source(path),
                    expected,
                    terms,
                    rejects=listed,
                    invoice=invoice,
                    progress=progress,
                )
        except (InvoicingError, LinesUnaccounted, OSError) as failure:
            raise exit_with(str(failure)) from None
    print_summary(done, terms, listed, perf_counter() - began)


def _terms(
    seller: Account,
    expected: Format,
    currency: str | None,
    including_vat: bool | None,
    vat_rate: float | None,
) -> Terms:
    if vat_rate is not None:
        checks.vat_rate(vat_rate, "--vat-rate")
    return Terms(
        seller=seller,
        currency=checks.currency(currency or expected.currency or seller.default_currency, "--currency"),
        including_vat=expected.including_vat if including_vat is None else including_vat,
        vat_rate=vat_rate,
        now=datetime.now(UTC),
    )


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
