"""Fixtures for the tests of the schema."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.both_ways import compared_ways


@pytest.fixture(autouse=True)
def _both_ways() -> Iterator[None]:
    """Operations are executed by their plans and by graphql-core."""
    with compared_ways():
        yield
