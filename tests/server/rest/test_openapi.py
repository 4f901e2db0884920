"""The OpenAPI document: valid, described, and the same as the routes."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator
from starlette.routing import Route

from invoicing.storage.database import Database
from server.rest import FRONT_DOORS
from server.rest.front_door import FrontDoor
from server.rest.openapi import openapi_document
from server.rest.reepay.errors import TABLE
from tests.support.client import BASE_URL, client

ROOT = Path(__file__).parents[3]
DOCUMENTATION = ROOT / "docs" / "reference" / "rest.md"
METHODS = {"get", "post", "put", "patch", "delete"}


@pytest.fixture
def document() -> dict[str, Any]:
    return openapi_document(FRONT_DOORS, BASE_URL)


def operations(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [part for item in document["paths"].values() for name, part in item.items() if name in METHODS]


def test_it_is_valid(document: dict[str, Any]) -> None:
    OpenAPIV31SpecValidator(document).validate()


def test_it_is_of_the_version_that_is_built(document: dict[str, Any]) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert document["info"]["version"] == project["version"]


def test_it_is_served(fresh_sqlite: Any, tmp_path: Any) -> None:
    with fresh_sqlite() as url:
        database = Database(url)
        answer = client(database, tmp_path).without_key().request("GET", "/openapi.json")
        database.close()
    assert (answer.headers["content-type"], answer.json()) == (
        "application/json",
        openapi_document(FRONT_DOORS, BASE_URL),
    )


def test_no_front_door_takes_anothers_names() -> None:
    for names in ("paths", "schemas", "security"):
        taken = [name for door in FRONT_DOORS for name in getattr(door, names)]
        assert len(taken) == len(set(taken))


def test_every_operation_says_what_it_is(document: dict[str, Any]) -> None:
    for operation in operations(document):
        assert operation["summary"]
        assert operation["description"].endswith(".")
        assert operation["tags"]
        assert operation["security"]
        assert all(answer["description"] for answer in operation["responses"].values())


def test_every_operation_says_that_it_may_have_to_be_sent_again(document: dict[str, Any]) -> None:
    for operation in operations(document):
        assert {"408", "429", "431", "503"} <= operation["responses"].keys()


def test_every_path_that_is_described_is_routed() -> None:
    for door in FRONT_DOORS:
        routed = {route.path for route in door.routes(None) if isinstance(route, Route)}  # type: ignore[arg-type]
        assert set(door.paths) <= routed
        asked = {path.rstrip("/") for path in routed if "{rest:path}" not in path}
        assert asked == {path.rstrip("/") for path in door.paths}


@pytest.mark.parametrize("door", FRONT_DOORS, ids=lambda door: door.name)
def test_every_field_says_what_it_is(door: FrontDoor) -> None:
    for schema in door.schemas.values():
        for field in schema["properties"].values():
            assert "description" in field or "$ref" in str(field)


@pytest.mark.parametrize("door", FRONT_DOORS, ids=lambda door: door.name)
def test_every_field_is_mapped_in_the_documentation(door: FrontDoor) -> None:
    text = re.sub(r"```.*?```", "", DOCUMENTATION.read_text(), flags=re.DOTALL)
    named = {word for code in re.findall(r"`([^`]+)`", text) for word in re.split(r"[^\w]+", code)}
    fields = {name for schema in door.schemas.values() for name in schema["properties"]}
    assert fields - named == set()


def test_every_code_is_in_the_documentation() -> None:
    text = DOCUMENTATION.read_text()
    for code, status, _ in TABLE.values():
        assert re.search(rf"^\| {code} \| [\d, ]*{status}", text, re.MULTILINE), (code, status)
