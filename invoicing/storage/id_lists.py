"""A list of ids as one parameter of a statement, whatever its length: JSON on SQLite, an array on PostgreSQL.

SQLAlchemy's own `IN` has a parameter for each id, so it writes the statement anew each time. With one
parameter the text stays the same, and with it what SQLAlchemy and the database have prepared for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson
from sqlalchemy import ARRAY, BindParameter, Boolean, ColumnElement, Dialect, Select, String, bindparam
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator, TypeEngine


class _Ids(TypeDecorator[Sequence[str]]):
    impl = String
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(String() if dialect.name == "sqlite" else ARRAY(String))

    def process_bind_param(self, value: Sequence[str] | None, dialect: Dialect) -> Any:
        ids = _storable(value or ())
        return orjson.dumps(ids).decode() if dialect.name == "sqlite" else ids


def is_storable(id: str) -> bool:
    """Whether a database can hold it: there is no U+0000 in it, at which SQLite would cut it, nor half a
    character (a lone surrogate), as in the name of a file that is not UTF-8."""
    if id.isascii():
        return "\0" not in id
    try:
        return b"\0" not in id.encode()
    except UnicodeEncodeError:
        return False


def _storable(ids: Sequence[str]) -> list[str]:
    """Those of them that can be found at all."""
    together = "".join(ids)
    if together.isascii() and "\0" not in together:  # as nearly always, and seen at once
        return [*ids]
    return [id for id in ids if is_storable(id)]


def id_list(name: str) -> BindParameter[Any]:
    """A parameter whose value is a sequence of ids."""
    return bindparam(name, type_=_Ids())


def is_id_list(parameter: BindParameter[Any]) -> bool:
    return isinstance(parameter.type, _Ids)


class IsOneOf(FunctionElement[bool]):
    """Whether a column is one of the ids in a parameter."""

    name = "is_one_of"
    type = Boolean()
    inherit_cache = True

    def self_group(self, against: Any = None) -> IsOneOf:  # noqa: ARG002 (SQLAlchemy's)
        """As it is: SQLAlchemy would compare it with 1 on SQLite, which then no longer uses an index."""
        return self


class IsFoundBy(FunctionElement[bool]):
    """Whether a column is one of the ids that a SELECT finds, which is executed first."""

    name = "is_found_by"
    type = Boolean()
    inherit_cache = True

    def self_group(self, against: Any = None) -> IsFoundBy:  # noqa: ARG002 (SQLAlchemy's)
        return self


def is_found_by(column: ColumnElement[Any], ids: Select[Any]) -> ColumnElement[bool]:
    """For a few ids of a table that is looked into by its key, also where PostgreSQL takes it for small."""
    return IsFoundBy(column, ids.scalar_subquery())


def is_one_of(column: ColumnElement[Any], ids: BindParameter[Any]) -> ColumnElement[bool]:
    return IsOneOf(column, ids)


@compiles(IsOneOf, "sqlite")
def _json(element: IsOneOf, compiler: SQLCompiler, **options: Any) -> str:
    column, ids = (compiler.process(each, **options) for each in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({ids}))"  # noqa: S608 (compiled)


@compiles(IsFoundBy, "sqlite")
def _in(element: IsFoundBy, compiler: SQLCompiler, **options: Any) -> str:
    column, ids = (compiler.process(each, **options) for each in element.clauses)
    return f"{column} IN {ids}"


@compiles(IsFoundBy, "postgresql")
def _any_of(element: IsFoundBy, compiler: SQLCompiler, **options: Any) -> str:
    column, ids = (compiler.process(each, **options) for each in element.clauses)
    return f"{column} = ANY (ARRAY{ids})"


@compiles(IsOneOf, "postgresql")
def _array(element: IsOneOf, compiler: SQLCompiler, **options: Any) -> str:
    column, ids = (compiler.process(each, **options) for each in element.clauses)
    return f"{column} = ANY ({ids})"
