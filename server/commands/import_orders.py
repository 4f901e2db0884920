"""`invoicing import`: orders in bulk from a CSV file."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter

import typer

from invoicing.accounts.completeness import seller_incomplete
from invoicing.errors import InvoicingError
from invoicing.importing.columns import MissingColumns
from invoicing.importing.preview import preview_orders
from invoicing.importing.run import LinesUnaccounted, import_orders
from invoicing.importing.summary import Summary
from server.commands.common import (
    AccountOption,
    choose_account,
    command_line_principal,
    exit_with,
    open_database,
)
from server.commands.import_arguments import (
    CurrencyOption,
    DecimalOption,
    DelimiterOption,
    DryRunOption,
    EncodingOption,
    FileArgument,
    IncludingVatOption,
    InvoiceOption,
    LayoutOption,
    MapOption,
    RejectsOption,
    UntaxedOption,
    VatRateOption,
)
from server.commands.import_options import FormatName, Told, looks_like
from server.commands.import_preview import print_preview
from server.commands.import_progress import print_summary, progress_bar
from server.settings import Settings

_ALL_REJECTED = 3


def import_(
    file: FileArgument,
    layout: LayoutOption = FormatName.PLAIN,
    column_map: MapOption = None,
    currency: CurrencyOption = None,
    including_vat: IncludingVatOption = None,
    vat_rate: VatRateOption = None,
    invoice: InvoiceOption = False,
    rejects: RejectsOption = None,
    encoding: EncodingOption = None,
    delimiter: DelimiterOption = None,
    decimal: DecimalOption = None,
    untaxed: UntaxedOption = None,
    dry_run: DryRunOption = False,
    in_account: AccountOption = None,
) -> None:
    """Import orders from a CSV file. Run again, it imports nothing twice.

    Every line is imported, there already, or in the file of rejects with the reason. The exit code is 3 if
    every line was rejected.
    """
    began = perf_counter()
    listed = rejects or Path("stdin.rejects.csv" if _is_stdin(file) else f"{file}.rejects.csv")
    if _is_same(listed, file):
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
                    clock=lambda: datetime.now(UTC),
                )
        except MissingColumns as failure:
            raise exit_with(f"{failure}{looks_like(source, layout)}") from None
        except (InvoicingError, LinesUnaccounted, OSError) as failure:
            raise exit_with(str(failure)) from None
    print_summary(done, terms, listed, perf_counter() - began)
    raise _exit_code(done)


def _exit_code(done: Summary) -> typer.Exit:
    return typer.Exit(_ALL_REJECTED if done.is_all_rejected else 0)


def _is_same(listed: Path, file: Path) -> bool:
    """A file may have several names; on some systems, in capital and small letters."""
    return listed == file or (listed.exists() and file.exists() and listed.samefile(file))


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
