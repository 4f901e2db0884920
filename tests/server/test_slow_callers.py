"""Callers that read or write slowly, or too much, on real sockets: the others are served meanwhile."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
from graphql import get_introspection_query

from invoicing.storage.database import Database
from tests.server.test_terminated import serving
from tests.support import factories
from tests.support.client import INVOICE_ORDER, Client, client, data
from tests.support.patience import PATIENCE, until
from tests.support.rest_door import basic

CALLERS = 60
MEGABYTE = b" " * 1_000_000
PAPER = "query ($id: String!) { invoice(id: $id) { pdf_url } }"


@pytest.fixture
def shop(database: Database, tmp_path: Path) -> Client:
    shop = client(database, tmp_path / "data")
    for number in range(20):
        factories.order(database, shop.principal, id=f"o-{number}")
    factories.invoice(database, shop.principal, invoice_id="v")
    return shop


def calling(open_things: ExitStack, address: str, sent: bytes) -> socket.socket:
    """Somebody who has sent this and has room for next to nothing of an answer."""
    url = httpx.URL(address)
    caller = open_things.enter_context(socket.socket())
    caller.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    caller.settimeout(PATIENCE)
    caller.connect((url.host, url.port))
    caller.sendall(sent)
    return caller


def head(shop: Client, length: int) -> bytes:
    return (
        f"POST /graphql HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {shop.token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
    ).encode()


def whole(caller: socket.socket) -> bytes:
    """All that there is to read, to the end of the connection."""
    return b"".join(iter(lambda: caller.recv(65_536), b""))


def test_who_reads_or_writes_slowly_keeps_nobody_waiting(shop: Client, tmp_path: Path) -> None:
    question = json.dumps({"query": get_introspection_query()}).encode()
    with serving(shop, tmp_path) as server, ExitStack() as open_things:
        http = open_things.enter_context(
            httpx.Client(headers={"authorization": f"Bearer {shop.token}"}, timeout=PATIENCE)
        )

        def ask(query: str, **variables: Any) -> Any:
            return data(http.post(server.address, json={"query": query, "variables": variables}))

        until(lambda: ask(PAPER, id="v")["invoice"]["pdf_url"], server.process)
        paper = httpx.URL(ask(PAPER, id="v")["invoice"]["pdf_url"])
        fetch = f"GET {paper.raw_path.decode()} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        readers = [
            calling(open_things, server.address, head(shop, len(question)) + question) for _ in range(CALLERS)
        ]
        fetchers = [calling(open_things, server.address, fetch.encode()) for _ in range(CALLERS)]
        writers = [
            calling(open_things, server.address, head(shop, len(question)) + question[:10])
            for _ in range(CALLERS)
        ]
        assert http.get(paper).content.startswith(b"%PDF")
        writers[0].sendall(question[10:])
        for late in (readers[0], writers[0]):
            answer = whole(late).partition(b"\r\n\r\n")[2]
            assert json.loads(answer)["data"]["__schema"]["queryType"]["name"] == "Query"
        assert whole(fetchers[0]).rstrip().endswith(b"%%EOF")

        for number in range(
            20
        ):  # whoever had to wait for the other slow ones would wait until they are refused
            assert ask(INVOICE_ORDER, input={"order_id": f"o-{number}"})["invoiceOrder"]["invoice"]["number"]
            assert http.get(paper).content.startswith(b"%PDF")


def test_ten_megabytes_are_refused_also_in_chunks(shop: Client, tmp_path: Path) -> None:
    def chunks() -> Iterator[bytes]:
        yield from [MEGABYTE] * 10

    token = str(shop.token)
    doors = {
        "/graphql": {"authorization": f"Bearer {token}"},
        "/v1/customer/ann/invoice": basic(token),
        "/invoices": {"accessToken": token},
        "/v1/customer-sessions/": {"authorization": f"Bearer {token}"},
    }
    with serving(shop, tmp_path) as server:
        for path, headers in doors.items():
            url = server.address.replace("/graphql", path)
            for content in (MEGABYTE * 10, chunks()):
                sent = {**headers, "content-type": "application/json"}
                assert httpx.post(url, content=content, headers=sent, timeout=PATIENCE).status_code == 413, (
                    path
                )
        assert httpx.get(server.address.replace("/graphql", "/readyz"), timeout=PATIENCE).status_code == 200
