"""The commands by their names. Each is loaded when it is the one that runs, or when all are listed."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from importlib import import_module
from typing import Any, cast

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_group

from server.loading import loading

PLACES = {
    "serve": "server.commands.serve:serve",
    "worker": "server.commands.worker:worker",
    "migrate": "server.commands.migrate:migrate",
    "reseal": "server.commands.reseal:reseal",
    "account": "server.commands.accounts:account",
    "key": "server.commands.accounts:key",
    "import": "server.commands.import_orders:import_",
    "rates": "server.commands.rates:rates",
    "erase-customer": "server.commands.erase_customer:erase_customer",
    "export-einvoices": "server.commands.export_e_invoices:export_e_invoices",
    "verify": "server.commands.verify:verify",
    "verify-numbering": "server.commands.verify:verify",
    "backup": "server.commands.backup:backup",
    "restore": "server.commands.backup:restore",
    "copy-pdfs": "server.commands.copy_pdfs:copy_pdfs",
    "demo": "server.commands.demo:demo",
    "export-schema": "server.commands.export_schema:export_schema",
}
"""Module and function, or group of commands, as entry points name them."""

HIDDEN = frozenset({"verify-numbering"})  # the name of `verify` when it checked only the numbers


class OnDemand(MutableMapping[str, TyperCommand | TyperGroup]):
    """All commands together take several times as long to load as the one that runs."""

    def __init__(self) -> None:
        self._loaded: dict[str, TyperCommand | TyperGroup] = {}

    def __getitem__(self, name: str) -> TyperCommand | TyperGroup:
        if name not in self._loaded:
            self._loaded[name] = _load(name, PLACES[name])
        return self._loaded[name]

    def __iter__(self) -> Iterator[str]:
        return iter(PLACES)

    def __len__(self) -> int:
        return len(PLACES)

    def __contains__(self, name: object) -> bool:
        return name in PLACES

    def __setitem__(self, name: str, command: TyperCommand | TyperGroup) -> None:
        raise TypeError("Commands are added to PLACES.")

    def __delitem__(self, name: str) -> None:
        raise TypeError("Commands are taken out of PLACES.")


class Commands(TyperGroup):
    """The program: Typer looks each command up in it."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{**options, "commands": OnDemand()})


def _load(name: str, place: str) -> TyperCommand | TyperGroup:
    module, _, attribute = place.partition(":")
    with loading():
        found = getattr(import_module(module), attribute)
    program = typer.Typer(rich_markup_mode="markdown", pretty_exceptions_enable=False)
    if isinstance(found, typer.Typer):
        program.add_typer(found, name=name)
    else:
        program.command(name, hidden=name in HIDDEN)(found)
    return cast(TyperCommand | TyperGroup, get_group(program).commands[name])
