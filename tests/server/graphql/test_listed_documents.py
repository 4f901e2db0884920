"""A server that executes nothing but the documents of a file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from invoicing.storage.database import Database
from server.graphql.manifests import APOLLO, read_manifest
from server.settings import Settings
from tests.server.graphql.test_persisted import GRAPHQL, NAME, RENAME, code, hashed
from tests.support.client import Client, client
from tests.support.subscribing import connected, running_server, streamed

LISTED = {"a1": NAME, "sha256:b2": RENAME}


@pytest.fixture
def listed(database: Database, tmp_path: Path) -> Client:
    """A server that executes the documents of a manifest."""
    file = tmp_path / "persisted-documents.json"
    file.write_text(json.dumps(LISTED))
    return client(database, tmp_path, persisted_documents=file)


@pytest.mark.parametrize(
    "body",
    [
        {"documentId": "a1"},
        {"documentId": "sha256:a1"},
        {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": "a1"}}},
        {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": "sha256:a1"}}},
        {"query": NAME},
    ],
    ids=["documentId", "with a prefix", "Apollo", "Apollo with a prefix", "word for word"],
)
def test_a_listed_document_is_executed(listed: Client, body: Mapping[str, Any]) -> None:
    assert listed.request("POST", json=body).json() == {"data": {"account": {"name": "Mug & Co"}}}


def test_a_prefix_in_the_manifest_need_not_be_sent(listed: Client) -> None:
    for id in ("b2", "sha256:b2"):
        assert "updateAccount" in listed.request("POST", json={"documentId": id}).json()["data"]


@pytest.mark.parametrize(
    "body",
    [
        {"query": "query { account { id } }"},
        {"query": "query { account { id } }", "documentId": "a1"},
        {"query": "query { account { id } }", "extensions": hashed("query { account { id } }")},
        {"documentId": "c3"},
        {"extensions": hashed(NAME)},
        {"query": "{ __schema { types { name } } }"},
        {},
    ],
)
def test_anything_else_is_refused(listed: Client, body: Mapping[str, Any]) -> None:
    answer = listed.request("POST", json=body)
    assert (answer.status_code, code(answer)) == (200, "DOCUMENT_NOT_PERSISTED")
    assert listed.request("POST", json=body, headers=GRAPHQL).status_code == 400
    assert code(listed.request("GET", params={"query": "{ __typename }"})) == "DOCUMENT_NOT_PERSISTED"


@pytest.mark.anyio
async def test_sockets_and_events_go_by_the_same_rules(listed: Client) -> None:
    async with running_server(listed.app) as address:
        async with connected(address, listed.token) as caller:
            payloads: list[dict[str, str]] = [{"documentId": "a1"}, {"query": NAME}]
            for payload in payloads:
                await caller.send({"type": "subscribe", "id": "1", "payload": payload})
                assert (await caller.next_payload())["data"] == {"account": {"name": "Mug & Co"}}
                assert (await caller.message())["type"] == "complete"
            await caller.send({"type": "subscribe", "id": "1", "payload": {"query": "{ __typename }"}})
            assert (await caller.message())["payload"][0]["extensions"]["code"] == "DOCUMENT_NOT_PERSISTED"
        async with streamed(address, listed.token, "{ __typename }") as stream:
            await stream.answer.aread()
            assert (stream.answer.status_code, code(stream.answer)) == (400, "DOCUMENT_NOT_PERSISTED")


def test_the_manifest_of_apollos_tools_is_read_too(tmp_path: Path) -> None:
    file = tmp_path / "persisted-query-manifest.json"
    operations = [{"id": id, "name": "N", "type": "query", "body": text} for id, text in LISTED.items()]
    file.write_text(json.dumps({"format": APOLLO, "version": 1, "operations": operations}))
    assert read_manifest(file) == LISTED


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "cannot be read: No such file or directory"),
        ("{", "is not JSON"),
        ("[]", "holds no persisted documents: it must be {id: document}"),
        ("{}", "holds no persisted documents"),
        ('{"name": "shop", "version": "1.0.0"}', "holds no persisted documents"),
        ('{"a1": {"query": "{ a }"}}', "holds no persisted documents"),
        (json.dumps({"format": APOLLO, "operations": [{"id": "a1"}]}), "holds no persisted documents"),
        (json.dumps({"format": APOLLO, "operations": "a1"}), "holds no persisted documents"),
    ],
)
def test_a_wrong_file_is_refused_at_the_start(tmp_path: Path, content: str | None, sentence: str) -> None:
    file = tmp_path / "documents.json"
    if content is not None:
        file.write_text(content)
    with pytest.raises(ValidationError) as refusal:
        Settings(persisted_documents=file)
    (error,) = refusal.value.errors()
    assert f"{file} {sentence}" in error["msg"]
