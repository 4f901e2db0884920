"""Structured logs on standard error, with the request's id: a JSON object a line, colours in a terminal."""

from __future__ import annotations

import json
import logging
import re
import sys
from collections.abc import Mapping
from contextvars import ContextVar
from datetime import UTC, datetime
from threading import Lock
from typing import Any

import orjson
import structlog

from invoicing import texts

LONGEST_VALUE = 20_000  # characters
_WITH_LINES = ("exception", "traceback", "stack")
_TOLD_APART = ("exc_info", "stack_info")  # what `format_exc_info` writes out

REQUEST_ID: ContextVar[str | None] = ContextVar("request_id", default=None)
"""Of the request that is being served, for its lines."""


def configure(level: str) -> None:
    """Sets the logs up. What libraries log has the same format, so that a collector reads only one."""
    show = _for_terminal() if sys.stderr.isatty() else _written
    structlog.configure(  # not through the standard library, which takes seven times as long for a line
        processors=[_completed, show],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=_StandardError,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[_completed, structlog.stdlib.add_logger_name],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, show],
        )
    )
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    logging.getLogger("httpx").setLevel(logging.WARNING)  # its lines have the webhooks' whole URLs
    logging.getLogger("uvicorn.error").addFilter(_without_url)
    logging.getLogger("uvicorn.access").disabled = True  # its lines have the links' tokens


class _StandardError:
    """What cannot be written to it is lost, as where it is a file and the disk is full: no request fails."""

    _lock = Lock()

    def __init__(self, *_: object) -> None: ...

    def msg(self, line: str) -> None:
        with self._lock:
            try:
                sys.stderr.write(f"{line}\n")
                sys.stderr.flush()
            except OSError:
                pass

    debug = info = warning = error = critical = msg


def _without_url(record: logging.LogRecord) -> bool:
    """Leaves out uvicorn's lines with whole URLs of WebSockets; `server.request_log` has a line for each."""
    message = str(record.msg)  # uvicorn logs exceptions too
    return not ("WebSocket " in message or message.startswith("connection "))


def with_request_id(_: Any, __: str, line: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """The line with the id of the request that is being served, if any is."""
    request_id = REQUEST_ID.get()
    if request_id is not None:
        line.setdefault("request_id", request_id)
    return line


def _completed(_: Any, level: str, line: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """The line with what all lines have."""
    with_request_id(_, level, line)
    line["level"] = level
    line["timestamp"] = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    return line


def _for_terminal() -> structlog.typing.Processor:
    """With colours."""
    show = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    return lambda _, level, line: show(_, level, _safe(_, level, line))


def _written(_: Any, level: str, line: structlog.typing.EventDict) -> str:
    """As JSON. Where the whole of it is short and plain, so are its values, which then are not looked at."""
    if line.keys().isdisjoint(_TOLD_APART):
        try:
            written = orjson.dumps(line)
        except TypeError:
            pass
        else:
            if _is_plain(written):
                return written.decode()
    return _json(_safe(_, level, line))


def _is_plain(written: bytes) -> bool:
    """Whether JSON holds nothing that `_safe` would change, but blanks around a value."""
    return written.isascii() and len(written) <= LONGEST_VALUE and not _NOT_PLAIN.search(written)


_NOT_PLAIN = re.compile(rb"[\\\x7f]")
"""JSON escapes all control characters but DEL."""


def _safe(_: Any, level: str, line: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """With the exception written out.

    What strangers wrote neither fills the log nor gives orders to the terminal that shows it. Only a
    traceback may have several lines. It is cut in its middle: what went wrong is at its end.
    """
    line = structlog.processors.format_exc_info(_, level, line)
    for name, value in line.items():
        if not isinstance(value, str):
            continue
        if len(value) > LONGEST_VALUE:
            value = f"{value[: LONGEST_VALUE // 2]} {texts.CUT} {value[-LONGEST_VALUE // 2 :]}"
        line[name] = texts.printable(value) if name in _WITH_LINES else texts.one_line(value)
    return line


def _json(line: Mapping[str, Any]) -> str:
    try:
        return orjson.dumps(line, repr, orjson.OPT_NON_STR_KEYS).decode()
    except TypeError:  # half a surrogate pair, or a number of more than 64 bits
        return json.dumps(line, default=repr)
