"""The caches of clients are told of every type whose objects have no key of their own."""

from __future__ import annotations

import re
from collections.abc import Iterator

from graphql import GraphQLObjectType, get_named_type, get_nullable_type, is_list_type

from schema import schema_under
from schema.execution.documents import Rules
from tests.server.clients.walking import HERE

NO_KEYS = {"Actor", "AuditActor", "AuditSubject", "BlockedItem"}
"""Types whose `id` is that of something else, so that two of their objects may have the same."""
KNOWN = re.compile(r"__.*|Query|Mutation|Subscription|PageInfo|.*(Connection|Edge|Payload)")
"""What caches know by themselves: roots, what mutations return, and pages, as Relay has them."""


def objects() -> Iterator[GraphQLObjectType]:
    for kind in schema_under(Rules()).graphql_schema.type_map.values():
        if isinstance(kind, GraphQLObjectType) and not KNOWN.fullmatch(kind.name):
            yield kind


def values() -> set[str]:
    return {kind.name for kind in objects() if "id" not in kind.fields} | NO_KEYS


def test_the_list_has_every_type_without_a_key() -> None:
    listed = re.findall(r"'(\w+)'", (HERE / "typescript" / "values.ts").read_text())
    assert listed == sorted(values())


def test_apollo_replaces_every_list_of_them() -> None:
    text = (HERE / "typescript" / "apollo.ts").read_text()
    lines = re.findall(r"^  (\w+): \{(.*replaced.*)$", text, re.MULTILINE)
    told = {(name, field) for name, rest in lines for field in re.findall(r"(\w+): replaced", rest)}
    lists = {
        (kind.name, name)
        for kind in objects()
        for name, field in kind.fields.items()
        if is_list_type(get_nullable_type(field.type)) and get_named_type(field.type).name in values()
    }
    assert told == lists
