"""The tables of docs/reference/ say what the code says."""

from __future__ import annotations

import json
import re
import shlex
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import typer.main
from typer.core import TyperGroup

from invoicing.access import Scope
from invoicing.storage.outbox import Backlog
from invoicing.webhooks.events import WebhookEvent
from server.commands.cli import app
from server.metrics import Metrics
from server.settings import Settings
from tests.docs.pages import DOCS, PAGES, ROOT, blocks, codes, rows, table

NPM = [
    ROOT / folder / "package.json"
    for folder in (
        "graphiql",
        "tests/server/clients/typescript",
        "tests/server/clients/openapi",
        "tests/server/rest/polar/sdks/typescript",
    )
]


def settings_table() -> str:
    lines = ["| variable | default | meaning |", "|---|---|---|"]
    for name, field in Settings.model_fields.items():
        default = f"`{field.default}`" if field.default is not None and str(field.default) else ""
        lines.append(f"| `INVOICING_{name.upper()}` | {default} | {field.description} |")
    return "\n".join(lines)


def test_the_table_of_settings_is_the_settings() -> None:
    assert table("reference/settings.md", "settings") == settings_table()


def commands(group: TyperGroup, before: str = "") -> Iterator[tuple[str, set[str]]]:
    """Each command's full name, and its options."""
    for name, command in group.commands.items():
        if isinstance(command, TyperGroup):
            yield from commands(command, f"{before}{name} ")
        elif not command.hidden:
            given = {option for each in command.params for option in (*each.opts, *each.secondary_opts)}
            yield before + name, {option for option in given if option.startswith("--")}


def test_the_table_of_commands_is_the_commands() -> None:
    group = typer.main.get_command(app)
    assert isinstance(group, TyperGroup)
    shown = {}
    for cell, meaning in rows("reference/command-line.md", "commands"):
        (usage,) = codes(cell)
        name = re.split(r" [\[A-Z-]", usage)[0]
        shown[name] = set(re.findall(r"--[\w-]+", usage + meaning))
        if link := re.search(r"\]\((\S+\.md)\)", meaning):
            shown[name] |= set(re.findall(r"--[\w-]+", (DOCS / "reference" / link[1]).read_text()))
    assert {name: options - {"--demo"} for name, options in commands(group)} == {
        name: options & dict(commands(group))[name] for name, options in shown.items()
    }


def shown_commands() -> Iterator[str]:
    for page in PAGES:
        text = "\n".join(block.text for block in blocks(page) if block.language == "sh")
        yield from re.findall(r"python3 dev\.py run ([^)|\n]+)", text)
    yield from re.findall(r"docker exec invoicing invoicing (.+)", (ROOT / "Dockerfile").read_text())


@pytest.mark.parametrize("shown", sorted(set(shown_commands())))
def test_a_command_that_is_shown_has_what_it_needs(shown: str) -> None:
    command, given = typer.main.get_command(app), shlex.split(shown, comments=True)
    while isinstance(command, TyperGroup) and given[0] != "--help":
        command = command.commands[given.pop(0)]
    if given != ["--help"]:
        command.make_context("invoicing", given)  # raises if an option is missing or unknown


def test_the_table_of_metrics_is_the_metrics() -> None:
    metrics = Metrics()
    metrics.count_request("Mine", 200, "", 0.1)
    metrics.count_socket_operation("Mine")
    metrics.set_backlogs([Backlog("render_invoice", 1, 0, None)], now=datetime.now(UTC))
    counted = set()
    for family in metrics.registry.collect():
        name = f"{family.name}_total" if family.type == "counter" else family.name
        labels = [label for label in family.samples[0].labels if label != "le"]
        counted.add(name + (f"{{{','.join(labels)}}}" if labels else ""))
    assert sorted(codes(name)[0] for name, _ in rows("reference/metrics.md", "metrics")) == sorted(counted)


def test_the_table_of_scopes_is_the_scopes() -> None:
    assert [scope for cell, _ in rows("guide/accounts.md", "scopes") for scope in codes(cell)] == list(Scope)


def test_the_table_of_events_is_the_events() -> None:
    shown = [codes(cell)[0] for cell, _ in rows("guide/webhooks.md", "events")]
    assert shown == [event for event in WebhookEvent if event != WebhookEvent.WEBHOOK_TEST]


def test_every_dependency_has_its_reason() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    required = project["project"]
    groups = [
        required["dependencies"],
        *required["optional-dependencies"].values(),
        *project["dependency-groups"].values(),
    ]
    used = {re.split(r"[\[>=<]", requirement)[0] for group in groups for requirement in group}
    for package in NPM:
        given = json.loads(package.read_text())
        for name, version in {**given["dependencies"], **given.get("devDependencies", {})}.items():
            aliased = re.match("npm:(.+)@", version)
            used.add(aliased[1] if aliased else name)
    text = (DOCS / "reference" / "dependencies.md").read_text()
    tables = re.findall(r"^\| ([^|]+) \|", text, re.MULTILINE)
    explained = {name.partition(" (")[0] for cell in tables for name in cell.split(", ")}
    assert explained - {"package", "---"} == used
