"""Fixtures for the tests of the schema."""

from __future__ import annotations

import pytest

from tests.support.both_ways import compare_ways


@pytest.fixture(autouse=True)
def _both_ways(monkeypatch: pytest.MonkeyPatch) -> None:
    """Queries are executed by their plans and by graphql-core."""
    compare_ways(monkeypatch)
