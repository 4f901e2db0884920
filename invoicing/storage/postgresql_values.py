"""Values as PostgreSQL reads them from a text."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

import orjson
import psycopg
from psycopg.types.json import Json


def encoded(value: object) -> bytes | None:
    """The value of a parameter, whose type the statement says; None for NULL."""
    if value is None:
        return None
    encode = _ENCODERS.get(type(value))
    if encode is not None:
        return encode(value)
    for kind, encode in _ENCODERS.items():  # an enum of texts, say
        if isinstance(value, kind):
            return encode(value)
    raise TypeError(f"A {type(value).__name__} is nothing that a parameter can be.")


def _text(value: str) -> bytes:
    written = str.encode(value)
    if b"\0" in written:  # where libpq would cut it
        raise psycopg.DataError("A text contains U+0000.")
    return written


def _array(values: list[str]) -> bytes:
    """An array of texts."""
    escaped = [each.replace("\\", "\\\\").replace('"', '\\"') for each in values]
    return _text("{" + ",".join([f'"{each}"' for each in escaped]) + "}")


_ENCODERS: Mapping[type, Callable[[Any], bytes]] = {
    str: _text,
    bool: lambda value: b"t" if value else b"f",
    int: lambda value: b"%d" % value,
    datetime: lambda value: value.isoformat().encode(),
    date: lambda value: value.isoformat().encode(),
    list: _array,
    Json: lambda value: _text(orjson.dumps(value.obj).decode()),
    bytes: lambda value: b"\\x" + value.hex().encode(),
}
