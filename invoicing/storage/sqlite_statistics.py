"""What SQLite takes for granted of its tables, in place of statistics that nobody collects.

Without any it expects ten rows of an account in each table, whatever their number: it then reads all of
them rather than sort the few that it was asked for. `ANALYZE` counts, but in a new database there is nothing
to count, and in a large one it takes long. So SQLite is told once that an account has many rows, and how far
each column of an index narrows them. Plans are then the same in every database, which its documentation of
ANALYZE calls "fixed results". Who runs ANALYZE has its counts instead.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection
from sqlmodel import SQLModel

_ROWS = 1_000_000  # in a table
_OF_ACCOUNT = 100_000
_OF_NAMED = 10  # that name one customer, order, invoice or payment, or are of one moment
_FEW = 5  # values that a column has at least of which there are few: types, actions, currencies
_OF_FEW_VALUES = frozenset({"action", "base", "currency", "kind", "lane", "type"})


def assume(connection: Connection) -> None:
    """Tells SQLite of each index that it has no statistics of. Connections that are open learn of it too."""
    run = connection.exec_driver_sql
    run("ANALYZE sqlite_schema")  # makes the table of the statistics
    for table in SQLModel.metadata.tables:
        known = {name for (name,) in run("SELECT idx FROM sqlite_stat1 WHERE tbl = ?", (table,))}
        for _, index, is_unique, *_ in run(f"PRAGMA index_list({table})").all():
            if index not in known:
                columns = [name for _, _, name in run(f"PRAGMA index_info({index})")]
                run("INSERT INTO sqlite_stat1 VALUES (?, ?, ?)", (table, index, _rows(columns, is_unique)))
    run("ANALYZE sqlite_schema")  # reads it


def _rows(columns: Sequence[str], is_unique: bool) -> str:
    """The rows of an index, and those with the same first column, the same first two, and so on."""
    rows = [_ROWS]
    for name in columns:
        if name == "account_id":
            rows.append(_OF_ACCOUNT)
        elif name in _OF_FEW_VALUES:
            rows.append(max(rows[-1] // _FEW, 1))
        else:
            rows.append(min(rows[-1], 1 if name == "id" else _OF_NAMED))
    if is_unique:
        rows[-1] = 1
    return " ".join(map(str, rows))
