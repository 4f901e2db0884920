"""Several statements to PostgreSQL with one wait: libpq's pipeline, without what the driver adds to it."""

from __future__ import annotations

import select
from collections.abc import Sequence
from typing import NamedTuple

import psycopg
from psycopg.pq import ConnStatus, ExecStatus
from psycopg.pq.abc import PGconn, PGresult


class Sent(NamedTuple):
    """A statement with its values as they are sent; `name` is that of a prepared one."""

    query: bytes
    values: Sequence[bytes | None] = ()
    types: Sequence[int] = ()
    name: bytes | None = None


def results(libpq: PGconn, statements: Sequence[Sent]) -> list[PGresult]:
    """What each came to. After one that fails, those behind it are skipped (PIPELINE_ABORTED).

    If it raises, the connection is of no more use.
    """
    libpq.enter_pipeline_mode()
    for sent in statements:
        if sent.name is None:
            libpq.send_query_params(sent.query, sent.values, sent.types)
        else:
            libpq.send_query_prepared(sent.name, sent.values)
    libpq.pipeline_sync()
    found = _received(libpq)
    libpq.exit_pipeline_mode()
    return found


def _received(libpq: PGconn) -> list[PGresult]:
    """The results up to the end of the pipeline. Other threads run while it waits."""
    found: list[PGresult] = []
    ready, is_between = select.poll(), False
    while True:
        has_more_to_send = libpq.flush() == 1
        while not libpq.is_busy():
            result, was_between = libpq.get_result(), is_between
            is_between = result is None  # as stands between those of two statements
            if libpq.status != ConnStatus.OK or (is_between and was_between):
                raise psycopg.OperationalError(libpq.get_error_message())
            if result is None:
                continue
            if result.status == ExecStatus.PIPELINE_SYNC:
                return found
            found.append(result)
        ready.register(libpq.socket, select.POLLIN | (select.POLLOUT if has_more_to_send else 0))
        ready.poll()
        libpq.consume_input()
