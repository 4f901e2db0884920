"""All databases of a test session share their compiled statements.

SQLAlchemy keeps them for each engine, and each test has an engine of its own: without this, nearly half of a
test's time would go into compiling the same statements again.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from sqlalchemy import Connection, Engine, event


class SharedStatements(dict[tuple[Hashable, ...], Any]):
    """Compiled statements under keys as SQLAlchemy makes them, with the dialect's name for the dialect."""

    def get(self, key: tuple[Any, ...], default: Any = None) -> Any:
        return super().get(_without_engine(key), default)

    def __setitem__(self, key: tuple[Any, ...], compiled: Any) -> None:
        super().__setitem__(_without_engine(key), compiled)


def _without_engine(key: tuple[Any, ...]) -> tuple[Hashable, ...]:
    dialect, *rest = key
    return dialect.name, *rest


def share_statements() -> None:
    shared = SharedStatements()

    def use_shared(connection: Connection) -> None:
        connection.execution_options(compiled_cache=shared)

    event.listen(Engine, "engine_connect", use_shared)
