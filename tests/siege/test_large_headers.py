"""A stranger without a key sends 50 MB in one header: the others are served meanwhile."""

from __future__ import annotations

import threading
from pathlib import Path

import httpx
import pytest

from invoicing.storage.database import Database
from tests.server.test_terminated import serving
from tests.support.client import Client, client
from tests.support.patience import PATIENCE
from tests.support.raw_caller import RawCaller, status

MEGABYTE = b"a" * 1_000_000
BEGIN = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Large: "
STRANGERS = 4


@pytest.fixture
def shop(database: Database, tmp_path: Path) -> Client:
    return client(database, tmp_path / "data")


def test_headers_of_50_megabytes_stop_nobody(shop: Client, tmp_path: Path) -> None:
    refused: list[int] = []
    with serving(shop, tmp_path) as server, httpx.Client(timeout=PATIENCE) as http:

        def send_50_megabytes() -> None:
            with RawCaller(server.address) as stranger:
                if stranger.send_as_far_as_taken(BEGIN, *[MEGABYTE] * 50, b"\r\n\r\n"):
                    refused.append(200)
                refused.append(status(stranger.rest()))

        strangers = [threading.Thread(target=send_50_megabytes) for _ in range(STRANGERS)]
        for stranger in strangers:
            stranger.start()
        while any(stranger.is_alive() for stranger in strangers):
            assert http.get(server.address.replace("/graphql", "/healthz")).status_code == 200
        metrics = http.get(server.address.replace("/graphql", "/metrics")).text
    assert set(refused) <= {431, 0}  # 0: it was still sending when the socket was closed
    assert f'invoicing_refused_connections_total{{reason="large"}} {STRANGERS}.0' in metrics


def test_a_cookie_of_80_kilobytes_is_refused(shop: Client, tmp_path: Path) -> None:
    with serving(shop, tmp_path) as server:
        answer = httpx.get(server.address, headers={"cookie": "a" * 80_000}, timeout=PATIENCE)
    assert answer.status_code == 431
