"""A savepoint within a command on PostgreSQL, which is waited for once: when what is done behind it ends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection

from invoicing.storage import changes
from invoicing.storage.postgresql_session import Call, driver_of, execute, session_of

_SET = Call(b"SAVEPOINT attempt")
_RELEASE = "RELEASE attempt"
_ROLLBACK = ("ROLLBACK TO attempt", _RELEASE)


@contextmanager
def savepoint(connection: Connection) -> Iterator[None]:
    """All that is done within is executed when it ends, and undone if it raises."""
    driver, had_changes = driver_of(connection), changes.were_made(connection)
    session = session_of(driver)
    set_here = session.put_off(_SET)
    try:
        yield
        execute(connection, _RELEASE)
    except BaseException:
        session.forget(set_here)
        if connection.invalidated:  # it is lost, which is what is told: nothing is left to be undone
            raise
        if set_here.result is not None and not driver.closed:
            execute(connection, *_ROLLBACK)
        if not had_changes:
            changes.forget(connection)
        raise
