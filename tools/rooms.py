"""The rooms (folders) of the code: their layers, what each imports, and what it may import.

The layers come from the import contracts in pyproject.toml, a room's sentence from the first line of its
docstring, and the imports from the code.
"""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import grimp

ROOT = Path(__file__).parents[1]
DOMAIN = "invoicing"
LONGEST = 66  # characters of a sentence that fit in a row


@dataclass(frozen=True, slots=True)
class Room:
    """A folder of the code, or a module of the domain that is not in a folder."""

    name: str
    layer: int
    sentence: str
    is_folder: bool

    @property
    def package(self) -> str:
        return self.name.partition(".")[0]

    @property
    def label(self) -> str:
        return self.name.rpartition(".")[2] + ("/" if self.is_folder else ".py")

    @property
    def is_inner(self) -> bool:
        """Whether its row is below that of its package."""
        return "." in self.name and self.package != DOMAIN


@dataclass(frozen=True, slots=True)
class House:
    """All rooms, top to bottom; who imports whom, and who may."""

    rooms: tuple[Room, ...]
    imports: frozenset[tuple[str, str]]
    forbidden: tuple[tuple[str, str], ...]
    domain: str
    """The sentence of the domain's package."""

    def may_import(self, importer: Room, imported: Room) -> bool:
        if any(_is_in(importer.name, a) and _is_in(imported.name, b) for a, b in self.forbidden):
            return False
        return importer.layer < imported.layer or importer.package == imported.package != DOMAIN


def read_house() -> House:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    contracts: list[dict[str, Any]] = project["contracts"]
    graph = grimp.build_graph(*project["root_packages"], cache_dir=None)
    rooms = tuple(_rooms(contracts, graph))
    names = {room.name for room in rooms}
    imports = {
        (_room_of(importer, names), _room_of(imported, names))
        for importer in graph.modules
        for imported in graph.find_modules_directly_imported_by(importer)
    }
    ours = tuple(project["root_packages"])
    forbidden = tuple(
        pair
        for contract in contracts
        if contract["type"] == "forbidden"
        for pair in product(contract["source_modules"], contract["forbidden_modules"])
        if pair[1].startswith(ours)
    )
    between = frozenset((a, b) for a, b in imports if a != b)
    return House(rooms, between, forbidden, _room(DOMAIN, 0, graph, longest=100).sentence)


def _rooms(contracts: list[dict[str, Any]], graph: grimp.ImportGraph) -> Iterator[Room]:
    """The packages and their folders; instead of the domain, its folders and modules."""
    number = 0
    for layer in _layers(contracts, ""):
        if DOMAIN not in layer:
            for package in layer:
                yield _room(package, number, graph)
                for folder in _folders(package, contracts, graph):
                    yield _room(folder, number, graph)
            number += 1
    for layer in _layers(contracts, DOMAIN):
        for name in layer:
            yield _room(f"{DOMAIN}.{name}", number, graph)
        number += 1


def _layers(contracts: list[dict[str, Any]], container: str) -> list[list[str]]:
    """The layers inside the container, by its contract; none without a contract."""
    containers = [container] if container else []
    for contract in contracts:
        if contract["type"] == "layers" and contract.get("containers", []) == containers:
            return [[name.strip() for name in layer.split("|")] for layer in contract["layers"]]
    return []


def _folders(package: str, contracts: list[dict[str, Any]], graph: grimp.ImportGraph) -> list[str]:
    """The package's folders, in the order of their contract, or by name without one."""
    found = sorted(child for child in graph.find_children(package) if graph.find_children(child))
    order = [f"{package}.{name}" for layer in _layers(contracts, package) for name in layer]
    return sorted(found, key=lambda folder: order.index(folder) if folder in order else 0)


def _room(name: str, layer: int, graph: grimp.ImportGraph, *, longest: int = LONGEST) -> Room:
    is_folder = bool(graph.find_children(name))
    path = ROOT / name.replace(".", "/")
    source = (path / "__init__.py" if is_folder else path.with_suffix(".py")).read_text()
    sentence = (ast.get_docstring(ast.parse(source)) or "").partition("\n")[0].rstrip(".")
    for stop in (". ", ": ", ", "):
        if len(sentence) > longest:
            sentence = sentence.partition(stop)[0]
    return Room(name, layer, sentence, is_folder)


def _room_of(module: str, rooms: set[str]) -> str:
    """The innermost room that the module is in."""
    while module not in rooms and "." in module:
        module = module.rpartition(".")[0]
    return module


def _is_in(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")
