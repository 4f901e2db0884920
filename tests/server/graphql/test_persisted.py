"""Documents that clients send once, and name by their hashes from then on."""

from __future__ import annotations

import hashlib
import json
import tracemalloc
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invoicing.storage.database import Database
from server.graphql.persisted import (
    MOST_BYTES_OF_ONE,
    MOST_OF_ONE,
    Asked,
    AutomaticDocuments,
    DocumentRefused,
)
from tests.support.client import Client, client
from tests.support.subscribing import connected, running_server

NAME = "query Name { account { name } }"
RENAME = 'mutation { updateAccount(input: {name: "Other"}) { account { name } } }'
GRAPHQL = {"accept": "application/graphql-response+json"}


def hashed(text: str) -> dict[str, Any]:
    return {"persistedQuery": {"version": 1, "sha256Hash": hashlib.sha256(text.encode()).hexdigest()}}


def code(answer: Any) -> str:
    (error,) = answer.json()["errors"]
    assert "data" not in answer.json()
    return str(error["extensions"]["code"])


@pytest.fixture
def shop(database: Database, tmp_path: Path) -> Client:
    return client(database, tmp_path)


@pytest.mark.parametrize("method", ["POST", "GET"])
def test_a_document_is_sent_once_and_then_named_by_its_hash(shop: Client, method: str) -> None:
    def ask(**body: Any) -> Any:
        if method == "POST":
            return shop.request("POST", json=body)
        return shop.request("GET", params={**body, "extensions": json.dumps(body["extensions"])})

    unknown = ask(extensions=hashed(NAME))
    assert (unknown.status_code, code(unknown)) == (200, "PERSISTED_QUERY_NOT_FOUND")
    assert unknown.json()["errors"][0]["message"] == "PersistedQueryNotFound"
    expected = {"data": {"account": {"name": "Mug & Co"}}}
    assert ask(query=NAME, extensions=hashed(NAME)).json() == expected
    assert ask(extensions=hashed(NAME)).json() == expected


def test_what_is_not_found_is_a_400_where_that_is_asked_for(shop: Client) -> None:
    answer = shop.request("POST", json={"extensions": hashed(NAME)}, headers=GRAPHQL)
    assert (answer.status_code, answer.headers["content-type"]) == (400, GRAPHQL["accept"])
    assert code(answer) == "PERSISTED_QUERY_NOT_FOUND"


def test_a_hash_is_found_by_its_document_id_too(shop: Client) -> None:
    shop.request("POST", json={"query": NAME, "extensions": hashed(NAME)})
    id = "sha256:" + hashlib.sha256(NAME.encode()).hexdigest()
    assert shop.request("POST", json={"documentId": id}).json()["data"]["account"]
    assert shop.request("GET", params={"documentId": id}).json()["data"]["account"]


def test_a_mutation_is_named_by_its_hash_but_not_by_get(shop: Client) -> None:
    shop.request("POST", json={"query": RENAME, "extensions": hashed(RENAME)})
    refused = shop.request("GET", params={"extensions": json.dumps(hashed(RENAME))})
    assert (refused.status_code, code(refused)) == (405, "METHOD_NOT_ALLOWED")
    named = shop.request("POST", json={"extensions": hashed(RENAME)})
    assert named.json()["data"]["updateAccount"]["account"] == {"name": "Other"}


@pytest.mark.parametrize(
    "body",
    [
        {"query": NAME, "extensions": hashed(RENAME)},
        {"extensions": {"persistedQuery": {"version": 2, "sha256Hash": "0" * 64}}},
        {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": 5}}},
        {"extensions": {"persistedQuery": "a1"}},
        {"documentId": 5},
    ],
    ids=["another hash", "another version", "no hash", "no object", "no text"],
)
def test_what_is_no_hash_of_the_document_is_refused(shop: Client, body: Mapping[str, Any]) -> None:
    assert code(shop.request("POST", json=body)) == "BAD_REQUEST"
    assert code(shop.request("POST", json={"extensions": hashed(NAME)})) == "PERSISTED_QUERY_NOT_FOUND"


def test_a_hash_says_nothing_of_what_another_account_asks(shop: Client) -> None:
    shop.request("POST", json={"query": NAME, "extensions": hashed(NAME)})
    assert code(shop.neighbour().request("POST", json={"extensions": hashed(NAME)})) == (
        "PERSISTED_QUERY_NOT_FOUND"
    )


def test_a_document_that_is_too_long_is_refused_and_not_kept(shop: Client) -> None:
    text = "query { __typename }" + " " * 300_000
    assert code(shop.request("POST", json={"query": text, "extensions": hashed(text)})) == (
        "GRAPHQL_PARSE_FAILED"
    )
    assert code(shop.request("POST", json={"extensions": hashed(text)})) == "PERSISTED_QUERY_NOT_FOUND"


def keep(documents: AutomaticDocuments, text: str, holder: str) -> None:
    sha256 = hashed(text)["persistedQuery"]["sha256Hash"]
    assert documents.text(Asked(text, sha256, sha256), holder) == text


def has(documents: AutomaticDocuments, text: str, holder: str) -> bool:
    sha256 = hashed(text)["persistedQuery"]["sha256Hash"]
    try:
        return documents.text(Asked(None, sha256, sha256), holder) == text
    except DocumentRefused:
        return False


def test_a_document_takes_no_more_memory_than_is_counted() -> None:
    """As a text, one rare character makes four bytes of each."""
    documents = AutomaticDocuments()
    length = 50_000
    tracemalloc.start()
    try:
        keep(documents, "{ a } # \N{GRINNING FACE}".ljust(length, "x"), "ann")
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept < 2 * length


def test_who_sends_many_documents_loses_those_not_used_lately() -> None:
    documents = AutomaticDocuments()
    for n in range(MOST_OF_ONE):
        keep(documents, f"{{ a{n} }}", "one")
    assert has(documents, "{ a0 }", "one")
    keep(documents, "{ more }", "one")
    assert [has(documents, f"{{ a{n} }}", "one") for n in range(3)] == [True, False, True]
    long = ["é" * 149_999 + str(n) for n in range(1 + MOST_BYTES_OF_ONE // 300_000)]
    for text in long:
        keep(documents, text, "two")
    assert [has(documents, text, "two") for text in long] == [False] + [True] * (len(long) - 1)


def test_many_accounts_with_a_short_document_each_take_no_more_memory_than_there_is_for_all() -> None:
    most = 1_000_000
    documents = AutomaticDocuments(most)
    tracemalloc.start()
    try:
        for n in range(20_000):
            keep(documents, "{a}", f"account {n}")
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept < 1.5 * most


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 20), st.integers(1, 60)), max_size=60))
def test_an_account_that_sends_much_pushes_out_its_own(sent: list[tuple[str, int, int]]) -> None:
    most = 4_000
    documents = AutomaticDocuments(most)
    small = "{ small }"
    keep(documents, small, "quiet")
    for holder, n, size in sent:
        keep(documents, f"{n}".ljust(size, "."), holder)
        kept = [each.size for each in documents._holders.values()]
        assert documents._size == sum(kept) <= most
        assert all(kept)
    assert has(documents, small, "quiet")


@pytest.mark.anyio
async def test_a_socket_is_told_that_a_hash_is_unknown(shop: Client) -> None:
    async with running_server(shop.app) as address, connected(address, shop.token) as caller:
        for extensions, reason in ((hashed(NAME), "PERSISTED_QUERY_NOT_FOUND"), ({}, "BAD_REQUEST")):
            await caller.send({"type": "subscribe", "id": "1", "payload": {"extensions": extensions}})
            message = await caller.message()
            assert (message["type"], message["payload"][0]["extensions"]["code"]) == ("error", reason)
