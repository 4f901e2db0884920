"""Whether the command that runs has changed any row."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Engine

_CHANGED = "changed"  # in `connection.info`


def watch(engine: Engine) -> None:
    """From now on the engine's connections remember that they have changed rows.

    Not by an event of SQLAlchemy: an engine that has listeners asks them before and after each statement.
    """
    context: Any = engine.dialect.execution_ctx_cls

    class Watched(context):  # type: ignore[misc]
        def post_exec(self) -> None:
            super().post_exec()
            is_change = self.isinsert or self.isupdate or self.isdelete
            # SQLite counts the rows of a statement with RETURNING only when they have been read.
            if is_change and (self.cursor.rowcount != 0 or self.compiled.effective_returning):
                self.root_connection.info[_CHANGED] = True

    engine.dialect.execution_ctx_cls = Watched


def note(connection: Connection) -> None:
    """For what SQLAlchemy did not execute itself."""
    connection.info[_CHANGED] = True


def forget(connection: Connection) -> None:
    connection.info.pop(_CHANGED, None)


def were_made(connection: Connection) -> bool:
    """Whether rows were inserted, updated or deleted since `forget`."""
    return _CHANGED in connection.info
