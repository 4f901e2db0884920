"""INSERT … ON CONFLICT: PostgreSQL's own, which SQLAlchemy writes for SQLite too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Table

if TYPE_CHECKING:
    from sqlalchemy.dialects.postgresql import Insert


def upsert(table: Table) -> Insert:
    # Late, as a server on SQLite has no other need of PostgreSQL's dialect when it starts.
    from sqlalchemy.dialects.postgresql import insert

    return insert(table)
