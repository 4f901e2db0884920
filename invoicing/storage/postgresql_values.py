"""Values as PostgreSQL reads them from a text."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from typing import Any

import orjson
import psycopg
from psycopg.types.json import Json


def encoded(values: Iterable[object]) -> list[bytes | None]:
    """The values of parameters, whose types the statement says; None for NULL."""
    known = _ENCODERS.get
    return [None if value is None else (known(type(value)) or _encoder_of(value))(value) for value in values]


def _encoder_of(value: object) -> Callable[[Any], bytes]:
    for kind, encode in _ENCODERS.items():  # an enum of texts, say
        if isinstance(value, kind):
            return encode
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
