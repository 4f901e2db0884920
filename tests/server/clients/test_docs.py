"""What docs/clients.md gives to copy is what the tests use."""

from __future__ import annotations

import re

import pytest

from tests.server.clients.walking import HERE, ROOT

BLOCKS = re.findall(
    r"^```\w+\n(.*?)^```$", (ROOT / "docs" / "clients.md").read_text(), re.DOTALL | re.MULTILINE
)


@pytest.mark.parametrize(
    "name",
    [
        "operations/steps.graphql",
        "typescript/codegen.ts",
        "typescript/tsconfig.json",
        "typescript/ask.ts",
        "typescript/walk.ts",
        "python/pyproject.toml",
        "python/walk.py",
        "operations/updates.graphql",
        "typescript/updates.ts",
        "typescript/events.ts",
        "python/updates.py",
    ],
)
def test_a_file_is_shown_as_it_is(name: str) -> None:
    assert (HERE / name).read_text() in BLOCKS
