"""What the schema promises for good: `contract.graphql` beside this file is contained in it."""

from __future__ import annotations

from pathlib import Path

import pytest
from graphql import (
    EnumTypeDefinitionNode,
    FieldDefinitionNode,
    InputObjectTypeDefinitionNode,
    InputValueDefinitionNode,
    ObjectTypeDefinitionNode,
    TypeDefinitionNode,
    parse,
    print_ast,
)

from schema import sdl


def definitions(text: str) -> dict[str, TypeDefinitionNode]:
    return {node.name.value: node for node in parse(text).definitions if isinstance(node, TypeDefinitionNode)}


CONTRACT = definitions((Path(__file__).parent / "contract.graphql").read_text())
PRINTED = definitions(sdl())


def members(node: TypeDefinitionNode) -> dict[str, str]:
    """Its fields, arguments and values, each with its type as it is written."""
    if isinstance(node, EnumTypeDefinitionNode):
        return {value.name.value: "" for value in node.values or ()}
    if not isinstance(node, ObjectTypeDefinitionNode | InputObjectTypeDefinitionNode):
        return {}
    found: dict[str, str] = {}
    for field in node.fields or ():
        assert isinstance(field, FieldDefinitionNode | InputValueDefinitionNode)
        found[field.name.value] = print_ast(field.type)
        for argument in getattr(field, "arguments", None) or ():
            found[f"{field.name.value}({argument.name.value})"] = print_ast(argument.type)
    return found


@pytest.mark.parametrize("name", CONTRACT)
def test_the_schema_holds_what_the_contract_fixes(name: str) -> None:
    assert name in PRINTED
    assert type(PRINTED[name]) is type(CONTRACT[name])
    promised = members(CONTRACT[name])
    assert promised == {member: members(PRINTED[name]).get(member) for member in promised}


def test_the_committed_schema_is_the_printed_one() -> None:
    assert (Path(__file__).parents[2] / "schema.graphql").read_text() == sdl()


@pytest.mark.parametrize("name", [name for name in PRINTED if name not in ("Query", "Mutation")])
def test_every_field_says_what_it_is(name: str) -> None:
    node = PRINTED[name]
    fields = getattr(node, "fields", None) or ()
    assert [field.name.value for field in fields if field.description is None] == []


def test_every_operation_says_what_it_does() -> None:
    for root in ("Query", "Mutation"):
        fields = getattr(PRINTED[root], "fields", ())
        assert [field.name.value for field in fields if field.description is None] == []
