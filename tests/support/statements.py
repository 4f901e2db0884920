"""All databases of a test session share their compiled statements.

SQLAlchemy keeps them for each engine, and each test has an engine of its own: without this, nearly half of a
test's time would go into compiling the same statements again.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from sqlalchemy import Connection, Engine, event


class SharedStatements:
    """Compiled statements under keys as SQLAlchemy makes them, with the dialect's name for the dialect.

    It is no dict, or each traceback with local variables would print thousands of statements.
    """

    def __init__(self) -> None:
        self._compiled: dict[tuple[Hashable, ...], Any] = {}

    def get(self, key: tuple[Any, ...], default: Any = None) -> Any:
        return self._compiled.get(_without_engine(key), default)

    def __setitem__(self, key: tuple[Any, ...], compiled: Any) -> None:
        self._compiled[_without_engine(key)] = compiled


def _without_engine(key: tuple[Any, ...]) -> tuple[Hashable, ...]:
    dialect, *rest = key
    return dialect.name, *rest


def share_statements() -> None:
    shared = SharedStatements()

    def use_shared(connection: Connection) -> None:
        connection.execution_options(compiled_cache=shared)

    event.listen(Engine, "engine_connect", use_shared)
