"""How PostgreSQL is opened: engines with what is set for each of their connections."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import orjson
import psycopg
from sqlalchemy import URL, Engine, create_engine, event

from invoicing.storage import changes
from invoicing.storage.hangs import PATIENCE
from invoicing.storage.postgresql_cursor import PlainCursor
from invoicing.storage.postgresql_session import send_in_time
from invoicing.storage.secrecy import hide_values

_LOST_IN_TIME = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,  # milliseconds
}
NO_TRANSACTION = {"isolation_level": "AUTOCOMMIT"}  # saves a read two of three round trips
ALWAYS_WITHOUT = {**NO_TRANSACTION, "skip_autocommit_rollback": True}
"""For connections that only read: what is set once for each need not be set for each read."""


def postgresql_engine(
    url: URL,
    connections: int,
    options: Mapping[str, Any] = MappingProxyType({}),
    *,
    prepare_threshold: int | None = 5,
    **timeouts: float,
) -> Engine:
    """`timeouts` are in seconds, under the names of PostgreSQL's settings.

    With a `prepare_threshold` Psycopg prepares statements too. When it rolls back it makes PostgreSQL forget
    all that is prepared, ours too: only connections that read may have it.
    """
    engine = create_engine(
        url.set(drivername="postgresql+psycopg"),
        pool_size=connections,
        max_overflow=0,
        pool_pre_ping=False,
        connect_args={
            "cursor_factory": PlainCursor,
            "client_encoding": "utf8",
            "prepare_threshold": prepare_threshold,
            **_lost_in_time(url),
        },
        json_serializer=_json,
        json_deserializer=orjson.loads,
        hide_parameters=True,
        **options,
    )
    hide_values(engine)
    changes.watch(engine)
    send_in_time(engine)

    @event.listens_for(engine, "connect")
    def configure(connection: Any, _: Any) -> None:
        for name, seconds in timeouts.items():
            connection.execute(f"SET {name} = {round(seconds * 1_000)}")
        connection.commit()

    return engine


def connect_to(url: URL) -> Callable[[], psycopg.Connection[Any]]:
    """What opens another connection, and gives up where PostgreSQL takes it and says nothing."""
    address = url.set(drivername="postgresql").render_as_string(hide_password=False)
    return lambda: psycopg.connect(address, connect_timeout=PATIENCE, autocommit=True)


def _lost_in_time(url: URL) -> dict[str, int]:
    """What finds out in seconds, not minutes, that the server is gone. What the URL says has precedence."""
    return {name: value for name, value in _LOST_IN_TIME.items() if name not in url.query}


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()
