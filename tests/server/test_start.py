"""What a start loads; and that whatever is loaded later, when it is first needed, is there."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

import pytest

from server.commands.on_demand import PLACES
from tests.support.installed import OBSTORE, ROOT

LAYERS = ("documents", "gateways", "invoicing", "resolvers", "schema", "server")
SOURCES = sorted(
    file for layer in LAYERS for file in (ROOT / layer).rglob("*.py") if "migrations" not in file.parts
)
ONLY_SOME_NEED = {
    "alembic",  # a migration
    "attr",
    "cryptography",  # webhooks
    "documents.einvoice.cii",
    "documents.einvoice.ubl",
    "documents.pdf",  # another process
    "httpcore",
    "httpx",
    "invoicing.demo.fill",
    "invoicing.importing.run",
    "invoicing.verify.books",
    "obstore",
    "PIL",
    "psycopg",  # PostgreSQL
    "pygments",
    "reportlab",
    "requests",
    "rich",  # help on the command line
    "server.backup.making",
    "server.connections.websocket",
    "sqlalchemy.dialects.postgresql",
    "stdnum",
    "strawberry.federation.schema_directives",
    "stripe",
    "websockets",
}


def loaded_by(statement: str) -> set[str]:
    """The modules that a new process has after it."""
    command = [sys.executable, "-c", f"import sys; {statement}; print(*sys.modules)"]
    return set(subprocess.run(command, check=True, capture_output=True, text=True).stdout.split())


def test_a_server_on_sqlite_starts_with_what_every_request_needs() -> None:
    start = "from server.loading import load_structlog; load_structlog()"
    build = "from schema import Rules, schema_under; schema_under(Rules())"
    loaded = loaded_by(f"{start}; import server.commands.cli, server.commands.serve, server.app; {build}")
    assert {"strawberry", "structlog"} <= loaded
    assert not loaded & ONLY_SOME_NEED


def test_what_the_logs_do_not_need_is_there_for_others() -> None:
    load = "from server.loading import load_structlog; load_structlog(); import structlog.dev"
    assert "rich" not in loaded_by(load)
    assert "rich" in loaded_by(f"{load}; import rich")
    assert "rich" in loaded_by(f"import rich; {load}")


def test_who_is_no_server_waits_for_no_schema() -> None:
    modules = {place.partition(":")[0] for place in PLACES.values()}
    assert not loaded_by(f"import {', '.join(sorted(modules))}") & {"graphql", "schema", "strawberry"}


def late_imports() -> Iterator[tuple[Path, ast.Import | ast.ImportFrom]]:
    """The imports inside of functions: they run when the function does."""
    for file in SOURCES:
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                for part in ast.walk(node):
                    if isinstance(part, ast.Import | ast.ImportFrom):
                        yield file, part


def is_there(module: str, name: str) -> bool:
    return hasattr(import_module(module), name) or find_spec(f"{module}.{name}") is not None


def test_what_is_loaded_late_is_there() -> None:
    missing: list[tuple[Path, str | None, str]] = []
    for file, late in late_imports():
        names = [each.name for each in late.names]
        module = late.module if isinstance(late, ast.ImportFrom) else None
        if OBSTORE is None and "s3_store" in f"{module}":
            continue
        if module is None:
            missing += [(file, None, name) for name in names if find_spec(name) is None]
        else:
            missing += [(file, module, name) for name in names if not is_there(module, name)]
    assert not missing


def module_of(file: Path) -> str:
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def test_every_module_can_be_loaded() -> None:
    for file in SOURCES:
        if OBSTORE is not None or file.stem != "s3_store":
            import_module(module_of(file))


def defines_a_type(module: ModuleType) -> bool:
    return any(
        hasattr(each, "__strawberry_definition__") and each.__module__ == module.__name__
        for each in vars(module).values()
    )


@pytest.mark.parametrize("room", ["types", "inputs", "mutations"])
def test_the_annotations_of_the_schema_are_no_texts(room: str) -> None:
    """Strawberry would parse, compile and evaluate each text up to four times."""
    modules = [import_module(module_of(file)) for file in (ROOT / "schema" / room).glob("*.py")]
    of_types = [module for module in modules if defines_a_type(module)]
    assert of_types
    assert not [module for module in of_types if hasattr(module, "annotations")]  # of `__future__`
