"""Structured logs on standard error, with the request's id: a JSON object a line, colours in a terminal."""

from __future__ import annotations

import json
import logging
import sys
from contextlib import suppress
from typing import Any

import orjson
import structlog

from invoicing import texts

LONGEST_VALUE = 20_000  # characters
_WITH_LINES = ("exception", "traceback", "stack")


def configure(level: str) -> None:
    """Sets the logs up. What libraries log has the same format, so that a collector reads only one."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderers = _renderers(at_terminal=sys.stderr.isatty())
    structlog.configure(  # not through the standard library, which takes seven times as long for a line
        processors=[*shared, *renderers],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=lambda *_: structlog.WriteLogger(_STANDARD_ERROR),  # type: ignore[arg-type]
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.add_logger_name],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderers],
        )
    )
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    logging.getLogger("httpx").setLevel(logging.WARNING)  # its lines have the webhooks' whole URLs
    logging.getLogger("uvicorn.error").addFilter(_without_url)
    logging.getLogger("uvicorn.access").disabled = True  # its lines have the links' tokens


class _StandardError:
    """What cannot be written to it is lost, as where it is a file and the disk is full: no request fails."""

    def write(self, text: str) -> None:
        with suppress(OSError):
            sys.stderr.write(text)

    def flush(self) -> None:
        with suppress(OSError):
            sys.stderr.flush()


_STANDARD_ERROR = _StandardError()


def _without_url(record: logging.LogRecord) -> bool:
    """Leaves out uvicorn's lines with whole URLs of WebSockets; `server.request_log` has a line for each."""
    message = str(record.msg)  # uvicorn logs exceptions too
    return not ("WebSocket " in message or message.startswith("connection "))


def made_safe(_: Any, __: str, line: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """What strangers wrote neither fills the log nor gives orders to the terminal that shows it.

    Only a traceback may have several lines. It is cut in its middle: what went wrong is at its end.
    """
    for name, value in line.items():
        if not isinstance(value, str):
            continue
        if len(value) > LONGEST_VALUE:
            value = f"{value[: LONGEST_VALUE // 2]} {texts.CUT} {value[-LONGEST_VALUE // 2 :]}"
        line[name] = texts.printable(value) if name in _WITH_LINES else texts.one_line(value)
    return line


def _renderers(*, at_terminal: bool) -> list[structlog.typing.Processor]:
    show: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
        if at_terminal
        else structlog.processors.JSONRenderer(_json)
    )
    return [structlog.processors.format_exc_info, made_safe, show]


def _json(line: dict[str, object], **options: Any) -> str:
    try:
        return orjson.dumps(line, options["default"], orjson.OPT_NON_STR_KEYS).decode()
    except TypeError:  # half a surrogate pair, or a number of more than 64 bits
        return json.dumps(line, default=options["default"])
