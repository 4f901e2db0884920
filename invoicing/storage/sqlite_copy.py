"""A copy of an SQLite database as it is at one moment, while others write to it.

SQLite's own backup copies the pages as they are. (`VACUUM INTO` builds the file anew, which takes longer, and
may give rows other rowids, to which an index for searching refers.)
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

PAGES = 1_000  # of 4 kB, between two reports

Stored = tuple[str, int, str]
"""A paper that the database names: its key, size and SHA-256."""


def pages_of(source: Path) -> int:
    with _opened(source, "rw") as live:
        return int(live.execute("PRAGMA page_count").fetchone()[0])


def copy_database(source: Path, target: Path, copied: Callable[[int], None] = lambda _: None) -> None:
    """Calls `copied` with the number of pages after some more are done.

    The transaction holds one state of the database: without it, each commit would begin the copy anew.
    """
    left_before = 0

    def report(_: int, left: int, total: int) -> None:
        nonlocal left_before
        copied((left_before or total) - left)
        left_before = left

    with _opened(source, "rw") as live, closing(sqlite3.connect(target)) as copy:
        live.execute("BEGIN")
        live.execute("SELECT count(*) FROM sqlite_master").fetchone()
        live.backup(copy, pages=PAGES, progress=report)


def faults_of(file: Path) -> list[str]:
    """What SQLite finds wrong in a file that nobody has open."""
    try:
        with _opened(file, "ro&immutable=1") as copy:
            found = [str(row[0]) for row in copy.execute("PRAGMA integrity_check")]
            dangling = {str(row[0]) for row in copy.execute("PRAGMA foreign_key_check")}
    except sqlite3.DatabaseError as failure:
        return [str(failure)]
    referring = [f"rows of {table} refer to nothing" for table in sorted(dangling)]
    return [*(fault for fault in found if fault != "ok"), *referring]


def version_of(file: Path) -> str | None:
    """The version of the schema in a copy."""
    with _opened(file, "ro&immutable=1") as copy:
        row = copy.execute("SELECT version_num FROM alembic_version").fetchone()
    return None if row is None else str(row[0])


def papers_in(file: Path) -> list[Stored]:
    with _opened(file, "ro&immutable=1") as copy:
        return copy.execute("SELECT key, size, sha256 FROM documents ORDER BY key").fetchall()


@contextmanager
def _opened(file: Path, mode: str) -> Iterator[sqlite3.Connection]:
    address = f"file:{quote(str(file.resolve()))}?mode={mode}"
    with closing(sqlite3.connect(address, uri=True, isolation_level=None, timeout=30)) as connection:
        yield connection
