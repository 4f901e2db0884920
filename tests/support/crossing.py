"""Two commands that meet at every point: one stops after a statement, the other goes as far as it can.

Every deadlock of two commands is found like this: one of them stops before it asks for what the other holds,
the other goes on until it waits for the first.
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
    """What became of both, and whether the second had to wait for the first."""

    outcomes: list[Any] = field(default_factory=list)
    has_waited: bool = False


def meetings(database: Database, arrange: Callable[[], tuple[Command, Command]]) -> Iterator[Meeting]:
    """Both commands, arranged anew, for each statement of the first that changes or locks anything."""
    stop = 1
    while (meeting := _met(database, *arrange(), stop=stop)) is not None:
        yield meeting
        stop += 1


def waiting(database: Database) -> int:
    """How many transactions wait for another."""
    return database.read(lambda connection: int(connection.execute(_WAITING).scalar_one()))


def outcome(command: Command) -> Any:
    """What it returns, or its refusal. A deadlock is neither."""
    try:
        return command()
    except InvoicingError as refusal:
        return refusal


def _met(database: Database, first: Command, second: Command, *, stop: int) -> Meeting | None:
    """None if the first has ended before it came to the stop."""
    begun: list[Future[Any]] = []
    meeting = Meeting()
    with ThreadPoolExecutor(1) as pool:

        def meet() -> None:
            begun.append(pool.submit(outcome, second))
            while not (meeting.has_waited or begun[0].done()):
                meeting.has_waited = waiting(database) > 0

        with _stopping(database, stop, meet):
            meeting.outcomes.append(outcome(first))
        if not begun:
            return None
        meeting.outcomes.append(begun[0].result())
    return meeting


@contextmanager
def _stopping(database: Database, stop: int, meet: Callable[[], None]) -> Iterator[None]:
    """Calls `meet` after so many statements of this thread that change or lock anything."""
    me, left = threading.get_ident(), stop

    def after(_: Any, __: Any, statement: str, *___: Any) -> None:
        nonlocal left
        if threading.get_ident() != me or READS_ONLY.match(statement):
            return
        left -= 1
        if left == 0:
            meet()

    event.listen(database._engine, "after_cursor_execute", after)
    try:
        yield
    finally:
        event.remove(database._engine, "after_cursor_execute", after)
