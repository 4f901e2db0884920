"""Webhooks over GraphQL: a secret that is seen once, a log in pages, nothing without the scope."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from invoicing.access import Scope
from invoicing.customers import sessions
from invoicing.storage.database import Database
from tests.support import factories
from tests.support.audit_trail import entries_of
from tests.support.client import Client, client

HERE = "http://127.0.0.1:9/hook"
ENDPOINT = "id url events description is_active"
CREATE = (
    "mutation ($input: CreateWebhookEndpointInput!) { createWebhookEndpoint(input: $input) "
    f"{{ secret webhook_endpoint {{ {ENDPOINT} }} }} }}"
)
UPDATE = (
    "mutation ($input: UpdateWebhookEndpointInput!) { updateWebhookEndpoint(input: $input) "
    f"{{ webhook_endpoint {{ {ENDPOINT} }} }} }}"
)
ROTATE = "mutation ($input: RotateWebhookSecretInput!) { rotateWebhookSecret(input: $input) { secret } }"
DELETE = "mutation ($input: DeleteWebhookEndpointInput!) { deleteWebhookEndpoint(input: $input) { id } }"
TEST = (
    "mutation ($input: SendTestWebhookInput!) { sendTestWebhook(input: $input) "
    "{ webhook_delivery { id event status body endpoint_id } } }"
)
REPLAY = (
    "mutation ($input: ReplayWebhookDeliveryInput!) { replayWebhookDelivery(input: $input) "
    "{ webhook_delivery { id status attempts } } }"
)
LOG = (
    "query ($filter: WebhookDeliveryFilter, $first: Int, $after: String) "
    "{ webhookDeliveries(filter: $filter, first: $first, after: $after) "
    "{ totalCount pageInfo { hasNextPage endCursor } "
    "nodes { id event status url message_id attempts response_status error next_attempt_at delivered_at } } }"
)
ENDPOINTS = f"{{ webhookEndpoints {{ {ENDPOINT} }} }}"


@pytest.fixture
def shop(database: Database, tmp_path: Path) -> Client:
    """On a server that may call its own machine."""
    return client(database, tmp_path, webhook_private_addresses=True)


def made(shop: Client, **values: Any) -> Any:
    given = {"url": HERE, "events": ["INVOICE_CREATED"], **values}
    return shop.ask(CREATE, input=given)["createWebhookEndpoint"]


def test_an_endpoint_is_made_and_its_secret_shown_once(shop: Client) -> None:
    answer = made(shop, events=["INVOICE_SETTLED", "INVOICE_CREATED"], description="Books")
    assert answer["secret"].startswith("whsec_")
    endpoint = answer["webhook_endpoint"]
    assert endpoint == {
        "id": endpoint["id"],
        "url": HERE,
        "events": ["INVOICE_CREATED", "INVOICE_SETTLED"],
        "description": "Books",
        "is_active": True,
    }
    listed = shop.post(ENDPOINTS)
    assert listed.json()["data"]["webhookEndpoints"] == [endpoint]
    assert answer["secret"] not in listed.text


def test_what_is_given_is_changed(shop: Client) -> None:
    before = made(shop)["webhook_endpoint"]
    given = {"id": before["id"], "is_active": False, "events": ["PAYMENT_REFUNDED"]}
    after = shop.ask(UPDATE, input=given)["updateWebhookEndpoint"]["webhook_endpoint"]
    assert after == {**before, **given}
    refusal = shop.refused(UPDATE, input={"id": before["id"], "url": None})
    assert (refusal.code, refusal.field) == ("VALIDATION_ERROR", "url")


def test_a_secret_is_rotated(shop: Client) -> None:
    first = made(shop)
    second = shop.ask(ROTATE, input={"id": first["webhook_endpoint"]["id"]})["rotateWebhookSecret"]
    assert second["secret"].startswith("whsec_")
    assert second["secret"] != first["secret"]


def test_an_endpoint_that_is_deleted_is_gone_and_its_log_is_not(shop: Client) -> None:
    id = made(shop)["webhook_endpoint"]["id"]
    sent = shop.ask(TEST, input={"id": id})["sendTestWebhook"]["webhook_delivery"]
    assert (sent["event"], sent["status"], sent["endpoint_id"]) == ("WEBHOOK_TEST", "PENDING", id)
    assert shop.ask(DELETE, input={"id": id})["deleteWebhookEndpoint"]["id"] == id
    assert shop.ask(ENDPOINTS)["webhookEndpoints"] == []
    (row,) = shop.ask(LOG, filter={"endpoint_id": id})["webhookDeliveries"]["nodes"]
    assert (row["id"], row["url"]) == (sent["id"], HERE)
    refusal = shop.refused(REPLAY, input={"id": sent["id"]})
    assert (refusal.code, refusal.ids) == ("ENDPOINT_INACTIVE", [sent["id"]])


def test_the_log_comes_in_pages_and_can_be_narrowed_down(shop: Client, database: Database) -> None:
    id = made(shop)["webhook_endpoint"]["id"]
    for _ in range(3):
        factories.invoice(database, shop.principal)
    shop.ask(TEST, input={"id": id})
    first = shop.ask(LOG, first=3)["webhookDeliveries"]
    assert (first["totalCount"], len(first["nodes"])) == (4, 3)
    after = first["pageInfo"]["endCursor"]
    rest = shop.ask(LOG, first=3, after=after)["webhookDeliveries"]
    assert len({row["id"] for row in first["nodes"] + rest["nodes"]}) == 4
    for filter, count in (
        ({"event": "WEBHOOK_TEST"}, 1),
        ({"event": "INVOICE_CREATED", "status": "PENDING"}, 3),
        ({"status": "PARKED"}, 0),
        ({"endpoint_id": "another"}, 0),
    ):
        assert shop.ask(LOG, filter=filter)["webhookDeliveries"]["totalCount"] == count


def test_a_delivery_that_waits_is_sent_now(shop: Client, database: Database) -> None:
    made(shop)
    factories.invoice(database, shop.principal)
    (row,) = shop.ask(LOG)["webhookDeliveries"]["nodes"]
    again = shop.ask(REPLAY, input={"id": row["id"]})["replayWebhookDelivery"]["webhook_delivery"]
    assert again == {"id": row["id"], "status": "PENDING", "attempts": 0}


REFUSED = [
    HERE,
    "https://127.0.0.1/hook",
    "https://localhost/hook",
    "https://[::1]/hook",
    "https://[::ffff:169.254.169.254]/latest/meta-data",
    "https://169.254.169.254/latest/meta-data",
    "https://168.63.129.16/",
    "https://192.0.0.192/",
    "https://2130706433/",
    "https://no-such-host.invalid/hook",
    "http://1.1.1.1/hook",
    "https://1.1.1.1:8080/hook",
]


@pytest.mark.parametrize("url", REFUSED)
def test_a_private_or_unknown_address_is_refused(database: Database, tmp_path: Path, url: str) -> None:
    shop = client(database, tmp_path)
    refusal = shop.refused(CREATE, input={"url": url, "events": ["INVOICE_CREATED"]})
    assert (refusal.code, refusal.field) == ("URL_REFUSED", "url")


def test_nobody_learns_what_names_there_are_inside(database: Database, tmp_path: Path) -> None:
    shop = client(database, tmp_path)
    told = [
        shop.refused(CREATE, input={"url": f"https://{host}/", "events": ["INVOICE_CREATED"]}).message
        for host in ("localhost", "no-such-host.invalid")
    ]
    assert told[0].replace("localhost", "X") == told[1].replace("no-such-host.invalid", "X")
    assert "127.0.0.1" not in told[0]


@pytest.mark.parametrize("url", REFUSED)
def test_an_endpoint_is_not_moved_to_such_an_address(database: Database, tmp_path: Path, url: str) -> None:
    shop = client(database, tmp_path)
    given = {"url": "https://1.1.1.1/hook", "events": ["INVOICE_CREATED"]}
    id = shop.ask(CREATE, input=given)["createWebhookEndpoint"]["webhook_endpoint"]["id"]
    assert shop.refused(UPDATE, input={"id": id, "url": url}).code == "URL_REFUSED"
    assert shop.ask(ENDPOINTS)["webhookEndpoints"][0]["url"] == given["url"]


@pytest.mark.parametrize("query", [ENDPOINTS, LOG])
def test_reading_needs_its_scope(shop: Client, query: str) -> None:
    weak = shop.limited_to(*(set(Scope) - {Scope.WEBHOOKS_READ}))
    assert weak.errors(query)[0].ids == [Scope.WEBHOOKS_READ]
    assert shop.limited_to(Scope.WEBHOOKS_READ).ask(query)


@pytest.mark.parametrize("query", [ENDPOINTS, LOG])
def test_a_customer_sees_nothing_of_it(shop: Client, database: Database, query: str) -> None:
    factories.customer(database, shop.principal, id="ann")
    _, token = database.write(
        sessions.create_customer_session, shop.principal, customer_id="ann", now=datetime.now(UTC)
    )
    ann = Client(shop.app, database, shop.principal, token)
    assert ann.errors(query)[0].code == "FORBIDDEN"


def test_the_same_request_under_a_key_makes_one_endpoint(shop: Client) -> None:
    asked = {"url": "https://1.1.1.1/", "events": ["INVOICE_CREATED"], "idempotency_key": "k"}
    first = shop.ask(CREATE, input=asked)["createWebhookEndpoint"]
    assert shop.ask(CREATE, input={**asked, "description": None})["createWebhookEndpoint"] == first
    for changed in ({"url": "https://1.1.1.2/"}, {"events": ["INVOICE_SETTLED"]}, {"description": "D"}):
        refusal = shop.refused(CREATE, input={**asked, **changed})
        assert (refusal.code, refusal.ids) == ("IDEMPOTENCY_KEY_REUSED", ["k"])
    assert shop.refused(CREATE, input={**asked, "idempotency_key": "a b"}).code == "MALFORMED_ID"
    assert len(entries_of(shop.database, shop.principal.account_id)) == 1
    other = shop.neighbour().ask(CREATE, input=asked)["createWebhookEndpoint"]
    assert other["secret"] != first["secret"]
    shop.ask(DELETE, input={"id": first["webhook_endpoint"]["id"]})
    assert shop.refused(CREATE, input=asked).code == "NOT_FOUND"
