"""How SQLite is opened: an engine with what is set for each of its connections."""

from __future__ import annotations

from typing import Any

import orjson
from sqlalchemy import URL, Engine, create_engine, event
from sqlalchemy.pool import PoolProxiedConnection

from invoicing.storage import changes
from invoicing.storage.sha256 import add_sha256

READING, WRITING = 2, 8  # MB of pages that a connection keeps
"""All readers together keep as much of a large database as they may, so it is little for each: SQLite's own
default, with which they read as fast. What is changed and has no room is written before its time."""


def sqlite_engine(url: URL, begin: str, connections: int, lock_timeout: float) -> Engine:
    megabytes = WRITING if begin == "IMMEDIATE" else READING
    engine = create_engine(
        url,
        pool_size=connections,
        max_overflow=0,
        json_serializer=_json,
        json_deserializer=orjson.loads,
        hide_parameters=True,
        connect_args={"timeout": lock_timeout, "isolation_level": None, "cached_statements": 512},
    )

    changes.watch(engine)

    @event.listens_for(engine, "connect")
    def configure(connection: Any, _: Any) -> None:
        for pragma in (
            "journal_mode = WAL",
            "synchronous = FULL",  # a committed transaction survives a power cut
            "foreign_keys = ON",
            "secure_delete = ON",  # what is erased is overwritten, and not only marked as free
            f"cache_size = -{megabytes * 1_024}",  # in KiB
            "temp_store = MEMORY",
        ):
            connection.execute(f"PRAGMA {pragma}")
        add_sha256(connection)

    def start(dbapi_connection: PoolProxiedConnection) -> None:
        dbapi_connection.cursor().execute(f"BEGIN {begin}")

    # Not by an event of SQLAlchemy: an engine that has listeners asks them before and after each statement.
    engine.dialect.do_begin = start  # type: ignore[method-assign]
    return engine


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()
