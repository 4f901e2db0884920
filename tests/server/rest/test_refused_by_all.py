"""What every operation of every front door refuses alike, as the OpenAPI document says it does."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from openapi_schema_validator import OAS31Validator

from invoicing.customers import sessions
from invoicing.storage.database import Database
from server.bodies import MAX_BODY, MOST_NAMES, MOST_PARTS, MOST_VALUES
from tests.support import factories
from tests.support.client import Client, client
from tests.support.rest_door import basic, full_document

METHODS = ("get", "post", "put", "patch", "delete")
BODIES: dict[str, tuple[bytes, int | None]] = {
    "too large": (b'{"a": "' + b"x" * MAX_BODY + b'"}', 413),
    "of many lists": (b'{"a": [' + b"[]," * MOST_PARTS + b"1]}", 413),
    "of many values": (b'{"a": [' + b"1," * MOST_VALUES + b"1, 2]}", 413),
    "of many names": (orjson.dumps({"a": {f"name {n}": n for n in range(MOST_NAMES + 1)}}), 413),
    "no JSON": (b"{", None),
    "not a number": (b'{"amount": NaN}', None),
    "infinite": (b'{"amount": -Infinity}', None),
    "of 400 digits": (b'{"amount": ' + b"9" * 400 + b"}", None),
    "deep": (b'{"a": ' + b"[" * 10_000 + b"]" * 10_000 + b"}", None),
    "deep objects": (b'{"a": ' * 10_000 + b"1" + b"}" * 10_000, None),
    "half a surrogate pair": (b'{"handle": "\\ud800"}', None),
    "no UTF-8": (b'{"handle": "\xff"}', None),
    "a list": (b"[]", None),
    "nothing": (b"", None),
}


@pytest.fixture
def shop(database: Database, tmp_path: Path) -> Client:
    shop = client(database, tmp_path)
    factories.customer(database, shop.principal, id="ann", handle="ann")
    factories.order(database, shop.principal, id="known", customer_id="ann")
    return shop


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in full_document()["paths"].items():
        for method in METHODS:
            if method in item:
                yield path, method, item[method]


def filled(path: str) -> str:
    return path.replace("{id}", "known").replace("{handle}", "ann")


def credentials(shop: Client, operation: dict[str, Any]) -> dict[str, str]:
    """What lets somebody in where the operation says who may."""
    ((scheme, _),) = operation["security"][0].items()
    token = str(shop.token)
    if scheme == "customerSession":
        _, token = shop.database.write(
            sessions.create_customer_session, shop.principal, customer_id="ann", now=datetime.now(UTC)
        )
    return {
        "apiKey": basic(token),
        "accessToken": {"accessToken": token},
        "merchantKey": {"authorization": f"Bearer {token}"},
        "customerSession": {"authorization": f"Bearer {token}"},
    }[scheme]


def described(answer: httpx.Response, operation: dict[str, Any]) -> None:
    content = operation["responses"][str(answer.status_code)]["content"]["application/json"]
    assert answer.headers["content-type"] == "application/json"
    schema = {**content["schema"], "components": full_document()["components"]}
    OAS31Validator(schema).validate(answer.json())


def test_a_method_that_a_path_does_not_have_is_refused_in_the_doors_words(shop: Client) -> None:
    for path, _, operation in operations():
        for method in ("OPTIONS", "TRACE", "PROPFIND", "DELETE"):
            answer = shop.request(method, filled(path))
            assert answer.status_code == 405, path
            described(answer, operation)
            assert set(answer.headers["allow"].lower().split(", ")) - {"head"} == {
                method for method in METHODS if method in full_document()["paths"][path]
            }


def test_a_body_that_can_be_no_request_is_refused_in_the_doors_words(shop: Client) -> None:
    for path, method, operation in operations():
        if "requestBody" not in operation:
            continue
        headers = credentials(shop, operation)
        for what, (body, status) in BODIES.items():
            answer = _sent(shop, method, path, body, {**headers, "content-type": "application/json"})
            if what != "nothing" or operation["requestBody"]["required"]:
                assert answer.status_code in ({status} if status else {400, 422}), (path, what)
                described(answer, operation)
        told = _sent(
            shop, method, path, b"a=1", {**headers, "content-type": "application/x-www-form-urlencoded"}
        )
        assert told.status_code == 415, path
        described(told, operation)


def test_an_id_of_any_characters_is_not_known_or_not_valid(shop: Client) -> None:
    for path, method, operation in operations():
        headers = credentials(shop, operation)
        for id in ("%00", "%ff", "%ed%a0%80", "%e2%80%ae", "%f0%9f%98%80", "a" * 5_000, "a%0a", "-" * 400):
            asked = path.replace("{id}", id).replace("{handle}", id)
            if asked == path:
                continue
            body: dict[str, Any] = {"json": {}} if "requestBody" in operation else {}
            answer = shop.without_key().request(method, asked, headers=headers, **body)
            assert answer.status_code in (400, 404, 422), (asked, answer.text)
            described(answer, operation)


def _sent(shop: Client, method: str, path: str, body: bytes, headers: dict[str, str]) -> httpx.Response:
    return shop.without_key().request(method, filled(path), content=body, headers=headers)
