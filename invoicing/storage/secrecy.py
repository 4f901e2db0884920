"""Keeps stored values out of errors of the database: tracebacks are logged, and values are nobody's business.

`hide_parameters` of SQLAlchemy hides what was sent. PostgreSQL itself quotes values too: in a DETAIL ("Key
(email)=(ann@example.org) already exists"), a CONTEXT, and in the message of a value that it cannot take.
"""

from __future__ import annotations

import psycopg
from sqlalchemy import Engine, event
from sqlalchemy.engine import ExceptionContext

_DATA_EXCEPTION = "22"  # the class of SQLSTATE whose messages quote the value


def hide_values(engine: Engine) -> None:
    """From now on no error of this engine quotes a value."""
    event.listen(engine, "handle_error", _hide_values)


def _hide_values(context: ExceptionContext) -> None:
    failure, shown = context.original_exception, context.sqlalchemy_exception
    if not isinstance(failure, psycopg.Error) or context.connection is None:  # nothing was sent yet
        return
    said = str(failure)
    failure.args = (_without_values(failure),)
    if shown is not None:
        shown.args = (str(shown.args[0]).replace(said, str(failure)), *shown.args[1:])


def _without_values(failure: psycopg.Error) -> str:
    """The message without the lines below it, which quote values. `failure.diag` still has the constraint."""
    state = failure.sqlstate or ""
    if state.startswith(_DATA_EXCEPTION):
        return f"A value is not acceptable ({state})."
    return str(failure).partition("\n")[0]
