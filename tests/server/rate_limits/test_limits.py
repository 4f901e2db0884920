"""Whoever asks too much is refused with 429 at every door, in its own words; the others are served."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from invoicing.access import Scope
from invoicing.customers import sessions
from invoicing.storage.database import Database
from server.rate_limits.buckets import Buckets
from server.settings import Settings
from tests.support import factories
from tests.support.client import Client, client
from tests.support.rest_door import basic

ACCOUNT = "{ account { id } }"


@pytest.fixture
def shop(database: Database, tmp_path: Path) -> Client:
    """Three requests, and then one an hour."""
    return client(database, tmp_path, rate_limit="1/h burst 3")


def used_up(shop: Client) -> Client:
    while shop.post(ACCOUNT).status_code == 200:
        pass
    return shop


def test_a_key_that_asks_too_much_is_told_when_to_ask_again(shop: Client) -> None:
    answer = used_up(shop).post(ACCOUNT)
    assert answer.status_code == 429
    (error,) = answer.json()["errors"]
    seconds = error["extensions"].pop("retry_after")
    assert error["extensions"] == {"code": "RATE_LIMITED"}
    assert 0 < seconds <= 3_600
    assert answer.headers["retry-after"] == str(seconds)
    assert answer.headers["ratelimit-policy"] == '"key";q=3;w=10800'
    assert re.fullmatch(r'"key";r=0;t=\d+', answer.headers["ratelimit"])
    assert "x-request-id" in answer.headers


def test_each_answer_says_what_is_left(shop: Client) -> None:
    answers = [shop.post(query) for query in (ACCOUNT, "{ nonsense", ACCOUNT)]
    left = [answer.headers["ratelimit"].split(";")[1] for answer in answers]
    assert left == ["r=2", "r=1", "r=0"]


def test_another_key_of_the_account_and_another_account_are_served(shop: Client) -> None:
    used_up(shop)
    assert shop.limited_to(*shop.principal.scopes).post(ACCOUNT).status_code == 200
    assert shop.neighbour().post(ACCOUNT).status_code == 200


def test_many_keys_of_an_account_may_ask_what_four_may(shop: Client) -> None:
    for _ in range(4):
        used_up(shop.limited_to(Scope.ACCOUNT_READ))
    another = shop.limited_to(Scope.ACCOUNT_READ).post(ACCOUNT)
    assert (another.status_code, another.json()["errors"][0]["extensions"]["code"]) == (429, "RATE_LIMITED")
    assert "the keys of this account" in another.json()["errors"][0]["message"]
    assert another.headers["retry-after"]
    assert shop.neighbour().post(ACCOUNT).status_code == 200
    metrics = shop.without_key().request("GET", "/metrics").text
    assert 'invoicing_rate_limited_total{what="account"} 1.0' in metrics


def test_sessions_of_a_customer_are_one_and_those_of_all_customers_have_a_limit(shop: Client) -> None:
    for id in "abcde":
        factories.customer(shop.database, shop.principal, id=id)

    def in_session(id: str) -> Client:
        _, token = shop.database.write(
            sessions.create_customer_session, shop.principal, customer_id=id, now=datetime.now(UTC)
        )
        return replace(shop, token=token)

    for id in "abcd":
        used_up(in_session(id))
        assert in_session(id).post(ACCOUNT).status_code == 429
    refused = in_session("e").post(ACCOUNT)
    assert refused.status_code == 429
    assert "customers of this account" in refused.json()["errors"][0]["message"]
    assert shop.post(ACCOUNT).status_code == 200


@pytest.mark.parametrize(
    ("path", "header", "body"),
    [
        ("/v1/customer/ann/invoice", "basic", {"code": 1, "error": "Too many requests", "http_status": 429}),
        ("/invoices", "accessToken", {"success": False}),
        ("/v1/customer-sessions/", "bearer", {"error": "RateLimited"}),
    ],
)
def test_each_door_refuses_in_its_own_words(
    shop: Client, path: str, header: str, body: dict[str, Any]
) -> None:
    token = str(used_up(shop).token)
    headers = {
        "basic": basic(token),
        "bearer": {"authorization": f"Bearer {token}"},
        "accessToken": {"accessToken": token},
    }[header]
    answer = shop.without_key().request("POST", path, json={}, headers=headers)
    assert (answer.status_code, "retry-after" in answer.headers) == (429, True)
    assert {name: answer.json().get(name) for name in body} == body


def with_key(shop: Client, token: str, **headers: str) -> int:
    sent = {"authorization": f"Bearer {token}", **headers}
    return shop.without_key().request("POST", json={"query": ACCOUNT}, headers=sent).status_code


def test_an_address_with_too_many_wrong_keys_has_to_wait_and_others_do_not(
    database: Database, tmp_path: Path
) -> None:
    shop = client(database, tmp_path)
    before = shop.limited_to(*shop.principal.scopes)
    assert before.post(ACCOUNT).status_code == 200
    guesses = [with_key(shop, f"inv_wrong{number}") for number in range(400)]
    assert set(guesses[:100]) == {401}
    assert 429 in guesses[100:]
    flooded = 0
    while with_key(shop, f"inv_more{flooded}") != 429:
        flooded += 1
    assert before.post(ACCOUNT).status_code == 200, "a key that was right before is not hindered"
    assert with_key(shop, "inv_other", **{"x-forwarded-for": "192.0.2.9"}) == 401


def test_right_keys_are_no_guesses(database: Database, tmp_path: Path) -> None:
    shop = client(database, tmp_path)
    for each in (shop, shop.neighbour()):
        for _ in range(75):
            assert each.limited_to(Scope.ACCOUNT_READ).post(ACCOUNT).status_code == 200


def test_off_counts_nothing(database: Database, tmp_path: Path) -> None:
    shop = client(database, tmp_path, rate_limit="off")
    assert {with_key(shop, f"inv_wrong{number}") for number in range(150)} == {401}
    assert "ratelimit" not in shop.post(ACCOUNT).headers


def test_refusals_are_counted(shop: Client) -> None:
    used_up(shop)
    metrics = shop.request("GET", "/metrics").text
    assert 'invoicing_rate_limited_total{what="key"} 1.0' in metrics
    assert 'invoicing_rate_limited_total{what="address"} 0.0' in metrics


def test_the_default_lets_thousands_of_orders_through(tmp_path: Path) -> None:
    rate = Settings(data_dir=tmp_path).rate
    assert rate is not None
    buckets = Buckets(rate, most=1)
    assert {buckets.take("back office", 0.0).wait for _ in range(5_000)} == {0.0}
