"""SHA-256 of a text in UTF-8, made by the database. On SQLite it is a function of ours."""

from __future__ import annotations

import hashlib
from typing import Any

from sqlalchemy import Text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import GenericFunction

_NAME = "invoicing_sha256"


class sha256(GenericFunction[str]):  # noqa: N801 (a function in SQL)
    """In hexadecimal digits."""

    name = _NAME
    type = Text()
    inherit_cache = True


@compiles(sha256, "postgresql")
def _for_postgresql(function: sha256, compiler: Any, **options: Any) -> str:
    text = compiler.process(function.clauses, **options)
    return f"encode(sha256(convert_to({text}, 'UTF8')), 'hex')"


def add_sha256(connection: Any) -> None:
    """Gives the function to a connection of SQLite's driver."""
    connection.create_function(_NAME, 1, _sha256, deterministic=True)


def _sha256(text: str | None) -> str | None:
    return None if text is None else hashlib.sha256(text.encode()).hexdigest()
