"""`invoicing export-einvoices`: the e-invoices of some days, as files in a folder."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from documents.einvoice.file import xml_of
from documents.einvoice.formats import EInvoiceFormat
from documents.einvoice.problem import Problem
from documents.einvoice.problems import problems_of
from documents.pdf import render, use_font_folder
from invoicing.invoices.issued_between import Days, FrozenInvoice, count_issued, issued_between
from invoicing.snapshot import Snapshot
from invoicing.stored_snapshot import load
from server.commands.common import AccountOption, choose_account, exit_with, open_database
from server.commands.e_invoice_files import Folder, OtherFile, ProblemsFile, file_name
from server.commands.progress import progress_bar
from server.settings import Settings

_DATE = ("%Y-%m-%d",)
_MOST_RULES = 20


@dataclass(slots=True)
class Exported:
    written: int = 0
    existing: int = 0
    not_made: int = 0
    rules: Counter[str] = field(default_factory=Counter)


def export_e_invoices(
    folder: Annotated[Path, typer.Argument(help="Where the files go; made if it is not there.")],
    first: Annotated[datetime, typer.Option("--from", formats=[*_DATE], help="The first date of invoices.")],
    last: Annotated[datetime, typer.Option("--to", formats=[*_DATE], help="The last one.")],
    wanted: Annotated[EInvoiceFormat, typer.Option("--format", case_sensitive=False, help="Which format.")],
    in_account: AccountOption = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Overwrite files that have something else in them.")
    ] = False,
) -> None:
    """Write the e-invoices of all invoices and credit invoices of some days into a folder.

    One file for each, named by its number. Run again, it goes on where it was stopped. What could not be made
    is in problems.csv there, with the reasons, and the exit code is then 1. Changes nothing in the database.
    """
    days = Days(first.date(), last.date())
    if days.last < days.first:
        raise exit_with(f"--to must not be before --from, {days.first} (it is {days.last}).")
    settings = Settings()
    use_font_folder(settings.font_dir)
    with open_database(settings) as database:
        account_id = choose_account(database, in_account).id
        total = database.read(count_issued, account_id, days)
        files = Folder(folder, replaces=replace)
        with ProblemsFile(folder) as problems, progress_bar("E-invoices", total) as advance:
            found = issued_between(database, account_id, days)
            done = _export(found, wanted, files, problems, lambda: advance(1))
    _report(done, problems.path)


def _export(
    found: Iterator[FrozenInvoice],
    wanted: EInvoiceFormat,
    files: Folder,
    listed: ProblemsFile,
    advance: Callable[[], None],
) -> Exported:
    done = Exported()
    for invoice in found:
        outcome = _write(invoice, wanted, files)
        if isinstance(outcome, list):
            done.not_made += 1
            done.rules.update({each.rule for each in outcome})
            listed.add(invoice, outcome)
        elif outcome:
            done.written += 1
        else:
            done.existing += 1
        advance()
    return done


def _write(invoice: FrozenInvoice, wanted: EInvoiceFormat, files: Folder) -> bool | list[Problem]:
    """Whether it was written, as it is there already otherwise; or why it was not."""
    try:
        snapshot = load(invoice.snapshot)
        if problems := problems_of(snapshot, wanted):
            return problems
        content = _content(snapshot, invoice.logo, wanted)
    except Exception as failure:  # one that cannot be written does not keep the others
        return [Problem("FAILED", "", f"{type(failure).__name__}: {failure}")]
    try:
        return files.put(file_name(invoice.number, _suffix(wanted)), content)
    except OtherFile:
        return [Problem("FILE_DIFFERS", "", "There is another file of that name; --replace overwrites it.")]


def _content(snapshot: Snapshot, logo: bytes | None, wanted: EInvoiceFormat) -> bytes:
    """Factur-X is the PDF, as the servers make it of the same snapshot."""
    return render(snapshot, logo) if wanted is EInvoiceFormat.FACTUR_X else xml_of(snapshot, wanted)


def _suffix(wanted: EInvoiceFormat) -> str:
    return ".pdf" if wanted is EInvoiceFormat.FACTUR_X else ".xml"


def _report(done: Exported, problems: Path) -> None:
    """Prints what was done, and exits with 1 if something could not be."""
    typer.echo(f"{done.written:,} e-invoices written, {done.existing:,} were there already.")
    if not done.not_made:
        return
    for rule, times in done.rules.most_common(_MOST_RULES):
        typer.echo(f"  {rule}: {times:,}", err=True)
    raise exit_with(f"{done.not_made:,} could not be made: the reasons are in {problems}.")
