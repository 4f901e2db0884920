"""`invoicing migrate` in several processes at once: one migrates, the others wait for it."""

from __future__ import annotations

import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import URL, Connection, text

from invoicing.errors import ServerOutdated
from invoicing.storage import migrations
from invoicing.storage.database import Database
from invoicing.storage.migrations import running
from tests.support.empty_places import Place, empty_postgresql
from tests.support.nursery import program
from tests.support.patience import PATIENCE, until

ROOT = Path(__file__).parents[3]
WAITING = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
)
HOLD_OUT = {  # what a migration of an empty database, or of an older one, has to wait for
    None: "CREATE TABLE alembic_version ()",
    "0027": "LOCK TABLE alembic_version",
}


@pytest.fixture
def postgresql(postgresql_server: URL, tmp_path: Path) -> Iterator[Place]:
    with empty_postgresql(postgresql_server) as url:
        yield Place(tmp_path, url)


@pytest.fixture
def sqlite(tmp_path: Path) -> Place:
    return Place(tmp_path, f"sqlite:///{tmp_path / 'new.db'}")


def migrate_to(place: Place, version: str | None) -> None:
    if version is None:
        return
    with closing(Database(place.url)) as database:
        database.write(running.make_tables, version)


def start(place: Place) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*program(), "migrate"], cwd=ROOT, env=place.environment, stderr=subprocess.PIPE, text=True
    )


def assert_end_well(place: Place, processes: list[subprocess.Popen[str]]) -> None:
    for process in processes:
        _, told = process.communicate(timeout=PATIENCE)
        assert (process.returncode, told[:11]) == (0, "Up to date:"), told
    with closing(Database(place.url)) as database:
        assert migrations.is_current(database)


@pytest.mark.parametrize("version", HOLD_OUT)
def test_on_postgresql_one_waits_for_the_other(postgresql: Place, version: str | None) -> None:
    migrate_to(postgresql, version)
    with psycopg.connect(postgresql.url) as holder:
        holder.execute(HOLD_OUT[version].encode())
        processes = [start(postgresql) for _ in range(2)]
        with psycopg.connect(postgresql.url, autocommit=True) as administrator:
            until(lambda: administrator.execute(WAITING).fetchone() == (2,))
        holder.rollback()
    assert_end_well(postgresql, processes)


@pytest.mark.parametrize("version", HOLD_OUT)
def test_on_sqlite_one_waits_for_the_other(sqlite: Place, version: str | None) -> None:
    migrate_to(sqlite, version)
    assert_end_well(sqlite, [start(sqlite) for _ in range(2)])


def test_on_sqlite_a_migration_that_takes_longer_than_a_lock_is_waited_for(sqlite: Place) -> None:
    with closing(sqlite3.connect(sqlite.folder / "new.db", isolation_level=None)) as holder:
        holder.execute("PRAGMA journal_mode = WAL")
        holder.execute("BEGIN IMMEDIATE")
        refused: list[Exception] = []

        def let_go(_: str, failure: Exception | None) -> None:
            if failure is not None:
                refused.append(failure)
                holder.rollback()

        with closing(Database(sqlite.url, lock_timeout=0.1)) as database:
            database.outage_listeners.append(let_go)
            migrations.upgrade(database)
            assert migrations.is_current(database)
    assert [type(failure).__name__ for failure in refused] == ["OperationalError"]


def test_one_that_waited_for_newer_code_changes_nothing(database: Database) -> None:
    def migrate_as_newer_code(connection: Connection) -> None:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    database.write(migrate_as_newer_code)
    with pytest.raises(ServerOutdated):
        running.upgrade(database)
    assert database.read(migrations.version) == "9999"
