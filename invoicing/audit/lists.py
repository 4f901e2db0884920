"""The audit log as a list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, select

from invoicing.access import Principal
from invoicing.errors import ValidationError
from invoicing.storage.pages import Condition, Filter, Page, Window, count, page
from invoicing.storage.tables import AuditEntry, audit_entries, audit_subjects

_ENTRIES: Mapping[str, Condition] = {
    "action": lambda action: audit_entries.c.action == action,
    "actor_id": lambda id: audit_entries.c.actor_id == id,
    "created_from": lambda moment: audit_entries.c.created_at >= moment,
    "created_before": lambda moment: audit_entries.c.created_at < moment,
}


def audit_page(
    connection: Connection, principal: Principal, given: Filter, window: Window
) -> Page[AuditEntry]:
    """The account's entries, newest first."""
    conditions = _where(principal, given)
    return page(connection, select(audit_entries), audit_entries, conditions, window, as_=AuditEntry)


def audit_count(connection: Connection, principal: Principal, given: Filter) -> int:
    return count(connection, audit_entries, _where(principal, given))


def _where(principal: Principal, given: Filter) -> Sequence[ColumnElement[bool]]:
    asked = {name: value for name, value in given.items() if value is not None}
    chosen = [condition(asked[name]) for name, condition in _ENTRIES.items() if name in asked]
    mine = audit_entries.c.account_id == principal.account_id
    return [mine, *chosen, *_about(principal, asked.get("subject_type"), asked.get("subject_id"))]


def _about(principal: Principal, type: Any, id: Any) -> list[ColumnElement[bool]]:
    if type is None and id is None:
        return []
    if type is None or id is None:
        raise ValidationError("Say both what kind of thing it is and its id.", field="subject_id")
    entries = select(audit_subjects.c.entry_id).where(
        audit_subjects.c.account_id == principal.account_id,
        audit_subjects.c.type == type,
        audit_subjects.c.subject_id == id,
    )
    return [audit_entries.c.id.in_(entries)]
