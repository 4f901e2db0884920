"""`invoicing rates`: exchange rates for the VAT of invoices in foreign currencies."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, TextIO

import typer

from invoicing.accounts.ecb_rates import read_ecb_rates
from invoicing.accounts.exchange_rates import EURO, MOST_RATES, set_exchange_rates
from invoicing.audit.actions import AuditAction
from invoicing.audit.entries import Act, audited
from invoicing.audit.subjects import AuditSubjectType, Subject
from invoicing.errors import InvoicingError, ValidationError
from server.commands.common import (
    AccountOption,
    choose_account,
    command_line_principal,
    exit_with,
    open_database,
)
from server.settings import Settings

rates = typer.Typer(help="Exchange rates.", no_args_is_help=True)


@rates.callback()
def _rates() -> None:
    """A command of its own, so that `import` has to be named."""


@rates.command("import")
def import_rates(
    file: Annotated[
        Path, typer.Argument(help="eurofxref.csv or eurofxref-hist.csv of the ECB, or its .zip as it comes.")
    ],
    in_account: AccountOption = None,
) -> None:
    """Import the euro reference rates of the European Central Bank. Run again, it changes nothing."""
    with open_database(Settings()) as database:
        principal = command_line_principal(choose_account(database, in_account).id)
        now = datetime.now(UTC)
        mine = Subject(AuditSubjectType.ACCOUNT, principal.account_id)
        act = Act.of(principal, AuditAction.SET_EXCHANGE_RATES, mine, at=now)
        try:
            with _opened(file) as text:
                found = list(read_ecb_rates(text))
            for start in range(0, len(found), MOST_RATES):
                batch = found[start : start + MOST_RATES]
                database.write(audited(act, set_exchange_rates), principal, batch, base=EURO, now=now)
        except (InvoicingError, OSError, UnicodeDecodeError, zipfile.BadZipFile) as failure:
            raise exit_with(str(failure)) from None
    days = {rate.date for rate in found}
    span = f" of {len(days):,} days, {min(days)} to {max(days)}" if days else ""
    typer.echo(f"{len(found):,} exchange rates{span}.")


@contextmanager
def _opened(file: Path) -> Iterator[TextIO]:
    """The CSV file, or the one in a zip file."""
    if not zipfile.is_zipfile(file):
        with file.open(encoding="utf-8", newline="") as text:
            yield text
        return
    with zipfile.ZipFile(file) as packed:
        names = [name for name in packed.namelist() if name.lower().endswith(".csv")]
        if len(names) != 1:
            raise ValidationError(
                f"The zip file must have one CSV file in it (it has {len(names)}).", field="file"
            )
        with packed.open(names[0]) as inside, io.TextIOWrapper(inside, "utf-8", newline="") as text:
            yield text
