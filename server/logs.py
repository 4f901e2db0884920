"""Structured logs on standard error, with the request's id: one JSON object a line, colours at a terminal."""

from __future__ import annotations

import json
import logging
import sys
from typing import Any

import orjson
import structlog


def configure(level: str) -> None:
    """Also what libraries log goes out as JSON, so that a collector reads one format."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    rendering = _rendering(at_terminal=sys.stderr.isatty())
    structlog.configure(  # past the standard library, which takes seven times as long for a line
        processors=[*shared, *rendering],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=lambda *_: structlog.WriteLogger(sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.add_logger_name],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *rendering],
        )
    )
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    logging.getLogger("httpx").setLevel(logging.WARNING)  # its lines would hold the webhooks' whole URLs
    logging.getLogger("uvicorn.error").addFilter(_names_no_address)
    logging.getLogger("uvicorn.access").disabled = True  # its lines would hold the links' tokens


def _names_no_address(record: logging.LogRecord) -> bool:
    """Of a WebSocket it would tell the whole address; `server.requests` has a line of its own for each."""
    return not ("WebSocket " in record.msg or record.msg.startswith("connection "))


def line(failure: Exception) -> str:
    """What went wrong, where a traceback would tell no more."""
    return " ".join(f"{type(failure).__name__}: {failure}".split())


def _rendering(*, at_terminal: bool) -> list[structlog.typing.Processor]:
    if at_terminal:
        return [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
    return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(_json)]


def _json(line: dict[str, object], **options: Any) -> str:
    try:
        return orjson.dumps(line, options["default"], orjson.OPT_NON_STR_KEYS).decode()
    except TypeError:  # half a surrogate, or a number of more than 64 bits
        return json.dumps(line, default=options["default"])
