"""A real nginx and a real Caddy in front of a server, with the files of deploy/."""

from __future__ import annotations

import asyncio
import os
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import trustme

from invoicing.accounts import api_keys
from server.commands.serve import demo_token
from server.settings import Settings
from tests.deploy.commands import DEPLOY
from tests.server.test_whole_walk import SETTLE, serving
from tests.support.installed import LINTERS, NGINX, need
from tests.support.patience import PATIENCE, until
from tests.support.subscribing import FOLLOW, SseSubscriber, connected
from tools.ports import free_port, is_open

NAME = "invoices.example"
NGINX_ITSELF = """
{user}
daemon off;
pid {folder}/pid;
error_log stderr;
events {{ worker_connections 256; }}
http {{
    access_log off;
    {paths}
    include {folder}/site.conf;
}}
"""
ISSUE = """
mutation ($input: InvoiceOrderInput!) { invoiceOrder(input: $input) { invoice { id } } }
"""


@dataclass
class Proxied:
    """A server with a demo shop, behind a proxy."""

    address: str
    token: str
    verify: ssl.SSLContext | bool

    def client(self, **options: Any) -> httpx.Client:
        headers = {"authorization": f"Bearer {self.token}"}
        transport = httpx.HTTPTransport(verify=self.verify, local_address=options.pop("local_address", None))
        return httpx.Client(base_url=self.address, headers=headers, transport=transport, timeout=PATIENCE)

    def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        with self.client() as client:
            answer = client.post("/graphql", json={"query": query, "variables": variables}).json()
        assert "errors" not in answer, answer
        data: dict[str, Any] = answer["data"]
        return data


@contextmanager
def running(command: list[str], port: int, **variables: str) -> Iterator[None]:
    with subprocess.Popen(command, env={**os.environ, **variables}, text=True) as process:
        try:
            until(lambda: is_open(port), process)
            yield
        finally:
            process.terminate()


@contextmanager
def nginx(folder: Path, upstreams: list[int]) -> Iterator[tuple[str, ssl.SSLContext | bool]]:
    """With our site's file: other ports and a certificate of our own, else as it is."""
    need("nginx")
    plain, port = free_port(), free_port()
    authority, trusting = trustme.CA(), ssl.create_default_context()
    authority.configure_trust(trusting)
    certificate = authority.issue_cert("127.0.0.1", NAME)
    certificate.private_key_pem.write_to_path(folder / "key")
    certificate.private_key_and_cert_chain_pem.write_to_path(folder / "pem")
    site = (DEPLOY / "nginx.conf").read_text()
    for ours, here in {
        "listen 80;": f"listen 127.0.0.1:{plain};",
        "listen 443 ssl http2;": f"listen 127.0.0.1:{port} ssl http2;",
        "/etc/ssl/invoices.example.pem": str(folder / "pem"),
        "/etc/ssl/invoices.example.key": str(folder / "key"),
        "127.0.0.1:8000": f"127.0.0.1:{upstreams[0]}",
        "127.0.0.1:8001": f"127.0.0.1:{upstreams[1]}",
    }.items():
        assert ours in site
        site = site.replace(ours, here)
    (folder / "site.conf").write_text(site)
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    paths = "\n    ".join(f"{kind}_temp_path {folder}/{kind};" for kind in kinds)
    user = "user root;" if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(NGINX_ITSELF.format(folder=folder, paths=paths, user=user))
    with running([str(NGINX), "-p", str(folder), "-c", str(folder / "nginx.conf")], port):
        yield f"https://127.0.0.1:{port}", trusting


@contextmanager
def caddy(folder: Path, upstreams: list[int]) -> Iterator[tuple[str, ssl.SSLContext | bool]]:
    """Without TLS, for which it would ask for a certificate elsewhere."""
    need("linters of deployment files")
    port = free_port()
    file = folder / "Caddyfile"
    file.write_text((DEPLOY / "Caddyfile").read_text().replace("{\n", "{\n\tadmin off\n", 1))
    command = [str(LINTERS / "caddy"), "run", "--adapter", "caddyfile", "--config", str(file)]
    variables = {
        "DOMAIN": f"http://127.0.0.1:{port}",
        "UPSTREAMS": " ".join(f"127.0.0.1:{each}" for each in upstreams),
        "HOME": str(folder),
    }
    with running(command, port, **variables):
        yield f"http://127.0.0.1:{port}", True


@pytest.fixture(scope="module", params=[nginx, caddy], ids=["nginx", "Caddy"])
def proxied(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxied]:
    """One of the two servers that the proxy knows is away."""
    folder = tmp_path_factory.mktemp("proxied")
    data = folder / "data"
    with serving(data) as address:
        upstreams = [int(address.rpartition(":")[2]), free_port()]
        token = demo_token(Settings(data_dir=data))
        with request.param(folder, upstreams) as (in_front, verify):
            yield Proxied(in_front, token, verify)


def issued(shop: Proxied, order: str) -> str:
    found = shop.ask(ISSUE, input={"order_id": order, "invoice_id": f"of-{order}"})
    assert found["invoiceOrder"]["invoice"]["id"] == f"of-{order}"
    return f"of-{order}"


def test_all_requests_go_to_the_server_that_is_there(proxied: Proxied) -> None:
    with proxied.client() as client:
        answers = [client.get("/healthz").status_code for _ in range(10)]
    assert answers == [200] * 10


def test_a_subscription_comes_over_a_websocket(proxied: Proxied) -> None:
    id = issued(proxied, "order-1012")

    async def follow() -> None:
        tls = {"ssl": proxied.verify} if isinstance(proxied.verify, ssl.SSLContext) else {}
        async with connected(f"{proxied.address}/graphql", proxied.token, **tls) as caller:
            await caller.subscribe(id=id)
            assert (await caller.next_payload())["data"]["invoiceUpdated"]["id"] == id
            await asyncio.to_thread(proxied.ask, SETTLE, id=id)
            state = None
            while state != "SETTLED":
                state = (await caller.next_payload())["data"]["invoiceUpdated"]["state"]

    asyncio.run(follow())


def test_events_of_a_stream_come_at_once(proxied: Proxied) -> None:
    id = issued(proxied, "order-1011")
    headers = {"authorization": f"Bearer {proxied.token}", "accept": "text/event-stream"}
    body = {"query": FOLLOW, "variables": {"id": id}}

    async def follow() -> None:
        async with (
            httpx.AsyncClient(verify=proxied.verify, timeout=PATIENCE, headers=headers) as http,
            http.stream("POST", f"{proxied.address}/graphql", json=body) as response,
        ):
            stream = SseSubscriber(response)
            assert (await stream.next_payload())["data"]["invoiceUpdated"]["id"] == id
            await asyncio.to_thread(proxied.ask, SETTLE, id=id)
            state = None
            while state != "SETTLED":
                state = (await stream.next_payload())["data"]["invoiceUpdated"]["state"]

    asyncio.run(follow())


def test_the_server_says_itself_that_a_body_is_too_large(proxied: Proxied) -> None:
    with proxied.client() as client:
        answer = client.post(
            "/graphql", json={"query": "{ account { id } }", "variables": {"x": "x" * 2_000_000}}
        )
    assert answer.status_code == 413
    assert answer.json()["errors"][0]["extensions"]["code"] == "BODY_TOO_LARGE"


def test_long_headers_get_through_and_longer_ones_do_not(proxied: Proxied) -> None:
    with proxied.client() as client:
        sent = [
            client.get("/healthz", headers={"x-long": "x" * size}).status_code for size in (24_000, 70_000)
        ]
    assert sent[0] == 200
    assert sent[1] in (400, 414, 431)


def test_wrong_keys_count_for_the_caller_and_not_for_the_proxy(proxied: Proxied) -> None:
    wrong = {"authorization": f"Bearer {api_keys.PREFIX}wrong", "x-forwarded-for": "192.0.2.1"}

    def statuses(local_address: str, most: int) -> set[int]:
        found: set[int] = set()
        with proxied.client(local_address=local_address) as client:
            while most and 429 not in found:
                asked = client.post("/graphql", json={"query": "{ account { id } }"}, headers=wrong)
                found.add(asked.status_code)
                most -= 1
        return found

    assert statuses("127.0.0.2", 200) == {401, 429}
    assert statuses("127.0.0.3", 1) == {401}


def test_metrics_and_the_demo_key_are_not_for_those_outside(proxied: Proxied) -> None:
    with proxied.client() as client:
        assert client.get("/metrics").status_code == 404
        page = client.get("/graphql", headers={"accept": "text/html"})
    assert page.status_code == 200
    assert proxied.token not in page.text


def test_nginx_sends_callers_without_tls_to_the_address_with_it(tmp_path: Path) -> None:
    with nginx(tmp_path, [free_port(), free_port()]):
        plain = (tmp_path / "site.conf").read_text().partition("listen ")[2].partition(";")[0]
        answer = httpx.get(f"http://{plain}/graphql?a=b", headers={"host": NAME}, timeout=PATIENCE)
    assert (answer.status_code, answer.headers["location"]) == (301, f"https://{NAME}/graphql?a=b")
