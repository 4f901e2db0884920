"""A client that ariadne-codegen makes of the schema, against a server."""

from __future__ import annotations

import json
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
from tests.support.installed import PYTHON_CLIENT, need


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    need("the Python client")
    folder = copied("python", tmp_path_factory.mktemp("python"))
    run([PYTHON_CLIENT / "ariadne-codegen"], folder)
    return folder


def test_the_three_steps(built: Path, fresh_sqlite: FreshUrl, tmp_path: Path) -> None:
    with open_shop(fresh_sqlite, tmp_path) as (address, shop):
        told = run([PYTHON_CLIENT / "python", "walk.py", address, str(shop.token), "order-1"], built)
        assert_invoiced(json.loads(told))


def test_the_subscription(built: Path, fresh_sqlite: FreshUrl, tmp_path: Path) -> None:
    with open_shop(fresh_sqlite, tmp_path) as (address, shop):
        invoice_id = issued(shop)
        told = run([PYTHON_CLIENT / "python", "updates.py", address, str(shop.token), invoice_id], built)
        assert_told(told, invoice_id)
