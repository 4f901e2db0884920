"""A shop on a server of its own, and a generated client as a process that walks there."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from invoicing.storage.database import Database
from tests.conftest import FreshUrl
from tests.server.test_whole_walk import serving
from tests.support import factories
from tests.support.client import INVOICE_ORDER, Client, client
from tests.support.factories import item
from tests.support.nursery import program
from tests.support.patience import PATIENCE

HERE = Path(__file__).parent
ROOT = HERE.parents[2]


def copied(language: str, folder: Path) -> Path:
    """What a user has before anything is generated: the schema, the operations and the files to copy."""
    shutil.copy(ROOT / "schema.graphql", folder)
    shutil.copytree(HERE / "operations", folder / "operations")
    for path in (HERE / language).iterdir():
        if path.is_file():
            shutil.copy(path, folder)
    return folder


def run(command: Sequence[str | Path], folder: Path, **variables: str) -> str:
    environment = {**os.environ, **variables}
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=PATIENCE
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@contextmanager
def open_shop(fresh_sqlite: FreshUrl, folder: Path, **settings: str) -> Iterator[tuple[str, Client]]:
    """The address, and a back office with an order of a mug and a pot."""
    with fresh_sqlite() as url:
        database = Database(url)
        shop = client(database, folder)
        items = [item(id="mug", quantity=3, unit_price=2_499), item(id="pot", name="Pot", unit_price=100)]
        factories.order(database, shop.principal, id="order-1", items=items)
        with serving(
            folder, "--no-demo", program=program(), INVOICING_DATABASE_URL=url, **settings
        ) as address:
            yield address, shop
        database.close()


def assert_invoiced(told: dict[str, Any]) -> None:
    made, invoice = told["made"], told["invoice"]
    assert (made["number"], made["total"], made["currency"]) == (invoice["number"], 7_597, "EUR")
    assert (invoice["total"], invoice["total_ex_vat"] + invoice["total_vat"]) == (7_597, 7_597)
    # The Python client's Decimal becomes a string in JSON.
    assert [(line["name"], float(line["quantity"]), line["total"]) for line in invoice["lines"]] == [
        ("Mug", 3, 7_497),
        ("Pot", 1, 100),
    ]
    paper = httpx.get(invoice["pdf_url"], timeout=PATIENCE)
    assert (paper.status_code, paper.headers["content-type"]) == (200, "application/pdf")


def issued(shop: Client) -> str:
    """The id of an invoice that has just been made, for an order of its own."""
    ordered = factories.order(shop.database, shop.principal)
    made = shop.ask(INVOICE_ORDER, input={"order_id": ordered.id})["invoiceOrder"]["invoice"]
    return str(made["id"])


def assert_told(text: str, invoice_id: str) -> None:
    *_, last = json.loads(text)
    assert last["id"] == invoice_id
    assert last["pdf_url"]
