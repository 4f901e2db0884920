"""PostgreSQL's cursor: what was put off goes before its statements, and it describes columns cheaply."""

from __future__ import annotations

from typing import Any, Self

import psycopg

from invoicing.storage.postgresql_session import session_of


class PlainCursor(psycopg.Cursor[Any]):
    """Describes each column as DB-API's tuple of seven, with its name and type.

    SQLAlchemy asks for the description of every result, and reads it only the first time a statement runs.
    Psycopg would make an object with eight calls for each column: 1,000 calls for one `invoiceItems`.
    """

    def execute(self, *args: Any, **kwargs: Any) -> Self:
        """After what was put off until the next statement."""
        session_of(self.connection).flush()
        return super().execute(*args, **kwargs)

    def executemany(self, *args: Any, **kwargs: Any) -> None:
        session_of(self.connection).flush()
        super().executemany(*args, **kwargs)

    def copy(self, *args: Any, **kwargs: Any) -> Any:
        session_of(self.connection).flush()
        return super().copy(*args, **kwargs)

    @property
    def description(self) -> Any:
        result = self.pgresult
        if result is None or not result.nfields:
            return None
        return [
            ((result.fname(index) or b"").decode(), result.ftype(index), None, None, None, None, None)
            for index in range(result.nfields)
        ]
