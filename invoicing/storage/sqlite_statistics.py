"""What SQLite takes for granted of its tables, in place of statistics that nobody collects.

Without any it expects ten rows of an account in each table, whatever their number: it then reads all of
them rather than sort the few that it was asked for. `ANALYZE` counts, but in a new database there is nothing
to count, and in a large one it takes long. So SQLite is told once that an account has many rows, and how far
each column of an index narrows them. Plans are then the same in every database, which its documentation of
ANALYZE calls "fixed results". Where somebody has run ANALYZE, what it counted is taken instead.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, inspect
from sqlmodel import SQLModel

_ROWS = 1_000_000  # in a table
_OF_ACCOUNT = 100_000
_OF_NAMED = 10  # that name one customer, order, invoice or payment, or are of one moment
_OF_FEW_VALUES = frozenset({"action", "base", "currency", "kind", "lane", "state", "type"})
"""Columns where most rows may have the same value, as most invoices are no credit invoices."""

_ALL = """SELECT tables.name, indexes.name, indexes."unique"
    FROM sqlite_schema AS tables, pragma_index_list(tables.name) AS indexes WHERE tables.type = 'table'"""
_KNOWN = "SELECT tbl, idx FROM sqlite_stat1"


def is_missing(connection: Connection) -> bool:
    """Whether SQLite has no statistics of some index."""
    return bool(_unknown(connection))


def assume(connection: Connection) -> None:
    """Tells SQLite of each index that it has no statistics of. A connection that is opened later knows it."""
    connection.exec_driver_sql("ANALYZE sqlite_schema")  # makes the table of the statistics
    for table, index, is_unique in _unknown(connection):
        columns = [name for _, _, name in connection.exec_driver_sql(f"PRAGMA index_info({index})")]
        rows = _rows(columns, is_unique)
        connection.exec_driver_sql("INSERT INTO sqlite_stat1 VALUES (?, ?, ?)", (table, index, rows))
    connection.exec_driver_sql("ANALYZE sqlite_schema")  # reads it


def _unknown(connection: Connection) -> Sequence[tuple[str, str, bool]]:
    """The indexes of our tables without statistics: table, name, and whether each row has its own entry."""
    known = set[tuple[str, str]]()
    if inspect(connection).has_table("sqlite_stat1"):
        known = {(table, index) for table, index in connection.exec_driver_sql(_KNOWN)}
    found = [(table, index, bool(is_unique)) for table, index, is_unique in connection.exec_driver_sql(_ALL)]
    return [each for each in found if each[0] in SQLModel.metadata.tables and each[:2] not in known]


def _rows(columns: Sequence[str], is_unique: bool) -> str:
    """The rows of an index, and those with the same first column, the same first two, and so on."""
    rows = [_ROWS]
    for name in columns:
        if name == "account_id":
            rows.append(_OF_ACCOUNT)
        elif name in _OF_FEW_VALUES:
            rows.append(rows[-1] // 2)
        else:
            rows.append(min(rows[-1], 1 if name == "id" else _OF_NAMED))
    if is_unique:
        rows[-1] = 1
    return " ".join(map(str, rows))
