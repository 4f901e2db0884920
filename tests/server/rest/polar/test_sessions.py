"""A merchant lets a customer in, in Polar's words."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from invoicing.access import Scope
from invoicing.storage.database import Database
from tests.server.rest.polar.shop import PORTAL, SESSIONS, Shop, ask, opened
from tests.support.client import BASE_URL


@pytest.fixture
def shop(database: Database, tmp_path: Path) -> Shop:
    return opened(database, tmp_path)


@pytest.mark.parametrize(
    "named", [{"customer_id": "ann"}, {"external_customer_id": "ann-1"}, {"customer_external_id": "ann-1"}]
)
def test_a_session_opens_what_is_the_customers(shop: Shop, named: dict[str, str]) -> None:
    order = shop.order()
    given = {**named, "return_url": "https://shop.example/me"}
    answer = ask(shop.merchant, "POST", SESSIONS, json=given)
    session = answer.json()
    assert (answer.status_code, answer.headers["cache-control"]) == (201, "no-store")
    assert (session["customer_id"], session["customer"]["external_id"]) == ("ann", "ann-1")
    assert session["return_url"] == given["return_url"]
    assert session["customer_portal_url"] == f"{BASE_URL}{PORTAL}/"
    began, ends = (datetime.fromisoformat(session[name]) for name in ("created_at", "expires_at"))
    assert ends - began == timedelta(hours=1)
    ann = replace(shop.merchant, token=session["token"])
    assert [each["id"] for each in ask(ann, "GET", f"{PORTAL}/").json()["items"]] == [order]


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({}, "customer_id"),
        ({"customer_id": "ann", "external_customer_id": "ann-1"}, "customer_id"),
        ({"customer_id": "nobody"}, "customer_id"),
        ({"customer_id": "no id"}, "customer_id"),
        ({"external_customer_id": "nobody"}, "external_customer_id"),
        ({"external_customer_id": 1}, "external_customer_id"),
        ({"customer_id": "ann", "return_url": "javascript:1"}, "return_url"),
    ],
)
def test_a_session_that_cannot_be_is_refused(shop: Shop, given: Any, field: str) -> None:
    answer = ask(shop.merchant, "POST", SESSIONS, json=given)
    assert (answer.status_code, answer.json()["detail"][0]["loc"]) == (422, ["body", field])


def test_only_a_key_that_may_makes_one(shop: Shop) -> None:
    given = {"customer_id": "ann"}
    for asker in (shop.session("ann"), shop.merchant.limited_to(Scope.CUSTOMERS_READ)):
        answer = ask(asker, "POST", SESSIONS, json=given)
        assert (answer.status_code, answer.json()["error"]) == (403, "insufficient_scope")
    assert ask(shop.merchant.without_key(), "POST", SESSIONS, json=given).status_code == 401


def test_the_path_without_its_slash_is_the_same(shop: Shop) -> None:
    answers = [shop.merchant.request("POST", path, json={}) for path in (SESSIONS, SESSIONS.rstrip("/"))]
    assert [answer.status_code for answer in answers] == [422, 422]
    assert answers[0].json() == answers[1].json()
