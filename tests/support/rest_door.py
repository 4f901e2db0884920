"""Somebody at a front door: every answer that they get is held against the OpenAPI document."""

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
from tests.support.client import Client


@dataclass(frozen=True, slots=True)
class Door:
    """Asks with `headers`. A path without an operation in the document may answer only that there is none."""

    shop: Client
    headers: dict[str, str]

    def ask(self, method: str, path: str, json: Any = None, **options: Any) -> httpx.Response:
        headers = self.headers | options.pop("headers", {})
        body = {} if json is None else {"json": json}
        answer = self.shop.without_key().request(method, path, headers=headers, **body, **options)
        described(method, path, answer)
        return answer

    def get(self, path: str) -> Any:
        return self._done(self.ask("GET", path))

    def post(self, path: str, json: Any = None) -> Any:
        return self._done(self.ask("POST", path, json))

    def refused(self, method: str, path: str, json: Any = None, **options: Any) -> tuple[int, Any]:
        """The status and the body of a refusal."""
        answer = self.ask(method, path, json, **options)
        assert answer.status_code >= 400, answer.text
        return answer.status_code, answer.json()

    def _done(self, answer: httpx.Response) -> Any:
        assert answer.status_code < 300, answer.text
        return answer.json()


def basic(user: str, password: str = "") -> dict[str, str]:
    return {"authorization": f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"}


@cache
def whole() -> dict[str, Any]:
    return openapi_document(FRONT_DOORS)


def described(method: str, path: str, answer: httpx.Response) -> None:
    """Raises if the document does not have this answer, or has it otherwise."""
    operation = _operation(method, path)
    if operation is None:
        assert answer.status_code in (404, 405)
        return
    content = operation["responses"][str(answer.status_code)]["content"]["application/json"]
    assert answer.headers["content-type"] == "application/json"
    schema = {**content["schema"], "components": whole()["components"]}
    OAS31Validator(schema, format_checker=oas31_format_checker).validate(answer.json())


def _operation(method: str, path: str) -> Any:
    for template, item in whole()["paths"].items():
        parts, asked = template.split("/"), path.split("?")[0].split("/")
        same = all(part == given or part.startswith("{") for part, given in zip(parts, asked, strict=False))
        if same and len(parts) == len(asked):
            return item.get(method.lower())
    return None


@contextmanager
def broken(shop: Client, table: str) -> Iterator[None]:
    """A database that has lost a table."""
    shop.database.write(lambda connection: connection.execute(text(f"ALTER TABLE {table} RENAME TO lost")))
    yield
    shop.database.write(lambda connection: connection.execute(text(f"ALTER TABLE lost RENAME TO {table}")))
