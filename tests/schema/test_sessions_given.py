"""Nobody gives a session what they may not do themselves, and a session ends with the key that made it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from invoicing.access import Scope
from invoicing.storage.database import Database
from tests.support import factories
from tests.support.client import INVOICE_ORDER, Client, client
from tests.support.factories import item

CREATE = (
    'mutation { createCustomerSession(input: {customer_id: "ann", expires_in_seconds: 600}) '
    "{ token customer_session { id scopes } } }"
)
UPDATE = 'mutation { updateOrder(input: {id: "open", billing_name: "Me"}) { order { billing_name } } }'
MINE = "{ customers { totalCount } orders { totalCount } invoices { totalCount } }"
READS = (Scope.CUSTOMERS_WRITE, Scope.ORDERS_READ, Scope.INVOICES_READ)


@pytest.fixture
def shop(database: Database, tmp_path: Path) -> Client:
    shop = client(database, tmp_path)
    factories.customer(database, shop.principal, id="ann")
    factories.order(database, shop.principal, id="open", customer_id="ann", items=[item()])
    return shop


def entered(maker: Client) -> tuple[Client, dict[str, Any]]:
    made = maker.ask(CREATE)["createCustomerSession"]
    return replace(maker, token=made["token"]), made["customer_session"]


def test_a_key_for_customers_alone_opens_no_orders_and_invoices(shop: Client) -> None:
    refusal = shop.limited_to(Scope.CUSTOMERS_WRITE).refused(CREATE)
    assert (refusal.code, set(refusal.ids)) == (
        "FORBIDDEN",
        {"sessions:write", "orders:read", "invoices:read"},
    )
    assert refusal.message == (
        "The API key “Back office” cannot give customers sessions: it lacks the scope sessions:write, "
        "or else orders:read, invoices:read."
    )


@pytest.mark.parametrize("lacking", READS)
def test_each_of_the_scopes_is_needed(shop: Client, lacking: Scope) -> None:
    refusal = shop.limited_to(*(set(Scope) - {lacking, Scope.SESSIONS_WRITE})).refused(CREATE)
    assert (refusal.code, set(refusal.ids)) == ("FORBIDDEN", {"sessions:write", lacking})


def test_a_maker_who_reads_gives_a_session_that_reads(shop: Client) -> None:
    ann, session = entered(shop.limited_to(*READS))
    assert session["scopes"] == []
    assert ann.ask(MINE)["orders"] == {"totalCount": 1}
    for query, lacking in ((UPDATE, "orders:write"), (INVOICE_ORDER, "invoices:write")):
        refusal = ann.refused(query, **({"input": {"order_id": "open"}} if query is INVOICE_ORDER else {}))
        assert (refusal.code, refusal.ids) == ("FORBIDDEN", [lacking])


@pytest.mark.parametrize(
    "scopes", [(*READS, Scope.ORDERS_WRITE, Scope.INVOICES_WRITE), (Scope.SESSIONS_WRITE,), tuple(Scope)]
)
def test_a_maker_who_may_issue_gives_a_session_that_issues(shop: Client, scopes: tuple[Scope, ...]) -> None:
    ann, session = entered(shop.limited_to(*scopes))
    assert session["scopes"] == ["INVOICES_WRITE", "ORDERS_WRITE"]
    assert ann.ask(UPDATE)
    assert ann.ask(INVOICE_ORDER, input={"order_id": "open"})


def test_what_may_be_done_with_ones_own_may_not_be_done_with_the_rest(shop: Client) -> None:
    ann, _ = entered(shop)
    refusal = ann.refused('mutation { invoiceItems(input: {items: ["x"]}) { invoice { id } } }')
    assert (refusal.code, refusal.ids) == ("FORBIDDEN", ["invoices:write"])
    ship = 'mutation { shipOrderItems(input: {order_id: "open", items: []}) { items { id } } }'
    assert ann.refused(ship).ids == ["orders:write"]


def test_whoever_may_give_sessions_may_end_them(shop: Client) -> None:
    for maker in (shop.limited_to(Scope.SESSIONS_WRITE), shop.limited_to(*READS)):
        ann, session = entered(maker)
        end = (
            f'mutation {{ revokeCustomerSession(input: {{id: "{session["id"]}"}}) '
            "{ customer_session { revoked_at } } }"
        )
        assert shop.limited_to(Scope.ORDERS_READ).refused(end).ids == ["customers:write"]
        assert maker.ask(end)
        assert ann.post(MINE).status_code == 401


def revoke(shop: Client, key_id: str) -> None:
    shop.ask(f'mutation {{ revokeApiKey(input: {{id: "{key_id}"}}) {{ api_key {{ revoked_at }} }} }}')


def test_a_session_ends_with_the_key_that_made_it(shop: Client) -> None:
    desk = shop.limited_to(Scope.SESSIONS_WRITE)
    (ann, _), (stays, _) = entered(desk), entered(shop)
    assert ann.ask(MINE)
    revoke(shop, desk.principal.actor.id)
    assert ann.post(MINE).status_code == 401
    assert stays.ask(MINE)


def test_keys_and_sessions_end_with_the_first_of_their_line(shop: Client) -> None:
    scopes = (Scope.ACCOUNT_WRITE, Scope.SESSIONS_WRITE)
    line = [shop.limited_to(*scopes)]
    create = (
        'mutation { createApiKey(input: {name: "Next", scopes: [ACCOUNT_WRITE, SESSIONS_WRITE]}) { token } }'
    )
    for _ in range(2):
        line.append(replace(line[0], token=line[-1].ask(create)["createApiKey"]["token"]))
    ann, _ = entered(line[-1])
    assert ann.ask(MINE)
    revoke(shop, line[0].principal.actor.id)
    assert [each.post("{ __typename }").status_code for each in (*line, ann)] == [401] * 4
    listed = shop.ask("{ account { api_keys { id name made_by revoked_at } } }")["account"]["api_keys"]
    ended = {key["name"] + str(key["made_by"] is not None) for key in listed if key["revoked_at"]}
    assert (ended, len([key for key in listed if key["revoked_at"]])) == ({"NextTrue", "Back officeFalse"}, 3)
