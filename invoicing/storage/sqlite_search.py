"""SQLite's indexes of searches, which learn the rows of a transaction together, at its end.

FTS5 writes a part of its index with each savepoint, and merges small parts to larger ones. With a part for
each row that took longer, in a large database, than to store the row. So triggers note which rows are new,
and the writer has them indexed before it commits: nobody else sees a row without its index.
"""

from __future__ import annotations

from sqlalchemy import Connection, column, func, select, table

from invoicing.storage.prepared import Prepared

_IS_MIGRATED = Prepared(
    select(func.count()).select_from(table("sqlite_schema")).where(column("name") == "unindexed")
)
_NOTED = Prepared(select(column("searched")).select_from(table("unindexed")).distinct())


class SearchIndexes:
    """Those of a writer's database, which has them once it is migrated."""

    def __init__(self) -> None:
        self._are_there = False

    def complete(self, connection: Connection) -> None:
        """Indexes the rows that the transaction has noted, and what others have left behind."""
        if not self._are_there:
            ((count,),) = _IS_MIGRATED.fetch(connection, {}).rows
            self._are_there = count > 0
        if self._are_there:
            for (searched,) in _NOTED.fetch(connection, {}).rows:
                _index(connection, searched)


def _index(connection: Connection, searched: str) -> None:
    """Indexes the noted rows of a table, in their order: for another, FTS5 would begin a new part."""
    connection.exec_driver_sql(
        f"INSERT INTO {searched}_found (rowid, account, search_text) "  # noqa: S608
        "SELECT row_id, substr('000' || account_id, -3), search_text "
        f"FROM unindexed CROSS JOIN {searched} ON {searched}.rowid = row_id "
        "WHERE searched = ? ORDER BY row_id",
        (searched,),
    )
    connection.exec_driver_sql("DELETE FROM unindexed WHERE searched = ?", (searched,))
