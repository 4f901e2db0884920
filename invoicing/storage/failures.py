"""What the database fails with, as refusals: it is away, full, or locked too long; or a value is impossible.

None of that is a bug, and the first three pass: callers and workers try again.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from threading import Lock
from types import TracebackType
from typing import TypeVar

from sqlalchemy import Engine
from sqlalchemy.exc import DataError, DBAPIError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as NoConnectionFree

from invoicing.errors import DatabaseUnavailable, ValidationError

_SQLITE_OUTAGES = (  # the beginnings of its errors' names: SQLITE_IOERR_WRITE is one of SQLITE_IOERR
    "SQLITE_BUSY",
    "SQLITE_CANTOPEN",
    "SQLITE_FULL",
    "SQLITE_IOERR",
    "SQLITE_LOCKED",
    "SQLITE_NOMEM",
    "SQLITE_PROTOCOL",
    "SQLITE_READONLY",
)

# What PostgreSQL fails with, as SQLSTATE. Its driver, which has a class for each, is loaded only for it.
NOT_PREPARED = (
    "0A000",
    "26000",
)  # any more: a type has changed, or a pooler forgot it
READ_ONLY = "25006"
TOO_LONG = ("25P03", "25P04")  # it ended the connection: its transaction was idle, or long
DEADLOCK = "40P01"
DISK_FULL = "53100"
CANCELED = "57014"

FULL_FOR = 15.0  # seconds: a server that is said to be full gets no writes, and would never learn more


T = TypeVar("T")


class RolledBack(Exception):
    """SQLite has rolled the transaction back by itself."""


class Outage:
    """Tells a listener once that the database fails, and once that it works again.

    That it is migrated past this server is told even if it failed before: it does not pass by itself.
    """

    def __init__(self, notify: Callable[[Exception | None], None]) -> None:
        self._notify = notify
        self._kind: type[Exception] | None = None
        self._lock = Lock()
        self._full_at: float | None = None
        self._translation = _Translation(self)

    @property
    def is_full(self) -> bool:
        """Whether the last of PostgreSQL's refusals, some seconds ago at most, was that its disk is full."""
        return self._full_at is not None and time.monotonic() - self._full_at < FULL_FOR

    def translated(self) -> AbstractContextManager[None]:
        """Raises DatabaseUnavailable for what is an outage, and ValidationError for an impossible value."""
        return self._translation

    def note_success(self) -> None:
        """What was asked of the database was done: it works."""
        if self._kind is not None:
            self._full_at = None
            self._set(None, None)

    def raise_translated(self, failure: BaseException) -> None:
        """Raises what the failure is to the caller, if it is anything else than itself."""
        if isinstance(failure, DatabaseUnavailable):
            self._set(type(failure), failure)
        elif isinstance(failure, DataError):  # PostgreSQL fails on U+0000 in a text, even in a search
            raise ValidationError(
                "A text contains U+0000, or a number is too large: no stored value is like that."
            ) from failure
        elif isinstance(failure, SQLAlchemyError | MemoryError) and is_outage(failure):
            if isinstance(failure, DBAPIError) and sqlstate(failure) == DISK_FULL:
                self._full_at = time.monotonic()
            self._set(DatabaseUnavailable, failure)
            raise DatabaseUnavailable from failure

    def _set(self, kind: type[Exception] | None, failure: Exception | None) -> None:
        with self._lock:
            is_news, self._kind = kind != self._kind, kind
        if is_news:
            self._notify(failure)


class _Translation(AbstractContextManager[None]):
    """A class, as a generator for each read takes several times as long."""

    def __init__(self, outage: Outage) -> None:
        self._outage = outage

    def __exit__(
        self, _: type[BaseException] | None, failure: BaseException | None, __: TracebackType | None
    ) -> None:
        if failure is None:
            self._outage.note_success()
        else:
            self._outage.raise_translated(failure)


def is_outage(failure: BaseException) -> bool:
    """Whether the database cannot be used, rather than refuse what it was asked to do."""
    if not isinstance(failure, DBAPIError):  # Python's driver makes a MemoryError of SQLITE_NOMEM
        return isinstance(failure, NoConnectionFree | MemoryError)
    if hasattr(failure.orig, "sqlstate"):  # PostgreSQL's, of whichever kind
        is_known = sqlstate(failure) in (READ_ONLY, *TOO_LONG)
        return is_known or is_lost(failure) or isinstance(failure, OperationalError)
    return getattr(failure.orig, "sqlite_errorname", "").startswith(_SQLITE_OUTAGES)


def sqlstate(failure: DBAPIError) -> str | None:
    """What PostgreSQL says it is; None if it was not asked, or has said nothing."""
    state: str | None = getattr(failure.orig, "sqlstate", None)
    return state


def is_busy(failure: BaseException | None) -> bool:
    """Whether another process writes to SQLite's file, and has for as long as is waited for a lock."""
    name: str = getattr(failure.orig, "sqlite_errorname", "") if isinstance(failure, DBAPIError) else ""
    return name.startswith("SQLITE_BUSY")


def rolled_back(failure: BaseException | None) -> DatabaseUnavailable:
    """The refusal of a command whose transaction SQLite has rolled back by itself.

    It does so when the disk is full or broken, or memory ends. What the command failed with, if it did, may
    come later and say nothing of that: its savepoint is gone too, or what it wrote is not there.
    """
    unavailable = DatabaseUnavailable()
    while failure is not None and not is_outage(failure):
        failure = failure.__cause__ or failure.__context__
    unavailable.__cause__ = failure or RolledBack(RolledBack.__doc__)
    return unavailable


def is_lost(failure: DBAPIError) -> bool:
    """Whether the connection ended. The pool has then thrown its other old connections away too."""
    return failure.connection_invalidated


def repeated_if_lost(attempt: Callable[[], T], engine: Engine) -> T:
    """Tries once more over a new connection: PostgreSQL was started again since the pool made its own.

    Or a migration has given a column another type, for which what was prepared before is of no use, or that
    is forgotten: the whole pool is made anew then. Nothing was done the first time, as no COMMIT was sent.
    """
    try:
        return attempt()
    except DBAPIError as failure:
        if not is_worth_repeating(failure, engine):
            raise
        return attempt()


def is_worth_repeating(failure: DBAPIError, engine: Engine) -> bool:
    """Whether what failed may be done over a new connection: see `repeated_if_lost`."""
    if sqlstate(failure) in NOT_PREPARED:
        engine.dispose()
        return True
    return is_lost(failure)
