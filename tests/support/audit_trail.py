"""Reads the audit log, and runs commands that leave entries in it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import orjson
from sqlalchemy import select

from invoicing.access import Principal
from invoicing.audit.actions import AuditAction
from invoicing.audit.entries import Act, audited
from invoicing.customers import details
from invoicing.storage import rows
from invoicing.storage.database import Database
from invoicing.storage.tables import AuditEntry, audit_entries
from resolvers.audit_subjects import subjects_of
from tests.support.factories import NOW


def entries_of(database: Database, account_id: str) -> list[AuditEntry]:
    """Oldest first."""
    statement = (
        select(audit_entries).where(audit_entries.c.account_id == account_id).order_by(audit_entries.c.id)
    )
    return database.read(rows.all_, statement, as_=AuditEntry)


def actions_of(database: Database, account_id: str) -> list[str]:
    return [entry.action for entry in entries_of(database, account_id)]


def about(entry: AuditEntry) -> set[tuple[str, str]]:
    return {(type, id) for type, id in orjson.loads(entry.subjects)}


def do(
    database: Database, who: Principal, action: AuditAction, command: Callable[..., Any], *arguments: Any
) -> Any:
    """Runs the command as a resolver does."""
    return database.write(
        audited(Act.of(who, action, at=NOW), command, subjects_of), who, *arguments, now=NOW
    )


def make_customers(database: Database, who: Principal, names: Sequence[str]) -> None:
    """Makes a customer of each name."""
    for name in names:
        do(database, who, AuditAction.CREATE_CUSTOMER, details.create_customer, {"name": name})
