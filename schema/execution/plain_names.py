"""The names of fields, which are the same in GraphQL and in Python."""

from __future__ import annotations

from strawberry.schema.name_converter import NameConverter
from strawberry.types.field import StrawberryField


class PlainNames(NameConverter):
    """Gives a field's name in one step: Strawberry asks for that of each field of each input of a request."""

    def from_field(self, field: StrawberryField) -> str:
        return field.graphql_name or field.python_name
