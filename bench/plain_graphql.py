"""An invoice in memory, shown by stock Strawberry and by stock Ariadne under the same schema."""

from __future__ import annotations

from importlib import import_module
from typing import Any, NewType

import strawberry
from strawberry.asgi import GraphQL
from strawberry.schema.config import StrawberryConfig

Money = NewType("Money", int)
_SCALARS: Any = {Money: strawberry.scalar(name="Money", serialize=int, parse_value=int)}


@strawberry.type
class Vat:
    rate: float
    category: str
    base: Money
    amount: Money


@strawberry.type
class Line:
    name: str
    quantity: int
    unit_price: Money
    total: Money
    vat: Vat


@strawberry.type
class Invoice:
    id: strawberry.ID
    number: str
    type: str
    currency: str
    issued_on: str
    due_on: str | None
    lines: list[Line]
    vat: list[Vat]
    total_ex_vat: Money
    total_vat: Money
    total: Money
    pdf_status: str
    pdf_url: str | None


def by_strawberry(answer: dict[str, Any]) -> Any:
    """The endpoint of the answer's invoice."""
    return GraphQL[Any, Any](_schema(_invoice(answer)))


def by_ariadne(answer: dict[str, Any]) -> Any:
    stored, library = _invoice(answer), import_module("ariadne")
    query = library.QueryType()
    query.set_field("invoice", lambda _, __, id: stored if id == stored.id else None)
    schema = library.make_executable_schema(_schema(stored).as_str(), query)
    return import_module("ariadne.asgi").GraphQL(schema)


def _schema(stored: Invoice) -> strawberry.Schema:
    @strawberry.type
    class Query:
        @strawberry.field
        def invoice(self, id: str) -> Invoice | None:
            return stored if id == stored.id else None

    config = StrawberryConfig(auto_camel_case=False, scalar_map=_SCALARS)
    return strawberry.Schema(query=Query, config=config)


def _invoice(answer: dict[str, Any]) -> Invoice:
    data = answer["data"]["invoice"]
    lines = [Line(**{**line, "vat": _vat(line["vat"])}) for line in data["lines"]]
    return Invoice(**{**data, "lines": lines, "vat": [_vat(row) for row in data["vat"]]})


def _vat(row: dict[str, Any]) -> Vat:
    return Vat(**{"category": "", "base": 0, **row})
