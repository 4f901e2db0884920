"""What docs/reference/clients.md gives to copy is what the tests use."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.docs.pages import DOCS, blocks
from tests.server.clients.walking import HERE
from tests.support.installed import SDKS

PAGE = DOCS / "reference" / "clients.md"
FILES = [
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
    "typescript/values.ts",
    "typescript/apollo.ts",
    "typescript/urql.ts",
    "typescript/persisted.ts",
    "typescript/relay.config.json",
    "typescript/relay.ts",
    "python/updates.py",
    "openapi/rest.ts",
    "python/openapi.yml",
    "python/rest.py",
]
SHOWN = [*(HERE / name for name in FILES), SDKS / "typescript" / "polar.js"]


@pytest.mark.parametrize("file", SHOWN, ids=lambda file: file.name)
def test_a_file_is_shown_as_it_is(file: Path) -> None:
    assert file.read_text() in [block.text for block in blocks(PAGE)]


def test_nothing_else_is_shown_but_commands() -> None:
    used = {file.read_text() for file in SHOWN}
    assert [block.first_line for block in blocks(PAGE) if block.text not in used and not block.mark] == []


def test_npm_is_told_what_the_tests_have() -> None:
    packages = [json.loads((HERE / name / "package.json").read_text()) for name in ("typescript", "openapi")]
    page = PAGE.read_text()
    assert {f"npm pkg set type={package['type']}" in page for package in packages} == {True}
    told = " ".join(re.findall(r"npm install ([^\n`]+)", page)).replace("--save-dev ", "").split()
    told += re.findall(r"npx (@redocly/cli)", page)
    used = [name for package in packages for name in [*package["dependencies"], *package["devDependencies"]]]
    bare = {re.sub(r"(?<=.)@\d+$", "", name) for name in told}
    assert sorted(bare) == sorted({"@polar-sh/sdk", *used})
