"""Each query of a test is executed by its plan and by graphql-core, and both must say the same."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import orjson
import pytest
import strawberry
from strawberry.types import ExecutionResult

from resolvers.context import Context
from schema import Schema
from schema.execution import plans
from schema.execution.operations import is_subscription, may_only_read

_UNSTABLE = re.compile(  # signatures of links, ids of lines of a preview, what was counted until a refusal
    rb"https?://[^\"]*|\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"
    rb'|(?<="limit":"cost","value":)[0-9]+'
)
_is_paused = False


@contextmanager
def executed_once() -> Iterator[None]:
    """In here queries are executed by one way only: where statements are counted, or the time is taken."""
    global _is_paused
    was, _is_paused = _is_paused, True
    try:
        yield
    finally:
        _is_paused = was


def compare_ways(monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on. A plan is made the first time that an operation comes."""
    planned = Schema._planned

    async def compared(self: Schema, document: str | None, options: dict[str, Any]) -> ExecutionResult | None:
        name, context = options.get("operation_name"), options["context_value"]
        if _is_paused or not may_only_read(document) or not isinstance(context, Context):
            return await planned(self, document, options)
        if is_subscription(document, name) or "wait_for_pdf_ms" in (document or ""):
            return await planned(self, document, options)
        usual = await _by_graphql_core(self, document, options)
        result = await planned(self, document, options)
        if result is None:
            result = await _by_graphql_core(self, document, options)
        if _said(result) != _said(usual):
            usual = await _by_graphql_core(self, document, options)  # something may have changed meanwhile
        assert _said(result) == _said(usual), document
        return result

    monkeypatch.setattr(plans, "PLANNED_AT", 1)
    monkeypatch.setattr(Schema, "_planned", compared)


async def _by_graphql_core(schema: Schema, document: str | None, options: dict[str, Any]) -> ExecutionResult:
    """After a plan that gave up, with what it has begun."""
    context = options["context_value"].another()
    return await strawberry.Schema.execute(schema, document, **{**options, "context_value": context})


def _said(result: ExecutionResult) -> tuple[bytes, list[bytes]]:
    """The data, byte for byte, and the errors in any order."""
    errors = [orjson.dumps(error.formatted, default=str) for error in result.errors or []]
    return _stable(orjson.dumps(result.data)), sorted(map(_stable, errors))


def _stable(written: bytes) -> bytes:
    return _UNSTABLE.sub(b"...", written)
