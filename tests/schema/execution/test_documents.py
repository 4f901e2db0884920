"""Documents of many words, and of several operations."""

from __future__ import annotations

from pathlib import Path

import pytest

from invoicing.storage.database import Database
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


@pytest.mark.parametrize("filling", ["# " + "x" * 300_000 + "\n", " " * 300_000, "," * 300_000])
def test_what_is_long_without_words_is_refused_before_it_is_read(shop: Client, filling: str) -> None:
    refusal = shop.refused(filling + "{ account { id } }")
    assert refusal.code == "GRAPHQL_PARSE_FAILED"
    assert "300000 characters" in refusal.message
