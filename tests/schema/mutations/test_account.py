"""API keys are made and revoked."""

from __future__ import annotations

from pathlib import Path

import pytest

from invoicing.access import Scope
from invoicing.accounts.api_keys import MAX_DEPTH, MAX_KEYS
from invoicing.storage.database import Database
from tests.support import factories
from tests.support.client import (
    Client,
    client,
    data,
)
from tests.support.factories import item


@pytest.fixture
def shop(database: Database, tmp_path: Path) -> Client:
    return client(database, tmp_path)


def test_a_key_is_shown_once_works_and_ends_at_once(shop: Client, database: Database) -> None:
    made = shop.ask(
        'mutation { createApiKey(input: {name: "Till", scopes: [ORDERS_READ, INVOICES_WRITE]}) '
        "{ token api_key { id name scopes revoked_at } } }"
    )["createApiKey"]
    listed = shop.post("{ account { api_keys { id name scopes revoked_at } } }")
    assert made["api_key"] in data(listed)["account"]["api_keys"]
    assert made["token"] not in listed.text
    till = Client(shop.app, database, shop.principal, made["token"])
    order = factories.order(database, shop.principal, items=[item(id="a")])
    issued = till.ask(
        'mutation { invoiceItems(input: {items: ["a"]}) { invoice { created_by { id name } } } }'
    )
    assert issued["invoiceItems"]["invoice"]["created_by"] == {"id": made["api_key"]["id"], "name": "Till"}
    assert till.ask(f'{{ order(id: "{order.id}") {{ id }} }}')
    revoke = (
        "mutation ($input: RevokeApiKeyInput!) { revokeApiKey(input: $input) { api_key { revoked_at } } }"
    )
    assert shop.ask(revoke, input={"id": made["api_key"]["id"]})["revokeApiKey"]["api_key"]["revoked_at"]
    assert till.post("{ orders { totalCount } }").status_code == 401


def test_a_key_gives_no_scope_that_it_lacks(shop: Client) -> None:
    limited = shop.limited_to(Scope.ACCOUNT_WRITE, Scope.ORDERS_READ)
    mutation = 'mutation {{ createApiKey(input: {{name: "More", scopes: [{}]}}) {{ token }} }}'
    assert limited.ask(mutation.format("ORDERS_READ"))
    refusal = limited.refused(mutation.format("ORDERS_READ, ORDERS_WRITE"))
    assert (refusal.code, refusal.field, refusal.ids) == ("FORBIDDEN", "scopes", ["orders:write"])
    assert limited.refused(mutation.format("")).code == "VALIDATION_ERROR"


def test_keys_that_make_keys_come_to_an_end(shop: Client, database: Database) -> None:
    mutation = 'mutation { createApiKey(input: {name: "Next", scopes: [ACCOUNT_WRITE]}) { token } }'
    last = shop
    for _ in range(MAX_DEPTH - 1):
        last = Client(shop.app, database, shop.principal, last.ask(mutation)["createApiKey"]["token"])
    assert last.refused(mutation).code == "API_KEY_TOO_DEEP"
    made = 0
    while (answer := shop.post(mutation).json()).get("data"):
        made += 1
    assert answer["errors"][0]["extensions"]["code"] == "TOO_MANY_API_KEYS"
    assert made + MAX_DEPTH == MAX_KEYS


def test_a_key_cannot_end_one_that_may_do_more(shop: Client) -> None:
    weak = shop.limited_to(Scope.ACCOUNT_WRITE, Scope.ACCOUNT_READ)
    revoke = "mutation ($id: String!) { revokeApiKey(input: {id: $id}) { api_key { revoked_at } } }"
    refusal = weak.refused(revoke, id=shop.principal.actor.id)
    assert (refusal.code, refusal.field) == ("FORBIDDEN", "id")
    assert weak.ask(revoke, id=weak.principal.actor.id)["revokeApiKey"]["api_key"]["revoked_at"]
