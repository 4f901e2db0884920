"""Several statements to PostgreSQL with one wait: libpq's pipeline, without what the driver adds to it."""

from __future__ import annotations

import select
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, NoReturn

import psycopg
from psycopg.errors import error_from_result
from psycopg.pq import ConnStatus, DiagnosticField, ExecStatus
from psycopg.pq.abc import PGconn, PGresult

_OK = (ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK)


class Sent(NamedTuple):
    """A statement with its values as they are sent; `name` is that of a prepared one."""

    query: bytes
    values: Sequence[bytes | None] = ()
    types: Sequence[int] = ()
    name: bytes | None = None


@dataclass(slots=True, eq=False)
class Asked:
    """A statement that is sent now or later, and its result once there is one.

    `failed` raises what its failure is to those who use the connection.
    """

    sent: Sent
    failed: Callable[[psycopg.Error], NoReturn] | None = None
    result: PGresult | None = None


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


def begin(driver: psycopg.Connection[Any]) -> Sent:
    """What begins a transaction as the driver would, which reads of one state are set up with."""
    level, is_read_only = driver.isolation_level, driver.read_only
    asked = [] if level is None else [b"ISOLATION LEVEL", level.name.replace("_", " ").encode()]
    return Sent(b" ".join([b"BEGIN", *asked, *([b"READ ONLY"] if is_read_only else [])]))


def checked(result: PGresult) -> PGresult:
    """The result, unless the statement failed."""
    if result.status in _OK:
        return result
    if not result.error_field(DiagnosticField.SQLSTATE):  # it is libpq's own, and not the server's
        raise psycopg.OperationalError(result.get_error_message())
    raise error_from_result(result)


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
