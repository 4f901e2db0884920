"""`invoicing verify`: checks that every number exists once, every total is right and no cent is missing."""

from __future__ import annotations

import typer

from invoicing.verify import books
from server.commands.common import AccountOption, choose_account, open_database
from server.settings import Settings

_MOST_SHOWN = 200


def verify(in_account: AccountOption = None) -> None:
    """Check all invoices, credits, payments and papers, of one account or of all. Changes nothing.

    Exits with 1 if a number is missing or there twice, an invoice does not add up, money is not accounted
    for, a state is not what the payments make it, or nothing will make a paper that is not there.
    """
    with open_database(Settings()) as database:
        account_id = choose_account(database, in_account).id if in_account else None
        verdict = database.read(books.verify, account_id)
    counted = f"{verdict.invoices:,} invoices in {verdict.series:,} series"
    money = f"{verdict.payments:,} payments and refunds"
    if not verdict.findings:
        typer.echo(f"{counted}: no gap, no duplicate, every total right, every paper there or due.")
        typer.echo(f"{money}: every cent accounted for, every state as it must be.")
        return
    for finding in verdict.findings[:_MOST_SHOWN]:
        typer.echo(f"{finding.kind}: {finding.subject} of account {finding.account_id}: {finding.detail}")
    if (more := len(verdict.findings) - _MOST_SHOWN) > 0:
        typer.echo(f"{more:,} more are not shown.")
    typer.echo(f"{len(verdict.findings):,} findings in {counted} and {money}.")
    raise typer.Exit(1)
