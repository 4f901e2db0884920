"""Every answer has a request id: the caller's own where it is sane, else a new one."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from invoicing.database import Database
from tests.client import Client, client


@pytest.fixture
def shop(database: Database, tmp_path: Path) -> Client:
    return client(database, tmp_path)


def test_a_callers_id_comes_back(shop: Client) -> None:
    for given in ("abc", "A-1_b.c:d", "x" * 100, "0190c3a2-7f1e-7b3a-8d3e-000000000000"):
        for path in ("/graphql", "/healthz", "/nothing"):
            answer = shop.request("GET", path, headers={"x-request-id": given})
            assert answer.headers["x-request-id"] == given


def test_an_id_that_is_not_sane_is_replaced(shop: Client) -> None:
    for given in ("", "x" * 101, "a b", "a\tb", "<script>", "é", 'a"b', "a;b", "a/b"):
        headers = {"x-request-id": given.encode()}
        ids = {shop.request("GET", "/healthz", headers=headers).headers["x-request-id"] for _ in range(2)}
        assert len(ids) == 2
        assert all(len(id) == 36 for id in ids)


def test_a_refusal_has_an_id_too(shop: Client) -> None:
    for answer in (
        shop.without_key().post("{ account { id } }"),
        shop.request("PUT"),
        shop.request("POST", content=b"{"),
    ):
        assert answer.status_code >= 400
        assert len(answer.headers["x-request-id"]) == 36


def test_a_failure_before_any_resolver_has_an_id_and_a_traceback_in_the_log(
    shop: Client, database: Database
) -> None:
    database.write(lambda connection: connection.execute(text("DROP TABLE api_keys")))
    with capture_logs() as logs:
        answer = shop.request("POST", json={"query": "{ account { id } }"}, headers={"x-request-id": "mine"})
    assert (answer.status_code, answer.headers["x-request-id"]) == (500, "mine")
    (error,) = answer.json()["errors"]
    assert error["extensions"] == {"code": "INTERNAL_SERVER_ERROR", "request_id": "mine"}
    assert "api_keys" not in answer.text
    (entry,) = [entry for entry in logs if entry["log_level"] == "error"]
    assert entry["request_id"] == "mine"
    assert "api_keys" in str(entry["exc_info"])
