"""A client that graphql-codegen makes of the schema, compiled by `tsc --strict`, against a server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

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
from tests.support import factories
from tests.support.client import CREATE_INVOICE, Client
from tests.support.installed import TYPESCRIPT, need


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    need("Node", "the TypeScript client")
    folder = copied("typescript", tmp_path_factory.mktemp("typescript"))
    (folder / "node_modules").symlink_to(TYPESCRIPT)
    run(["node_modules/.bin/graphql-codegen", "--config", "codegen.ts"], folder)
    run(["node_modules/.bin/relay-compiler"], folder)
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


@pytest.mark.parametrize("program", ["updates", "events"])
def test_the_subscription(built: Path, opened: tuple[str, Client], program: str) -> None:
    address, shop = opened
    invoice_id = issued(shop)
    told = run(["node", f"built/{program}.js", address, str(shop.token), invoice_id], built)
    assert_told(told, invoice_id)


def without_type_names(value: Any) -> Any:
    """Apollo shows them, urql hides them."""
    if isinstance(value, list):
        return [without_type_names(each) for each in value]
    if isinstance(value, dict):
        return {name: without_type_names(part) for name, part in value.items() if name != "__typename"}
    return value


def test_caches_show_what_the_server_says_and_warn_of_nothing(
    built: Path, opened: tuple[str, Client]
) -> None:
    address, shop = opened
    invoice_id = issued(shop)
    told = run(
        ["node", "--conditions=development", "built/caches.js", address, str(shop.token), invoice_id], built
    )
    seen = without_type_names(json.loads(told))
    server = seen["server"]
    kept = {
        **server["first"]["invoice"]["reimbursement"],
        **server["second"]["invoice"]["reimbursement"],
    }
    for client in ("apollo", "urql"):
        shown = seen[client]
        assert (shown["first"], shown["second"]) == (server["first"], server["second"])
        assert shown["kept"]["invoice"]["reimbursement"] == kept
        assert shown["warnings"] == []
        plain = seen["without"][client]
        assert len(plain["warnings"]) > 3
        blocked = plain["first"]["invoice"]["orders"][0]["blocked"]
        assert blocked != server["first"]["invoice"]["orders"][0]["blocked"]  # its ids are no keys
    assert [each["id"] for each in seen["told"]] == [invoice_id, invoice_id]
    assert all(each["pdf_url"] for each in seen["told"])


def test_relay_shows_the_money_of_each_of_two_things_with_the_same_id(
    built: Path, opened: tuple[str, Client]
) -> None:
    address, shop = opened
    buyer = factories.customer(shop.database, shop.principal, id="same")
    factories.order(shop.database, shop.principal, id="same", customer_id="same")
    invoice = {"handle": "same", "customer_id": "same", "order_lines": [factories.order_line(amount=7)]}
    shop.ask(CREATE_INVOICE, input=invoice)
    seen = json.loads(run(["node", "built/relayBoth.js", address, str(shop.token), "same"], built))
    server = shop.ask(seen["text"], id="same")
    for shown in (seen["shown"], seen["after"]):
        for name in ("order", "invoice"):
            assert {field: shown[name][field] for field in ("id", "number", "total", "vat")} == {
                field: server[name][field] for field in ("id", "number", "total", "vat")
            }
        assert shown["order"]["blocked"] == server["order"]["blocked"]
        assert shown["invoice"]["customer"]["name"] == buyer.name
    assert seen["shown"]["order"]["total"] != seen["shown"]["invoice"]["total"]
    fragment = (built / "__generated__" / "relayBoth_invoice.graphql.ts").read_text()
    assert '"identifierQueryVariableName": "node_id"' in fragment  # as the query names it
    assert seen["refetched"]["node"]["__id"] == server["invoice"]["node_id"]
    assert seen["warnings"] == []


def test_a_server_of_listed_documents(built: Path, fresh_sqlite: FreshUrl, tmp_path: Path) -> None:
    file = built / "generated" / "persisted-documents.json"
    with open_shop(fresh_sqlite, tmp_path, INVOICING_PERSISTED_DOCUMENTS=str(file)) as (address, shop):
        told = json.loads(run(["node", "built/listed.js", address, str(shop.token), "order-1"], built))
    assert told["items"] == ["mug", "pot"]
    assert told["made"]["total"] == 7_597
    assert "INVOICE" not in told["left"]
    assert "persisted documents only" in told["refused"]
