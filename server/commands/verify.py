"""`invoicing verify-numbering`: whether every number is there once, and every total right."""

from __future__ import annotations

import typer

from invoicing.verifying import verify
from server.commands.opening import AccountOption, chosen, opened
from server.settings import Settings

_MOST_SHOWN = 200


def verify_numbering(in_account: AccountOption = None) -> None:
    """Check all issued invoices, of one account or of all. Changes nothing.

    Exits with 1 if a number is missing or there twice, or an invoice does not add up.
    """
    with opened(Settings()) as database:
        account_id = chosen(database, in_account).id if in_account else None
        verdict = database.read(verify, account_id)
    if not verdict.findings:
        counted = f"{verdict.invoices:,} invoices in {verdict.series:,} series"
        typer.echo(f"{counted}: no gap, no duplicate, every total right.")
        return
    for finding in verdict.findings[:_MOST_SHOWN]:
        typer.echo(f"{finding.kind}: {finding.subject} of account {finding.account_id}: {finding.detail}")
    typer.echo(f"{len(verdict.findings):,} findings in {verdict.invoices:,} invoices.")
    raise typer.Exit(1)
