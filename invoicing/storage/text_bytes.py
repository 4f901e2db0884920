"""A text as the bytes of its UTF-8, for what reads bytes.

SQLite stores UTF-8. Its driver would make a text of it, and the reader of JSON would make UTF-8 again.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Dialect, Text, TypeDecorator
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement


class _Utf8(TypeDecorator[bytes]):
    impl = Text
    cache_ok = True

    def process_result_value(self, value: Any, dialect: Dialect) -> bytes | None:  # noqa: ARG002 (SQLAlchemy's)
        return value.encode() if isinstance(value, str) else value


class TextBytes(FunctionElement[bytes]):
    """A column of texts, read as bytes."""

    name = "text_bytes"
    type = _Utf8()
    inherit_cache = True


def text_bytes(column: ColumnElement[Any]) -> ColumnElement[bytes]:
    return TextBytes(column)


@compiles(TextBytes)
def _text(element: TextBytes, compiler: SQLCompiler, **options: Any) -> str:
    return compiler.process(element.clauses, **options)


@compiles(TextBytes, "sqlite")
def _blob(element: TextBytes, compiler: SQLCompiler, **options: Any) -> str:
    return f"CAST({compiler.process(element.clauses, **options)} AS BLOB)"
