"""A client of a REST front door, which checks each response against the OpenAPI document."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

import httpx
from openapi_schema_validator import OAS31Validator, oas31_format_checker
from sqlalchemy import text

from server.rest import FRONT_DOORS
from server.rest.openapi import openapi_document
from tests.support.client import BASE_URL, Client


@dataclass(frozen=True, slots=True)
class Door:
    """Sends requests with `headers`. A path that the document does not have must give 404 or 405."""

    shop: Client
    headers: dict[str, str]

    def ask(self, method: str, path: str, json: Any = None, **options: Any) -> httpx.Response:
        headers = self.headers | options.pop("headers", {})
        body = {} if json is None else {"json": json}
        response = self.shop.without_key().request(method, path, headers=headers, **body, **options)
        check_described(method, path, response)
        return response

    def get(self, path: str) -> Any:
        return self._json_of_success(self.ask("GET", path))

    def post(self, path: str, json: Any = None) -> Any:
        return self._json_of_success(self.ask("POST", path, json))

    def refused(self, method: str, path: str, json: Any = None, **options: Any) -> tuple[int, Any]:
        """Sends a request that is refused; returns the status and the body."""
        response = self.ask(method, path, json, **options)
        assert response.status_code >= 400, response.text
        return response.status_code, response.json()

    def _json_of_success(self, response: httpx.Response) -> Any:
        assert response.status_code < 300, response.text
        return response.json()


def basic(user: str, password: str = "") -> dict[str, str]:
    return {"authorization": f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"}


@cache
def full_document() -> dict[str, Any]:
    return openapi_document(FRONT_DOORS, BASE_URL)


def check_described(method: str, path: str, response: httpx.Response) -> None:
    """Raises if the document does not describe this response."""
    operation = _operation(method, path)
    if operation is None:
        assert response.status_code in (404, 405)
        return
    described = operation["responses"][str(response.status_code)].get("content", {})
    if response.status_code == 303 or "application/xml" in described:
        assert [*described] == ([] if response.status_code == 303 else [response.headers["content-type"]])
        return
    content = described["application/json"]
    assert response.headers["content-type"] == "application/json"
    schema = {**content["schema"], "components": full_document()["components"]}
    OAS31Validator(schema, format_checker=oas31_format_checker).validate(response.json())


def _operation(method: str, path: str) -> Any:
    for template, item in full_document()["paths"].items():
        parts, segments = template.split("/"), path.split("?")[0].rstrip("/").split("/")
        matches = all(
            part == given or part.startswith("{") for part, given in zip(parts, segments, strict=False)
        )
        if matches and len(parts) == len(segments):
            return item.get(method.lower())
    return None


@contextmanager
def without_table(shop: Client, table: str) -> Iterator[None]:
    """Renames a table for a while, so that requests that use it fail."""
    shop.database.write(lambda connection: connection.execute(text(f"ALTER TABLE {table} RENAME TO lost")))
    yield
    shop.database.write(lambda connection: connection.execute(text(f"ALTER TABLE lost RENAME TO {table}")))
