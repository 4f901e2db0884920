"""`invoicing verify`: checks that every number exists once, every total is right and no cent is missing."""

from __future__ import annotations

from typing import Annotated

import typer

from invoicing.verify import books
from invoicing.verify.books import Finding, Verdict
from server.commands.common import AccountOption, choose_account, open_database
from server.commands.paper_check import check_papers, unnamed_files
from server.settings import Settings

_MOST_SHOWN = 200


def verify(
    in_account: AccountOption = None,
    with_papers: Annotated[
        bool,
        typer.Option("--papers", help="Read every PDF too and compare its SHA-256, not only its size."),
    ] = False,
) -> None:
    """Check all invoices, credits, payments and papers, of one account or of all. Changes nothing.

    Exits with 1 if a number is missing or there twice, an invoice does not add up, money is not accounted
    for, a state is not what the payments make it, a PDF is not the one that was made, nothing will make one
    that is not there, a logo is not there or was changed, or the audit log was. Servers may go on meanwhile.
    """
    settings = Settings()
    store = settings.documents
    with open_database(settings) as database:
        account_id = choose_account(database, in_account).id if in_account else None
        verdict = database.read(books.verify, account_id)
        checked = check_papers(database, account_id, store, read=with_papers)
        notes = unnamed_files(database, store) if with_papers and account_id is None else []
    for note in notes:
        typer.echo(note)
    report(verdict, [*verdict.findings, *checked.findings], checked.count if with_papers else None)


def report(verdict: Verdict, findings: list[Finding], papers_read: int | None) -> None:
    """Prints what was verified and found, and exits with 1 if something was."""
    counted = f"{verdict.invoices:,} invoices in {verdict.series:,} series"
    money = f"{verdict.payments:,} payments and refunds"
    log = f"{verdict.audit_entries:,} entries in the audit log"
    if not findings:
        typer.echo(f"{counted}: no gap, no duplicate, every total right, every paper there or due.")
        typer.echo(f"{money}: every cent accounted for, every state as it must be.")
        typer.echo(f"{log}: none changed, none missing.")
        if papers_read is not None:
            typer.echo(f"{papers_read:,} PDFs read: each is the one that was made.")
        return
    for finding in findings[:_MOST_SHOWN]:
        typer.echo(f"{finding.kind}: {finding.subject} of account {finding.account_id}: {finding.detail}")
    if (more := len(findings) - _MOST_SHOWN) > 0:
        typer.echo(f"{more:,} more are not shown.")
    typer.echo(f"{len(findings):,} findings in {counted}, {money} and {log}.")
    raise typer.Exit(1)
