"""Copies of a database that others write to, of either kind, and what a copy says of itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import func, select

from invoicing.storage import migrations, sqlite_copy, table_files
from invoicing.storage.database import Database
from invoicing.storage.sqlite_copy import Stored
from invoicing.storage.tables import documents
from server.backup.manifest import BackupRefused

SQLITE, POSTGRESQL = "sqlite", "postgresql"
SQLITE_FILE, TABLES = "invoicing.db", "tables"

Progress = Callable[[str, int], AbstractContextManager[Callable[[int], None]]]
"""Shows how far a step is: entered with its name and how much it is, called with what is done more."""

_BYTES_OF_PDFS = select(func.coalesce(func.sum(documents.c.size), 0))


@dataclass(frozen=True, slots=True)
class Copied:
    """The database of one moment: its files in the folder, and the PDFs that it names."""

    kind: str
    schema: str
    files: Sequence[str]
    papers: Sequence[Stored]
    columns: Mapping[str, list[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Bytes:
    """What a backup takes at most, or a little more."""

    pdfs: int
    database: int


def bytes_needed(database: Database) -> Bytes:
    pdfs = int(database.read(lambda connection: connection.execute(_BYTES_OF_PDFS).scalar_one()))
    if database.is_sqlite:
        return Bytes(pdfs, Path(str(database.url.database)).stat().st_size)
    with table_files.one_state(database.url) as connection:
        return Bytes(pdfs, table_files.size_of(connection))


def copy_database(database: Database, folder: Path, progress: Progress) -> Copied:
    return (_copy_sqlite if database.is_sqlite else _copy_postgresql)(database, folder, progress)


def _copy_sqlite(database: Database, folder: Path, progress: Progress) -> Copied:
    source, target = Path(str(database.url.database)), folder / SQLITE_FILE
    with progress("Database", sqlite_copy.pages_of(source)) as advance:
        sqlite_copy.copy_database(source, target, advance)
    if faults := sqlite_copy.faults_of(target):
        raise BackupRefused(f"The database is damaged, as its copy shows: {'; '.join(faults[:5])}.")
    schema = known_schema(sqlite_copy.version_of(target))
    return Copied(SQLITE, schema, [SQLITE_FILE], sqlite_copy.papers_in(target))


def _copy_postgresql(database: Database, folder: Path, progress: Progress) -> Copied:
    tables = folder / TABLES
    tables.mkdir()
    with table_files.one_state(database.url) as connection:
        schema = known_schema(table_files.version_in(connection))
        with progress("Tables", len(table_files.tables_in(connection))) as advance:
            columns = table_files.save_tables(connection, tables, lambda: advance(1))
        papers = table_files.papers_of(connection)
    files = [f"{TABLES}/{table_files.file_of(Path(), table)}" for table in columns]
    return Copied(POSTGRESQL, schema, files, papers, columns)


def known_schema(schema: str | None) -> str:
    """The version, refused where this program does not know it."""
    if schema is None:
        raise BackupRefused("There is no invoicing database yet: nothing has been migrated.")
    if not migrations.is_known(schema):
        raise BackupRefused(
            f"It is of the newer database version {schema}, and this program knows versions up to "
            f"{migrations.newest()}: use the newer program."
        )
    return schema
