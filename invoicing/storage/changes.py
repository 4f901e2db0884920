"""Whether the command that runs has changed any row."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Engine, event

_CHANGED = "changed"  # in `connection.info`


def watch(engine: Engine) -> None:
    """From now on the engine's connections remember that they have changed rows."""
    event.listen(engine, "after_cursor_execute", _remember)


def forget(connection: Connection) -> None:
    connection.info.pop(_CHANGED, None)


def were_made(connection: Connection) -> bool:
    """Whether rows were inserted, updated or deleted since `forget`."""
    return _CHANGED in connection.info


def _remember(connection: Connection, cursor: Any, _: str, __: Any, context: Any, ___: bool) -> None:
    is_change = context.isinsert or context.isupdate or context.isdelete
    # SQLite counts the rows of a statement with RETURNING only when they have been read.
    if is_change and (cursor.rowcount != 0 or context.compiled.effective_returning):
        connection.info[_CHANGED] = True
