"""GraphQL over HTTP: what is no operation is refused as HTTP refuses, with a body that a program reads."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from invoicing.access import Scope
from invoicing.storage.database import Database
from schema import MOST_MISFITS
from server.bodies import MAX_BODY, MOST_NAMES, MOST_PARTS, MOST_VALUES
from tests.support.client import CREATE_ORDER, Client, client
from tests.support.factories import item

JSON = {"content-type": "application/json"}
JSON_TYPE, GRAPHQL_TYPE = "application/json", "application/graphql-response+json"
QUERY = {"query": "{ __typename }"}


@pytest.fixture
def shop(fresh_sqlite: Any, tmp_path: Path) -> Any:
    with fresh_sqlite() as url:
        database = Database(url)
        yield client(database, tmp_path)
        database.close()


def refused(answer: httpx.Response, status: int, code: str, media: str = "application/json") -> str:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == media
    (error,) = answer.json()["errors"]
    assert error["extensions"]["code"] == code
    return str(error["message"])


def test_an_operation_is_answered_as_json(shop: Client) -> None:
    for content_type in ("application/json", "application/json; charset=utf-8"):
        answer = shop.request("POST", content=json.dumps(QUERY), headers={"content-type": content_type})
        assert answer.json() == {"data": {"__typename": "Query"}}
        assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")


@pytest.mark.parametrize(
    ("accept", "media"),
    [
        ("", JSON_TYPE),
        ("*/*", JSON_TYPE),
        ("application/*", JSON_TYPE),
        ("application/json", JSON_TYPE),
        ("application/json; charset=utf-8", JSON_TYPE),
        ("application/graphql-response+json", GRAPHQL_TYPE),
        ("application/graphql-response+json; charset=utf-8", GRAPHQL_TYPE),
        ("Application/GraphQL-Response+JSON", GRAPHQL_TYPE),
        ("application/json, application/graphql-response+json", GRAPHQL_TYPE),
        ("application/graphql-response+json, */*;q=0.1", GRAPHQL_TYPE),
        ("application/json, application/graphql-response+json;q=0.9", JSON_TYPE),
        ("application/graphql-response+json;q=0, */*", JSON_TYPE),
        ("application/json;q=0, application/graphql-response+json", GRAPHQL_TYPE),
        ("text/html, application/json;q=0.5", JSON_TYPE),
        ("text/html", None),
        ("text/event-stream, application/json", JSON_TYPE),
        ("application/json;q=0, */*", None),
        ("application/json;q=much", None),
        ("application/json; charset=latin-1", None),
        (";,=;", None),
    ],
)
def test_the_caller_says_which_json_it_takes(shop: Client, accept: str, media: str | None) -> None:
    answer = shop.request("POST", json=QUERY, headers={"accept": accept})
    if media is None:
        assert GRAPHQL_TYPE in refused(answer, 406, "NOT_ACCEPTABLE")
    else:
        assert (answer.status_code, answer.headers["content-type"]) == (200, media)
        assert answer.json() == {"data": {"__typename": "Query"}}
    assert answer.headers["vary"] == "accept"


def test_headers_that_come_twice_are_one_list(shop: Client) -> None:
    for accept, media in (
        (("text/html", JSON_TYPE), JSON_TYPE),
        (("text/event-stream", GRAPHQL_TYPE), GRAPHQL_TYPE),
        (("*/*;q=0.1", "text/html", GRAPHQL_TYPE), GRAPHQL_TYPE),
    ):
        headers = [("accept", each) for each in accept]
        answer = shop.request("POST", json=QUERY, headers=headers)
        assert (answer.status_code, answer.headers["content-type"]) == (200, media)
        unknown = shop.request("POST", json={"query": "{ nothing }"}, headers=headers)
        assert (unknown.status_code == 400, unknown.headers["content-type"]) == (media == GRAPHQL_TYPE, media)
        broken = shop.request("POST", content=b"{", headers=[*headers, *JSON.items()])
        refused(broken, 400, "BAD_REQUEST", media)


@pytest.mark.parametrize("query", ["{", "{ nothing }", "query ($id: ID!) { order(id: $id) { id } }"])
def test_what_cannot_be_executed_has_no_data_and_a_status_that_tells(shop: Client, query: str) -> None:
    for media, status in ((JSON_TYPE, 200), (GRAPHQL_TYPE, 400)):
        answer = shop.request("POST", json={"query": query}, headers={"accept": media})
        assert (answer.status_code, answer.headers["content-type"]) == (status, media)
        assert answer.json().keys() == {"errors"}


def test_what_was_executed_is_a_success_of_http(shop: Client) -> None:
    for query, data in (('{ order(id: "x") { id } }', {"order": None}), ("{ account { id } }", None)):
        limited = shop.limited_to(Scope.ORDERS_READ)
        answer = limited.request("POST", json={"query": query}, headers={"accept": GRAPHQL_TYPE})
        assert (answer.status_code, answer.headers["content-type"]) == (200, GRAPHQL_TYPE)
        assert answer.json()["data"] == data
        assert answer.json()["errors"]


def test_refusals_come_in_the_json_that_was_asked_for(shop: Client) -> None:
    accept = {"accept": GRAPHQL_TYPE}
    refused(shop.request("PUT", headers=accept), 405, "METHOD_NOT_ALLOWED", GRAPHQL_TYPE)
    refused(shop.request("POST", content=b"{", headers=accept | JSON), 400, "BAD_REQUEST", GRAPHQL_TYPE)
    unknown = shop.without_key().request("POST", json=QUERY, headers=accept)
    refused(unknown, 401, "UNAUTHORIZED", GRAPHQL_TYPE)


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "text/plain",
        "application/json; charset=utf-16",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
    ],
)
def test_what_a_form_could_send_is_refused(shop: Client, content_type: str) -> None:
    answer = shop.request("POST", content=json.dumps(QUERY), headers={"content-type": content_type})
    assert "application/json" in refused(answer, 415, "UNSUPPORTED_MEDIA_TYPE")


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS"])
def test_another_method_is_refused(shop: Client, method: str) -> None:
    answer = shop.request(method, content=json.dumps(QUERY), headers=JSON)
    refused(answer, 405, "METHOD_NOT_ALLOWED")
    assert answer.headers["allow"] == "GET, POST"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b'{"query": "\\ud800"}',
        b"null",
        b"3",
        b'"{ __typename }"',
        b"{}",
        b'{"query": null}',
        b'{"query": ""}',
        b'{"query": 3}',
        b'{"query": ["{ __typename }"]}',
        b'{"query": "{ __typename }", "variables": 3}',
        b'{"query": "{ __typename }", "variables": "x"}',
        b'{"query": "{ __typename }", "operationName": 3}',
        b'{"query": "{ __typename }", "extensions": 3}',
        b"[" * 100_000,
    ],
)
def test_a_body_that_is_no_operation_is_refused(shop: Client, body: bytes) -> None:
    assert refused(shop.request("POST", content=body, headers=JSON), 400, "BAD_REQUEST")


def test_a_batch_is_refused(shop: Client) -> None:
    for batch in ([], [QUERY], [QUERY, QUERY]):
        assert "Batches" in refused(shop.request("POST", json=batch), 400, "BAD_REQUEST")


def test_a_body_that_is_too_large_is_refused_also_in_chunks(shop: Client) -> None:
    large = b'{"query": "' + b" " * MAX_BODY + b'{ __typename }"}'

    async def chunks() -> AsyncIterator[bytes]:
        for start in range(0, len(large), 65_536):
            yield large[start : start + 65_536]

    for content in (large, chunks()):
        refused(shop.request("POST", content=content, headers=JSON), 413, "BODY_TOO_LARGE")
    fitting = b'{"query": "' + b" " * (MAX_BODY - 50) + b'{ __typename }"}'
    assert shop.request("POST", content=fitting, headers=JSON).status_code == 200


@pytest.mark.parametrize(
    "many",
    [[[]] * MOST_PARTS, [1] * (MOST_VALUES + 2), {f"name {n}": n for n in range(MOST_NAMES + 1)}],
    ids=["lists", "values", "names"],
)
def test_variables_of_too_many_parts_are_refused(shop: Client, many: object) -> None:
    content = orjson.dumps({**QUERY, "variables": {"a": many}})
    assert "more than" in refused(shop.request("POST", content=content, headers=JSON), 413, "BODY_TOO_LARGE")


def test_of_variables_that_do_not_fit_a_few_are_told(shop: Client) -> None:
    document = "mutation ($input: CreateOrderInput!) { createOrder(input: $input) { order { id } } }"
    answer = shop.request(
        "POST", json={"query": document, "variables": {"input": {f"name {n}": n for n in range(MOST_NAMES)}}}
    )
    assert len(answer.json()["errors"]) == MOST_MISFITS + 1


def test_a_body_in_chunks_is_read_to_its_end(shop: Client) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for byte in json.dumps(QUERY):
            yield byte.encode()

    answer = shop.request("POST", content=chunks(), headers=JSON)
    assert answer.json() == {"data": {"__typename": "Query"}}


def test_a_question_may_be_asked_by_get_and_a_change_may_not(shop: Client) -> None:
    answer = shop.request("GET", params=QUERY)
    assert answer.json() == {"data": {"__typename": "Query"}}
    mutation = 'mutation { createCustomer(input: {name: "Ann"}) { customer { id } } }'
    answer = shop.request("GET", params={"query": mutation})
    assert "POST" in refused(answer, 405, "METHOD_NOT_ALLOWED")
    assert answer.headers["allow"] == "POST"
    assert shop.ask("{ customers { totalCount } }")["customers"]["totalCount"] == 0


def test_a_get_that_asks_nothing_is_refused(shop: Client) -> None:
    refused(shop.request("GET"), 400, "BAD_REQUEST")
    refused(shop.request("GET", params={"query": ""}), 400, "BAD_REQUEST")


def test_a_browser_gets_a_page_without_a_key(shop: Client) -> None:
    accept = "text/html,application/xhtml+xml,*/*;q=0.8"
    page = shop.without_key().request("GET", headers={"accept": accept})
    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/html")
    assert "<html" in page.text.lower()
    home = shop.without_key().request("GET", "/")
    assert (home.status_code, home.headers["location"]) == (307, "/graphql")
    asked = shop.without_key().request("GET", params=QUERY, headers={"accept": accept})
    assert asked.status_code == 401


def test_a_refused_change_is_an_answer_of_graphql(shop: Client) -> None:
    answer = shop.post(CREATE_ORDER, input={"items": [item()]})
    assert answer.status_code == 200
    assert answer.json()["data"] is None
    assert answer.json()["errors"][0]["path"] == ["createOrder"]


def test_an_operation_is_chosen_by_its_name(shop: Client) -> None:
    query = "query A { __typename } query B { account { name } }"
    chosen = shop.request("POST", json={"query": query, "operationName": "B"})
    assert chosen.json() == {"data": {"account": {"name": "Mug & Co"}}}
    unknown = shop.request("POST", json={"query": query, "operationName": "C"})
    assert "C" in refused(unknown, 400, "BAD_REQUEST")


def test_amounts_are_whole_numbers_on_the_wire(shop: Client) -> None:
    given = {"billing_name": "Ann", "items": [item(id="a", unit_price=2**53 - 1)]}
    shop.ask(CREATE_ORDER, input=given)
    answer = shop.post("{ orders { nodes { total items { unit_price vat { rate } } } } }")
    assert '"total":9007199254740991' in answer.text
    assert '"unit_price":9007199254740991' in answer.text


def test_text_of_any_script_goes_in_and_comes_out(shop: Client) -> None:
    for name in ("Ærøskøbing", "Αθήνα", "Київ", "東京", "𝒜 & <b>", "a\tb", "👩‍🚀", "\u2028"):
        made = shop.request(
            "POST",
            json={
                "query": "mutation ($n: String!) { createCustomer(input: {name: $n}) { customer { name } } }",
                "variables": {"n": f"x{name}x"},
            },
        )
        assert made.json()["data"]["createCustomer"]["customer"]["name"] == f"x{name}x"
