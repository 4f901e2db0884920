"""Which operations a document has is seen without parsing it."""

from __future__ import annotations

import pytest
from graphql import OperationDefinitionNode, OperationType, parse
from hypothesis import given
from hypothesis import strategies as st

from schema.execution.documents import LONGEST
from schema.execution.operations import facts_of, is_ambiguous, is_subscription, may_only_read, operations_in

_NAMES = st.sampled_from(["query", "mutation", "subscription", "fragment", "on", "a", "B_2"])
_TEXTS = st.sampled_from(
    ['""', '"query q {"', '"\\"} query {"', '"""} mutation m {"""', '"""\\""" } query x { " """', '""""""']
)
_IGNORED = st.sampled_from([" ", "\n", ", ", "# query c { }\n", '# "\n', "\ufeff "])


@st.composite
def documents(draw: st.DrawFn) -> str:
    """Documents of operations and fragments whose names, texts and comments may look like keywords."""
    parts = []
    for _ in range(draw(st.integers(1, 4))):
        text = draw(_TEXTS)
        directive = draw(st.sampled_from(["", f"@query(a: {text})", "@ mutation"]))
        body = draw(
            st.sampled_from(["{ query }", f"{{ a(b: {text}) {{ mutation }} }}", "{ a { query { b } } }"])
        )
        kind = draw(st.sampled_from(["query", "mutation", "subscription", "fragment", ""]))
        name = draw(_NAMES)
        if kind == "fragment":
            head = f"fragment {name if name != 'on' else 'a'} on query {directive}"
        elif kind:
            variables = draw(st.sampled_from(["", f"($query: T = {{a: [{text}]}} @query)"]))
            head = f"{kind} {draw(st.sampled_from(['', name]))} {variables} {directive}"
        else:
            head = ""
        parts.append(head + draw(_IGNORED) + body)
    return draw(_IGNORED).join(parts)


@given(documents())
def test_they_are_those_that_a_parser_finds(text: str) -> None:
    parsed = [each for each in parse(text).definitions if isinstance(each, OperationDefinitionNode)]
    expected = [(each.operation, each.name.value if each.name else None) for each in parsed]
    assert [*operations_in(text)] == expected
    assert is_ambiguous(text, None) is (len(expected) > 1)
    assert is_subscription(text, None) is any(kind is OperationType.SUBSCRIPTION for kind, _ in expected)


@pytest.mark.parametrize("text", ["}} query {", '"""', '"', "((((", "\\", "query", "@", "{", "é query {"])
def test_what_is_not_graphql_does_no_harm(text: str) -> None:
    assert len([*operations_in(text * 3)]) <= 3
    assert not is_ambiguous(text, "a")


@pytest.mark.parametrize("length", [10, 1_000_000])
def test_a_document_is_looked_through_only_for_what_is_asked(length: int) -> None:
    """The event loop waits meanwhile: a long document takes a sixth of a second to look through."""
    document = f"query q {{ {'a ' * length} }}"
    facts = facts_of(document)
    assert not facts.has_mutation
    assert not facts.has_subscription
    assert {*vars(facts)} == {"_document", "has_mutation", "has_subscription"}
    assert may_only_read(document)
    assert not is_subscription(document, "q")
    assert not is_ambiguous(document, None)


def test_a_document_that_is_too_long_to_be_parsed_is_not_looked_through() -> None:
    two = "query a { a } query b { b } "
    assert is_ambiguous(two, None)
    assert not is_ambiguous(two + "#" * LONGEST, None)
