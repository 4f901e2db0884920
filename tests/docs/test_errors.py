"""docs/reference/errors.md has every code that can be answered, and no other."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path

import documents
import gateways
import invoicing
import resolvers
import schema
import server
from invoicing.errors import InvoicingError
from schema.codes import Code
from tests.docs.pages import ROOT, codes, rows

LAYERS = (server, schema, resolvers, documents, gateways, invoicing)
LITERAL = re.compile(r"""["']code["']\]?\s*[:=]\s*f?["']""")


def sources() -> Iterator[Path]:
    for layer in LAYERS:
        yield from sorted((ROOT / layer.__name__).rglob("*.py"))


def reasons() -> Iterator[type[InvoicingError]]:
    """Every reason of every layer that has a code of its own."""
    for layer in LAYERS:
        for module in pkgutil.walk_packages(layer.__path__, f"{layer.__name__}."):
            if ".migrations." not in module.name:  # which Alembic runs
                importlib.import_module(module.name)
    found = [InvoicingError]
    for kind in found:
        found += kind.__subclasses__()
    names = tuple(f"{layer.__name__}." for layer in LAYERS)
    yield from (kind for kind in found[1:] if kind.__module__.startswith(names) and "code" in vars(kind))


def answered() -> set[str]:
    return {kind.code for kind in reasons()} | set(Code)


def explained() -> list[str]:
    return [code for cell, _ in rows("reference/errors.md", "codes") for code in codes(cell)]


def test_every_code_is_explained_once() -> None:
    assert sorted(explained()) == sorted(answered())


def test_every_code_is_of_a_reason_or_in_the_list_of_codes() -> None:
    """Otherwise the test before this one would not know of it."""
    assert [str(path) for path in sources() if LITERAL.search(path.read_text())] == []


def test_every_code_is_used() -> None:
    text = "\n".join(path.read_text() for path in sources())
    uses = [rf"\bCode\.{code.name}\b" for code in Code]
    uses += [rf"(?<!class )\b{kind.__name__}\b" for kind in reasons()]
    assert [use for use in uses if not re.search(use, re.sub(r"import \([^)]*\)|import .*", "", text))] == []
