"""The OpenAPI document lints without an error, and the clients that are made of it work."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from resolvers.types import EInvoiceFormat
from tests.conftest import FreshUrl
from tests.server.clients.walking import HERE, open_shop, run
from tests.support import factories
from tests.support.client import Client
from tests.support.installed import OPENAPI, PYTHON_CLIENT, need

DOCUMENT = "openapi.json"


@pytest.fixture(scope="module")
def opened(fresh_sqlite: FreshUrl, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Client]]:
    with open_shop(fresh_sqlite, tmp_path_factory.mktemp("shop")) as shop:
        yield shop


@pytest.fixture
def folder(opened: tuple[str, Client], tmp_path: Path) -> Path:
    """The document as the server gives it, and the files to copy."""
    address, _ = opened
    (tmp_path / DOCUMENT).write_bytes(httpx.get(f"{address}/openapi.json").content)
    for path in [*(HERE / "openapi").iterdir(), HERE / "python" / "openapi.yml", HERE / "python" / "rest.py"]:
        if path.is_file():
            shutil.copy(path, tmp_path)
    (tmp_path / "node_modules").symlink_to(OPENAPI)
    return tmp_path


def assert_invoiced(told: dict[str, Any], order_id: str) -> None:
    assert told["made"]["order"] == order_id
    assert told["formats"] == [*EInvoiceFormat]


def test_it_names_the_server_and_lints_without_an_error(opened: tuple[str, Client], folder: Path) -> None:
    need("Node", "the tools of OpenAPI")
    address, _ = opened
    assert json.loads((folder / DOCUMENT).read_text())["servers"][0]["url"] == address
    run(["node_modules/.bin/redocly", "lint", DOCUMENT], folder, REDOCLY_TELEMETRY="off")


def test_the_client_in_typescript(opened: tuple[str, Client], folder: Path) -> None:
    need("Node", "the tools of OpenAPI")
    address, shop = opened
    order = factories.order(shop.database, shop.principal)
    run(["node_modules/.bin/openapi-typescript", DOCUMENT, "--output", "schema.ts"], folder)
    run(["node_modules/.bin/tsc", "--strict", "-p", "."], folder)
    told = run(["node", "built/rest.js", address, str(shop.token), order.id], folder)
    assert_invoiced(json.loads(told), order.id)


def test_the_client_in_python(opened: tuple[str, Client], folder: Path) -> None:
    need("the Python client of OpenAPI")
    address, shop = opened
    order = factories.order(shop.database, shop.principal)
    options = ["--meta", "none", "--output-path", "invoicing_rest", "--config", "openapi.yml"]
    run([PYTHON_CLIENT / "openapi-python-client", "generate", "--path", DOCUMENT, *options], folder)
    told = run([PYTHON_CLIENT / "python", "rest.py", address, str(shop.token), order.id], folder)
    assert_invoiced(json.loads(told), order.id)
