"""A client that graphql-codegen makes of the schema, compiled by `tsc --strict`, against a server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import FreshUrl
from tests.server.clients.walking import (
    assert_invoiced,
    assert_told,
    copied,
    issued,
    open_shop,
    run,
)
from tests.support.client import Client
from tests.support.installed import TYPESCRIPT, need


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    need("Node", "the TypeScript client")
    folder = copied("typescript", tmp_path_factory.mktemp("typescript"))
    (folder / "node_modules").symlink_to(TYPESCRIPT)
    run(["node_modules/.bin/graphql-codegen", "--config", "codegen.ts"], folder)
    run(["node_modules/.bin/tsc", "--strict", "-p", "."], folder)
    return folder


@pytest.fixture(scope="module")
def opened(fresh_sqlite: FreshUrl, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Client]]:
    with open_shop(fresh_sqlite, tmp_path_factory.mktemp("shop")) as shop:
        yield shop


def test_the_three_steps(built: Path, opened: tuple[str, Client]) -> None:
    address, shop = opened
    told = json.loads(run(["node", "built/walk.js", address, str(shop.token), "order-1"], built))
    assert told["items"] == ["mug", "pot"]
    assert_invoiced(told)


@pytest.mark.parametrize("program", ["updates", "events", "urql"])
def test_the_subscription(built: Path, opened: tuple[str, Client], program: str) -> None:
    address, shop = opened
    invoice_id = issued(shop)
    told = run(["node", f"built/{program}.js", address, str(shop.token), invoice_id], built)
    assert_told(told, invoice_id)
