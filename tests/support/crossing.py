"""Runs two commands against each other: the first pauses after a statement, the second runs as far as it can.

This is tried after each statement, so it finds every deadlock of the two: the first pauses before it needs a
lock of the second, and the second runs until it waits for a lock of the first.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import event, text

from invoicing.errors import InvoicingError
from invoicing.storage.database import Database

Command = Callable[[], Any]

READS_ONLY = re.compile(r"\s*SELECT\b(?!.*\bFOR (NO KEY )?(UPDATE|SHARE|KEY SHARE)\b)", re.DOTALL)
_WAITING = text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


@dataclass
class Meeting:
    """The outcomes of both, and whether the second had to wait for the first."""

    outcomes: list[Any] = field(default_factory=list)
    has_waited: bool = False


def meetings(database: Database, arrange: Callable[[], tuple[Command, Command]]) -> Iterator[Meeting]:
    """Runs both commands, newly arranged, once for each statement of the first that changes or locks rows."""
    stop = 1
    while (meeting := _run_meeting(database, *arrange(), stop=stop)) is not None:
        yield meeting
        stop += 1


def waiting(database: Database) -> int:
    """The number of transactions that wait for another."""
    return database.read(lambda connection: int(connection.execute(_WAITING).scalar_one()))


def outcome(command: Command) -> Any:
    """The command's result or refusal; a deadlock is raised."""
    try:
        return command()
    except InvoicingError as refusal:
        return refusal


def _run_meeting(database: Database, first: Command, second: Command, *, stop: int) -> Meeting | None:
    """None if the first command has fewer statements than `stop`."""
    second_outcome: list[Future[Any]] = []
    meeting = Meeting()
    with ThreadPoolExecutor(1) as pool:

        def meet() -> None:
            second_outcome.append(pool.submit(outcome, second))
            while not (meeting.has_waited or second_outcome[0].done()):
                meeting.has_waited = waiting(database) > 0

        with _pausing(database, stop, meet):
            meeting.outcomes.append(outcome(first))
        if not second_outcome:
            return None
        meeting.outcomes.append(second_outcome[0].result())
    return meeting


@contextmanager
def _pausing(database: Database, stop: int, meet: Callable[[], None]) -> Iterator[None]:
    """Calls `meet` after so many statements of this thread that change or lock rows."""
    this_thread, statements_left = threading.get_ident(), stop

    def after(_: Any, __: Any, statement: str, *___: Any) -> None:
        nonlocal statements_left
        if threading.get_ident() != this_thread or READS_ONLY.match(statement):
            return
        statements_left -= 1
        if statements_left == 0:
            meet()

    event.listen(database._engine, "after_cursor_execute", after)
    try:
        yield
    finally:
        event.remove(database._engine, "after_cursor_execute", after)
