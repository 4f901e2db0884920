"""Helpers to import files and to read what was imported and rejected."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, func, select

from invoicing.access import Principal
from invoicing.accounts import settings as account_settings
from invoicing.importing.formulas import unguarded
from invoicing.importing.orders import Terms
from invoicing.importing.summary import Summary
from invoicing.orders import intake
from invoicing.storage.database import Database
from tests.support import factories

HEADER = "order_number,name,quantity,unit_price"
ImportFile = Callable[..., Summary]


def import_terms(database: Database, principal: Principal, **options: Any) -> Terms:
    seller = database.read(account_settings.account, principal.account_id)
    defaults = {"currency": "EUR", "including_vat": True, "vat_rate": None, "now": factories.NOW}
    return Terms(seller, **{**defaults, **options})


def read_rejects(rejects: Path) -> list[dict[str, str]]:
    """The rejected lines, by column, with their cells as they were."""
    if not rejects.exists():
        return []
    with rejects.open(encoding="utf-8", errors="surrogateescape", newline="") as text:
        return [{name: _as_it_was(cell) for name, cell in row.items()} for row in csv.DictReader(text)]


def _as_it_was(cell: Any) -> Any:
    """Rows that are too short have null for what is missing."""
    return unguarded(cell) if isinstance(cell, str) else cell


def reject_reasons(rejects: Path) -> list[tuple[str, str]]:
    return [(row["reject_line"], row["reject_reason"]) for row in read_rejects(rejects)]


def items_of_order(database: Database, principal: Principal, id: str) -> list[Any]:
    return list(database.read(intake.items_of, principal, id))


def count_rows(database: Database, table: Any) -> int:
    def work(connection: Connection) -> int:
        return connection.execute(select(func.count()).select_from(table)).scalar_one()

    return database.read(work)
