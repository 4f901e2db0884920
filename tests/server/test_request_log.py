"""Every answer has a request id: the caller's own where it is sane, else a new one."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from structlog.testing import capture_logs

from invoicing.storage.database import Database
from server import logs
from server.logs import with_request_id
from tests.support.client import Client, client
from tests.support.patience import PATIENCE


@pytest.fixture
def shop(database: Database, tmp_path: Path) -> Client:
    return client(database, tmp_path)


def test_a_callers_id_comes_back(shop: Client) -> None:
    for sent in ("abc", "A-1_b.c:d", "x" * 100, "0190c3a2-7f1e-7b3a-8d3e-000000000000"):
        for path in ("/graphql", "/healthz", "/nothing"):
            answer = shop.request("GET", path, headers={"x-request-id": sent})
            assert answer.headers["x-request-id"] == sent


def test_an_id_that_is_not_sane_is_replaced(shop: Client) -> None:
    for sent in ("", "x" * 101, "a b", "a\tb", "<script>", "é", 'a"b', "a;b", "a/b"):
        headers = {"x-request-id": sent.encode()}
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
    database.write(lambda connection: connection.execute(text("ALTER TABLE api_keys RENAME TO gone")))
    with capture_logs() as logs:
        answer = shop.request("POST", json={"query": "{ account { id } }"}, headers={"x-request-id": "mine"})
    assert (answer.status_code, answer.headers["x-request-id"]) == (500, "mine")
    (error,) = answer.json()["errors"]
    assert error["extensions"] == {"code": "INTERNAL_SERVER_ERROR", "request_id": "mine"}
    assert "api_keys" not in answer.text
    (entry,) = [entry for entry in logs if entry["log_level"] == "error"]
    assert entry["request_id"] == "mine"
    assert "api_keys" in str(entry["exc_info"])


def lines(logs: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return [entry for entry in logs if entry["event"] == "request"]


def test_a_request_is_one_line_in_the_log(shop: Client) -> None:
    with capture_logs([with_request_id]) as logs:
        shop.request(
            "POST",
            json={"query": "query Mine($x: String) { account { id } customers(search: $x) { totalCount } }"},
            headers={"x-request-id": "one"},
        )
        shop.post('{ order(id: "none") { id } }')
        shop.request("PUT")
        shop.request("GET", "/nowhere/at/all")
    mine, missing, put, nowhere = lines(logs)
    assert 0 < mine["seconds"] < 60
    assert {name: value for name, value in mine.items() if name != "seconds"} == {
        "event": "request",
        "log_level": "info",
        "request_id": "one",
        "method": "POST",
        "route": "/graphql",
        "operation": "Mine",
        "status": 200,
    }
    assert (missing["status"], missing["code"]) == (200, "NOT_FOUND")
    assert "operation" not in missing
    assert (put["status"], put["code"]) == (405, "METHOD_NOT_ALLOWED")
    assert (nowhere["status"], nowhere["route"]) == (404, None)


@pytest.mark.anyio
async def test_a_caller_that_leaves_is_no_failure_of_ours(shop: Client) -> None:
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/graphql",
        "query_string": b"",
        "headers": [(b"content-type", b"application/json")],
    }
    sent: list[Any] = []

    async def leave() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    with capture_logs([with_request_id]) as logs:
        await shop.app(scope, leave, send)
    assert sent == []
    assert [(entry["event"], entry["log_level"], entry["status"]) for entry in logs] == [
        ("request", "info", 499)
    ]


def test_the_log_holds_nothing_that_was_sent(shop: Client) -> None:
    with capture_logs([with_request_id]) as logs:
        shop.post("query ($s: String) { customers(search: $s) { totalCount } }", s="private-name")
        shop.request("GET", params={"query": '{ customers(search: "private-name") { totalCount } }'})
        shop.request("GET", "/documents/private-token/private-name.pdf")
        shop.request("POST", json={"query": "{ account { id } }", "operationName": "private-name"})
        shop.without_key().request("GET", headers={"authorization": "Bearer private-token"})
    assert len(lines(logs)) == 5
    assert "private" not in str(logs)
    assert str(shop.token) not in str(logs)


def test_the_log_is_json_whatever_is_in_it() -> None:
    script = """if True:
        import logging, structlog
        from server import logs
        logs.configure("INFO")
        log = structlog.get_logger()
        log.debug("not this")
        log.info("request", status=200, odd=chr(0xd800), large=10**30, what=object)
        logging.getLogger("library").warning("%s bottles", 99)
        try:
            1 / 0
        except ZeroDivisionError:
            log.exception("failed")
    """
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=PATIENCE)
    told = [json.loads(line) for line in done.stderr.splitlines()]
    assert [line["event"] for line in told] == ["request", "99 bottles", "failed"]
    assert [line["level"] for line in told] == ["info", "warning", "error"]
    assert all(line["timestamp"].endswith("Z") for line in told)
    assert told[1]["logger"] == "library"
    assert "ZeroDivisionError" in told[2]["exception"]


def test_what_strangers_wrote_neither_fills_the_log_nor_gives_orders_to_a_terminal() -> None:
    script = """if True:
        import logging, structlog
        from server import logs
        logs.configure("INFO")
        said = "a" + chr(27) + "[2J" + chr(10) + "{}" + chr(0x9b) + "b"
        log = structlog.get_logger()
        log.info("told", reason=said, long="x" * 900_000)
        logging.getLogger("library").warning("%s", said)
        try:
            raise ValueError(said)
        except ValueError:
            log.exception("failed")
    """
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=PATIENCE)
    told = [json.loads(line) for line in done.stderr.splitlines()]
    assert [line["event"] for line in told] == ["told", "a [2J {} b", "failed"]
    assert told[0]["reason"] == "a [2J {} b"
    assert len(told[0]["long"]) < 21_000
    assert told[2]["exception"].endswith("ValueError: a\ufffd[2J\n{}\ufffdb")


def test_an_exception_that_uvicorn_logs_is_one_line() -> None:
    script = """if True:
        import logging
        from server import logs
        logs.configure("INFO")
        logging.getLogger("uvicorn.error").error(OSError(98, "address already in use"))
    """
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=PATIENCE)
    (line,) = done.stderr.splitlines()
    assert json.loads(line)["event"] == "[Errno 98] address already in use"


VALUES = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary() | st.dates()


@given(st.dictionaries(st.text(), VALUES | st.lists(VALUES, max_size=3), max_size=5))
def test_a_line_that_is_written_at_once_is_the_one_that_is_looked_through(line: dict[str, Any]) -> None:
    written = logs._written(None, "info", {**line})
    looked_through = logs._json(logs._safe(None, "info", {**line}))
    assert "\n" not in written
    without_blanks = [_without_blanks(json.loads(each)) for each in (written, looked_through)]
    assert without_blanks[0] == without_blanks[1]


def _without_blanks(line: dict[str, Any]) -> dict[str, str]:
    """A line that is not looked through may have blanks around a value. NaN is not equal to itself."""
    return {name: repr(value.strip() if isinstance(value, str) else value) for name, value in line.items()}


NO_ROOM = """if True:
    import resource
    import structlog
    from server import logs
    logs.configure("info")
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
    structlog.get_logger().error("lost", exc_info=ValueError())
    print("went on")
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    structlog.get_logger().info("told")
"""


def test_nothing_fails_because_the_disk_of_the_log_is_full(tmp_path: Path) -> None:
    with (tmp_path / "log").open("wb") as log:
        done = subprocess.run(
            [sys.executable, "-c", NO_ROOM], stdout=subprocess.PIPE, stderr=log, timeout=PATIENCE, check=True
        )
    assert done.stdout == b"went on\n"
    assert b'"told"' in (tmp_path / "log").read_bytes()
