"""Documents of many words, and of several operations."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from threading import current_thread, main_thread
from typing import Any

import pytest
from graphql import DocumentNode, parse, print_ast

from invoicing.storage.database import Database
from schema import schema_under
from schema.execution.documents import (
    MOST_CHARACTERS,
    MOST_CHARACTERS_OF_ALL,
    SHORT,
    DocumentCache,
    ParsedDocument,
    Rules,
)
from schema.execution.parsing import parsed
from schema.execution.rules import MOST_ERRORS
from tests.support.client import Client, client


@pytest.fixture
def shop(database: Database, tmp_path: Path) -> Client:
    return client(database, tmp_path)


def test_a_document_of_too_many_words_is_refused(shop: Client) -> None:
    aliases = " ".join(f"a{n}: account {{ id }}" for n in range(5_000))
    refusal = shop.refused(f"{{ {aliases} }}")
    assert refusal.code == "GRAPHQL_PARSE_FAILED"
    assert "10000 tokens" in refusal.message


def test_an_invoice_of_many_items_may_be_written_into_the_document(shop: Client) -> None:
    ids = " ".join(f'"item-{n}"' for n in range(5_000))
    refusal = shop.refused(f"{{ invoicePreview(input: {{items: [{ids}]}}) {{ total }} }}")
    assert refusal.code == "ITEM_NOT_FOUND"


def test_of_several_operations_one_must_be_named(shop: Client) -> None:
    document = "query one { account { id } } query two { account { name } }"
    answer = shop.request("POST", json={"query": document})
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (400, "BAD_REQUEST")
    named = shop.request("POST", json={"query": document, "operationName": "two"}).json()
    assert named["data"]["account"].keys() == {"name"}


@pytest.mark.parametrize(
    "document",
    [
        "{ a" * 3_000 + " }" * 3_000,
        "{ orders(filter: " + "[" * 3_000 + "]" * 3_000 + ") { totalCount } }",
        "{ orders(filter: " + "{a: " * 1_500 + "1" + "}" * 1_500 + ") { totalCount } }",
        "query ($a: " + "[" * 3_000 + "Int" + "]" * 3_000 + ") { account { id } }",
    ],
)
def test_what_is_too_deep_to_be_read_is_refused_with_the_reason(shop: Client, document: str) -> None:
    refusal = shop.refused(document)
    assert refusal.code == "GRAPHQL_PARSE_FAILED"
    assert "levels" in refusal.message


@pytest.mark.parametrize("filling", ["# " + "x" * 300_000 + "\n", " " * 300_000, "," * 300_000])
def test_what_is_long_without_words_is_refused_before_it_is_read(shop: Client, filling: str) -> None:
    refusal = shop.refused(filling + "{ account { id } }")
    assert refusal.code == "GRAPHQL_PARSE_FAILED"
    assert "300000 characters" in refusal.message


@pytest.mark.parametrize("filling", ["\n", "\r", "\r\n"])
def test_a_document_of_very_many_lines_is_refused_before_it_is_read(shop: Client, filling: str) -> None:
    refusal = shop.refused("{ account { nope } }" + filling * 10_001)
    assert refusal.code == "GRAPHQL_PARSE_FAILED"
    assert "10000 lines" in refusal.message


def test_a_document_of_very_many_operations_is_refused(shop: Client) -> None:
    document = " ".join(f"query q{n} {{ account {{ id }} }}" for n in range(51))
    answer = shop.request("POST", json={"query": document, "operationName": "q1"}).json()
    assert answer["errors"][0]["extensions"]["code"] == "GRAPHQL_PARSE_FAILED"
    assert "50 operations" in answer["errors"][0]["message"]


# ---------------------------------------------------------------- what does not fit the schema

GRAPH = schema_under(Rules()).graphql_schema


def filtered_by(given: str) -> str:
    return f"{{ invoices(filter: {given}) {{ totalCount }} }}"


@pytest.mark.parametrize(
    "document",
    [
        filtered_by("{" + " ".join(f"a{n}: 1" for n in range(3_000)) + "}"),
        filtered_by("{" + "number: 1 " * 3_000 + "}"),
        filtered_by("[" + '"x" ' * 9_000 + "]"),
        filtered_by("{state: [" + "NOPE " * 9_000 + "]}"),
        filtered_by("{number: " + "[" * 100 + "1 " * 5_000 + "]" * 100 + "}"),
    ],
    ids=["unknown fields", "repeated fields", "a list of texts", "a list of words", "deep lists"],
)
def test_a_long_value_is_printed_once_however_much_in_it_is_wrong(
    document: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    printed: list[object] = []

    def noting(node: Any) -> str:
        printed.append(node)
        return print_ast(node)

    for module in ("utilities.validate_input_value", "type.definition", "type.scalars"):
        monkeypatch.setattr(import_module(f"graphql.{module}"), "print_for_error", noting)
    errors = ParsedDocument(GRAPH, Rules(), document).errors(None, {})
    assert 0 < len(errors) <= MOST_ERRORS + 1
    assert len(printed) <= 1


def test_of_a_short_value_everything_wrong_is_told(shop: Client) -> None:
    answer = shop.request("POST", json={"query": filtered_by("{number: 1, handle: 2, nope: 3}")}).json()
    assert len(answer["errors"]) == 3


@pytest.mark.parametrize(
    "document",
    [
        "{ account { " + " ".join(f"nope{n}" for n in range(2_000)) + " } }",
        "{ invoices(" + " ".join(f"a{n}: 1" for n in range(2_000)) + ") { totalCount } }",
        "query (" + " ".join(f"$v{n}: String" for n in range(2_000)) + ") { account { id } }",
        "{ account { id " + "@skip(if: false) " * 1_000 + "} }",
    ],
    ids=["fields", "arguments", "variables", "directives"],
)
def test_ten_errors_are_told_and_that_there_are_more(document: str) -> None:
    *told, last = ParsedDocument(GRAPH, Rules(), document).errors(None, {})
    assert len(told) == MOST_ERRORS
    assert "Too many validation errors" in last.message


@pytest.mark.parametrize(
    "document",
    [
        "{ account { " + "id " * 9_000 + "} }",
        "{ account { ...F ...F } } fragment F on Account { " + "address { name } " * 2_000 + "}",
    ],
)
def test_fields_of_the_same_name_are_compared_so_often_at_most(document: str) -> None:
    (error,) = ParsedDocument(GRAPH, Rules(), document).errors(None, {})
    assert error.message == "Validation aborted."


# ---------------------------------------------------------------- beside the event loop


@pytest.fixture
def read_in(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """For each document that was parsed: whether that was in the event loop's own thread."""
    found: list[bool] = []

    def noting(text: str, most_tokens: int) -> DocumentNode:
        found.append(current_thread() is main_thread())
        return parsed(text, most_tokens)

    monkeypatch.setattr("schema.execution.documents.parsed", noting)
    return found


@pytest.mark.anyio
async def test_long_documents_are_read_in_a_thread_and_short_ones_at_once(read_in: list[bool]) -> None:
    cache = DocumentCache(GRAPH, Rules())
    long = "{ account { id } }" + " " * SHORT
    for text in (long, "{ account { id } }", long):
        document = await cache.get(text, "account")
        assert not await cache.errors(document, None, {}, "account")
    assert read_in == [False, True]
    assert document.is_quick  # it was checked, and is kept


@pytest.mark.anyio
async def test_a_document_that_is_not_kept_is_read_each_time_in_a_thread(read_in: list[bool]) -> None:
    cache = DocumentCache(GRAPH, Rules())
    for _ in range(2):
        document = await cache.get("{ account { id } }" + " " * 10_000, "account")
        assert not await cache.errors(document, None, {}, "account")
        assert not document.is_quick
    assert read_in == [False, False]


@pytest.mark.anyio
async def test_long_documents_push_out_those_that_came_before() -> None:
    cache = DocumentCache(GRAPH, Rules())
    texts = [f"{{ account {{ a{n}: id }} }}".ljust(MOST_CHARACTERS) for n in range(130)]
    for text in texts:
        await cache.get(text, "account")
    known = [cache.known(text) is not None for text in texts]
    kept = MOST_CHARACTERS_OF_ALL // MOST_CHARACTERS
    assert known == [False] * (len(texts) - kept) + [True] * kept
    await cache.get(texts[-1], "account")
    assert cache.known(texts[-kept]) is not None


def test_nodes_know_where_they_stand_without_their_tokens() -> None:
    text = "{ account { id } }"
    mine, theirs = parsed(text, 100), parse(text)
    assert (mine, mine.loc, print_ast(mine)) == (theirs, theirs.loc, print_ast(theirs))
    (operation,) = mine.definitions
    assert operation.loc is not None
    assert operation.loc.start_token.next is None
