"""What the log says of failures: in one line where it is the database that cannot be used.

Apart from `server.logs`, which the processes that make PDFs load too: they need no database.
"""

from __future__ import annotations

import structlog
from sqlalchemy.exc import DBAPIError

from invoicing.errors import DatabaseUnavailable
from invoicing.storage.database import Database

log = structlog.get_logger(__name__)


def one_line(failure: Exception) -> str:
    """What went wrong, where a traceback would say no more. Of an outage: what the database itself said."""
    cause: BaseException = failure
    if isinstance(failure, DatabaseUnavailable) and failure.__cause__ is not None:
        cause = failure.__cause__
    if isinstance(cause, DBAPIError) and cause.orig is not None:
        cause = cause.orig
    return " ".join(f"{type(cause).__name__}: {cause}".split())


def log_left(event: str, failure: BaseException) -> None:
    """That work was begun and is left to another attempt: with a traceback, unless the database failed."""
    if isinstance(failure, DatabaseUnavailable):
        log.warning(event, reason=one_line(failure))
    else:
        log.error(event, exc_info=failure)


def log_outages(database: Database) -> None:
    """Logs once that the database cannot be used, however many requests and workers try, and once its end."""

    def told(what: str, failure: Exception | None) -> None:
        if failure is None:
            log.info(f"the database can be {what} again")
        else:
            log.error(f"the database cannot be {what}", reason=one_line(failure))

    database.outage_listeners.append(told)
