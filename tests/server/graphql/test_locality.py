"""The demo's key is for a browser on this machine, and for nobody who only looks like one."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
from starlette.requests import Request

from invoicing.storage.database import Database
from server.app import create_app
from server.commands.serve import is_open_to_others
from server.graphql.locality import is_local, names_this_machine
from server.settings import Settings
from tests.support.live_server import running_server

HERE = "127.0.0.1:8000"


def request(peer: str | None = "127.0.0.1", *more: tuple[str, str], version: str = "1.1") -> Request:
    headers = more if any(name == "host" for name, _ in more) else (("host", HERE), *more)
    return Request(
        {
            "type": "http",
            "http_version": version,
            "client": (peer, 4711) if peer else None,
            "headers": [(name.encode(), value.encode()) for name, value in headers],
        }
    )


@pytest.mark.parametrize("peer", ["127.0.0.1", "127.0.0.9", "::1", "::ffff:127.0.0.1"])
@pytest.mark.parametrize(
    "host", ["localhost", "localhost:8000", "LocalHost:80", "127.0.0.1:8000", "[::1]:8000"]
)
def test_this_machine_by_a_name_of_this_machine_is_local(peer: str, host: str) -> None:
    assert is_local(request(peer, ("host", host)))


@pytest.mark.parametrize("peer", ["192.0.2.1", "10.0.0.1", "fe80::1", None])
def test_another_machine_is_not_local_whatever_it_says(peer: str | None) -> None:
    assert not is_local(request(peer))


@pytest.mark.parametrize(
    "hosts",
    [
        ("rebound.example:8000",),
        ("127.0.0.1.rebound.example",),
        ("localhost.rebound.example",),
        ("rebound.example@127.0.0.1.example",),
        ("192.168.1.5:8000",),
        ("0.0.0.0:8000",),
        ("[",),
        ("",),
        ("localhost", "rebound.example"),
    ],
)
def test_a_name_that_may_be_another_sites_is_not_local(hosts: tuple[str, ...]) -> None:
    assert not is_local(request("127.0.0.1", *(("host", host) for host in hosts)))


@pytest.mark.parametrize(
    "name",
    ["x-forwarded-for", "x-forwarded-host", "forwarded", "via", "x-real-ip", "cf-connecting-ip", "cf-ray"],
)
def test_what_came_through_a_proxy_is_not_local(name: str) -> None:
    assert not is_local(request("127.0.0.1", (name, "127.0.0.1")))


def test_a_proxy_that_says_nothing_speaks_a_version_that_no_browser_speaks() -> None:
    assert not is_local(request(version="1.0"))


def test_a_script_of_another_site_is_not_local() -> None:
    assert not is_local(request("127.0.0.1", ("origin", "https://shop.example")))


@pytest.mark.parametrize(
    ("url", "is_ours"),
    [
        ("http://127.0.0.1:8000", True),
        ("http://localhost:8000", True),
        ("http://[::1]:8000", True),
        ("http://0.0.0.0:8000", False),
        ("http://[::]:8000", False),
        ("https://invoices.example", False),
        ("", False),
    ],
)
def test_urls_of_this_machine(url: str, is_ours: bool) -> None:
    assert names_this_machine(url) is is_ours


def test_the_key_is_on_the_page_for_this_machine_alone(database: Database, tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, workers=0)
    app = create_app(settings, database, base_url="http://localhost", demo_token="inv_demo")
    with running_server(app) as address, httpx.Client(headers={"accept": "text/html"}) as browser:
        page = f"{address}/graphql"
        assert "inv_demo" in browser.get(page).text
        for headers in ({"host": "rebound.example"}, {"x-forwarded-for": "127.0.0.1"}):
            answer = browser.get(page, headers=headers)
            assert (answer.status_code, "inv_demo" in answer.text) == (200, False)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "shop.example"])  # noqa: S104
def test_addresses_that_let_others_in(host: str) -> None:
    assert is_open_to_others(host)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1"])
def test_addresses_that_do_not(host: str) -> None:
    assert not is_open_to_others(host)
