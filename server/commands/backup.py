"""`invoicing backup` and `invoicing restore`."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import psycopg
import typer
from sqlalchemy import make_url

from documents.store import StoreUnavailable
from invoicing.storage import migrations
from invoicing.storage.database import Database
from invoicing.verify import books
from server.backup.making import Made, make_backup
from server.backup.manifest import BackupRefused, Manifest
from server.backup.restoring import make_missing_again
from server.backup.restoring import restore as restore_backup
from server.commands.common import exit_with
from server.commands.paper_check import check_papers
from server.commands.progress import progress_bar
from server.commands.verify import report
from server.outages import one_line
from server.settings import Settings

_MOST_SHOWN = 20

FolderOption = Annotated[Path, typer.Argument(help="Folder of the backup.", metavar="FOLDER")]


def backup(folder: FolderOption) -> None:
    """Back up the database, the PDFs and the secret into a new folder, while servers go on.

    Whatever was acknowledged before is in it. What was written is read again and compared. Exits with 1 if
    there is no backup, or if the books or PDFs that were backed up are not right.
    """
    settings = Settings()
    url = make_url(settings.database)
    if url.get_backend_name() == "sqlite" and not Path(str(url.database)).is_file():
        raise exit_with(f"There is no database to back up: {url.database}")
    database = Database(settings.database)
    try:
        made = make_backup(settings, database, folder, progress_bar)
        findings = database.read(books.verify).findings if migrations.is_current(database) else []
    except BackupRefused as refusal:
        raise exit_with(str(refusal)) from None
    except StoreUnavailable as away:
        raise exit_with(f"There is no backup. {away}") from None
    except (psycopg.Error, sqlite3.Error) as failure:
        raise exit_with(f"There is no backup: {one_line(failure)}") from None
    finally:
        database.close()
    _tell(folder, made)
    if findings:
        raise exit_with(f"The books have {len(findings):,} findings: `invoicing verify` names them.")
    if made.damaged:
        raise typer.Exit(1)


def restore(folder: FolderOption) -> None:
    """Restore a backup into an empty place: INVOICING_DATA_DIR, and INVOICING_DATABASE_URL if it is set.

    Every file of the backup is compared with its SHA-256 first; if one differs, nothing is restored. Then the
    same is verified as by `verify --papers`.
    """
    settings = Settings()
    try:
        restored = restore_backup(settings, folder, progress_bar)
    except BackupRefused as refusal:
        raise exit_with(str(refusal)) from None
    typer.echo(f"Restored as it was at {restored.made_at}.", err=True)
    if restored.schema != migrations.newest():
        typer.echo(
            f"Its database is of the older version {restored.schema}: run `invoicing migrate`, "
            "then `invoicing verify --papers`.",
            err=True,
        )
        return
    _verify(settings, restored)


def _verify(settings: Settings, restored: Manifest) -> None:
    database = Database(settings.database)
    try:
        make_missing_again(database, restored, now=datetime.now(UTC))
        verdict = database.read(books.verify)
        checked = check_papers(database, None, settings.documents, read=True)
    finally:
        database.close()
    report(verdict, [*verdict.findings, *checked.findings], checked.count)


def _tell(folder: Path, made: Made) -> None:
    size = sum(file.size for file in made.manifest.files.values())
    typer.echo(
        f"Backed up: the database, {made.pdfs:,} PDFs and the secret; {size:,} bytes in {folder}. "
        "Keep it as safe as the server: it has the secret and all customers.",
        err=True,
    )
    if made.damaged:
        typer.echo(
            f"{len(made.damaged):,} PDFs are not in it: the store does not have them as they were made:\n"
            + "\n".join(made.damaged[:_MOST_SHOWN])
            + "\nThey are made again when their link is opened, by `retryInvoicePdf`, or after a restore.",
            err=True,
        )
