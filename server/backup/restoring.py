"""Restores a backup into an empty place. Everything is verified before anything is written.

The folder of the PDFs gets its name and the database appears at the very end, so an interrupted restore
leaves neither and can be begun again. In object storage the PDFs that it has put are found there again.
"""

from __future__ import annotations

import os
import shutil
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, create_engine, inspect, make_url

from invoicing.invoices import pdf
from invoicing.storage import sqlite_copy, table_files
from invoicing.storage.database import Database
from invoicing.storage.migrations import running
from server.backup import manifest
from server.backup.databases import POSTGRESQL, SQLITE, SQLITE_FILE, TABLES, Progress, known_schema
from server.backup.making import SANDBOX, SECRET
from server.backup.manifest import BackupRefused, Manifest
from server.backup.restored_pdfs import Appearing, check_store_is_empty, prepare_pdfs
from server.settings import Settings

_MOST_NAMED = 20


def restore(settings: Settings, folder: Path, progress: Progress) -> Manifest:
    """Writes the database, the PDFs and the secret. Refuses to overwrite anything."""
    backup = manifest.read(folder)
    known_schema(backup.schema)
    _check_place(settings, backup)
    with progress("Verifying", len(backup.files)) as advance:
        damage = list(manifest.find_damage(folder, backup, lambda: advance(1)))
    if damage:
        more = [f"{len(damage) - _MOST_NAMED:,} more are not shown."] if damage[_MOST_NAMED:] else []
        raise BackupRefused(
            "\n".join(["The backup is damaged, and nothing is restored:", *damage[:_MOST_NAMED], *more])
        )
    _check_secret(settings, folder)
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    pdfs = prepare_pdfs(settings.documents, folder, backup, progress)
    for name in (SECRET, SANDBOX):
        if name in backup.files:
            shutil.copy(folder / name, settings.data_dir / name)  # with its mode
    os.sync()
    restore_database = _restore_sqlite if backup.database == SQLITE else _restore_postgresql
    restore_database(settings, folder, backup, pdfs, progress)
    return backup


def make_missing_again(database: Database, backup: Manifest, *, now: datetime) -> None:
    """Has the PDFs made that the store did not have when it was backed up."""
    for key in backup.without:
        if row := database.read(pdf.document, key):
            database.write(pdf.replace_damaged, row, now=now)


def _check_place(settings: Settings, backup: Manifest) -> None:
    url = make_url(settings.database)
    kind = SQLITE if url.get_backend_name() == "sqlite" else POSTGRESQL
    if kind != backup.database:
        raise BackupRefused(
            f"This is a backup of {_NAMES[backup.database]}, and the settings name {_NAMES[kind]}: "
            "INVOICING_DATABASE_URL decides."
        )
    elsewhere = "A restore overwrites nothing: set INVOICING_DATA_DIR to a new folder"
    if kind == SQLITE and Path(str(url.database)).exists():
        raise BackupRefused(f"There is a database already: {url.database}. {elsewhere}.")
    check_store_is_empty(settings, backup, elsewhere)
    if kind == POSTGRESQL and (tables := _tables(settings)):
        raise BackupRefused(
            f"The database {url.database} has tables already, such as {tables[0]}. A restore overwrites "
            "nothing: make an empty database (createdb NAME) and name it in INVOICING_DATABASE_URL."
        )


_NAMES = {SQLITE: "an SQLite database", POSTGRESQL: "a PostgreSQL database"}


def _check_secret(settings: Settings, folder: Path) -> None:
    """The secret of the backup must be the one that the server will have: links and secrets depend on it."""
    if not (folder / SECRET).is_file():
        return
    own = settings.data_dir / SECRET
    there = settings.secret_key or (own.read_text() if own.exists() else "")
    if there and there != (folder / SECRET).read_text():
        name = "INVOICING_SECRET_KEY" if settings.secret_key else str(own)
        raise BackupRefused(f"{name} is another secret than the backup's, which is in {folder / SECRET}.")


def _tables(settings: Settings) -> list[str]:
    database = Database(settings.database)
    try:
        return database.read(lambda connection: inspect(connection).get_table_names())
    finally:
        database.close()


def _restore_sqlite(
    settings: Settings, folder: Path, _: Manifest, before_it_is_there: Appearing, progress: Progress
) -> None:
    target = Path(str(make_url(settings.database).database))
    part = target.with_name(f"{target.name}.restoring")
    with progress("Database", 1) as advance:
        shutil.copyfile(folder / SQLITE_FILE, part)
        os.sync()
        advance(1)
    if faults := sqlite_copy.faults_of(part):
        raise BackupRefused(f"The restored database is damaged: {'; '.join(faults[:5])}.")
    engine = create_engine(f"sqlite:///{part}")
    with engine.connect() as connection:
        before_it_is_there(connection)
    engine.dispose()
    part.rename(target)
    os.sync()


def _restore_postgresql(
    settings: Settings,
    folder: Path,
    backup: Manifest,
    before_it_is_there: Appearing,
    progress: Progress,
) -> None:
    def fill(connection: Connection) -> None:
        running.make_tables(connection, backup.schema)
        with progress("Tables", len(backup.columns)) as advance:
            table_files.load_tables(connection, folder / TABLES, backup.columns, lambda: advance(1))
        before_it_is_there(connection)

    database = Database(settings.database)
    try:
        database.write(fill)
    except table_files.StrangeTables as strangers:
        raise BackupRefused(
            f"Version {backup.schema} has no tables {strangers}: nothing is restored."
        ) from None
    finally:
        database.close()
