"""An index of trigrams for each table that is searched.

On SQLite a table of FTS5, which triggers keep. It has no texts, only where each trigram is. On PostgreSQL an
index of `pg_trgm`, where the extension is installed on the server and may be created in the database.
"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

TABLES = ("customers", "orders", "invoices")


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for table in TABLES:
            _index_on_sqlite(table)
    elif _has_pg_trgm(op.get_bind()):
        for table in TABLES:
            op.execute(f"CREATE INDEX {table}_found ON {table} USING gin (search_text gin_trgm_ops)")


def _index_on_sqlite(table: str) -> None:
    op.execute(
        f"CREATE VIRTUAL TABLE {table}_found USING fts5("
        "account, search_text, content='', columnsize=0, detail=column, tokenize='trigram case_sensitive 1')"
    )
    columns, values = "rowid, account, search_text", "substr('000' || {0}account_id, -3), {0}search_text"
    op.execute(
        f"INSERT INTO {table}_found ({columns}) SELECT rowid, {values.format('')} FROM {table}"  # noqa: S608
    )
    add = f"INSERT INTO {table}_found ({columns}) VALUES (new.rowid, {values.format('new.')})"  # noqa: S608
    take = (
        f"INSERT INTO {table}_found ({table}_found, {columns}) "  # noqa: S608
        f"VALUES ('delete', old.rowid, {values.format('old.')})"
    )
    op.execute(f"CREATE TRIGGER {table}_found_insert AFTER INSERT ON {table} BEGIN {add}; END")
    op.execute(f"CREATE TRIGGER {table}_found_delete AFTER DELETE ON {table} BEGIN {take}; END")
    op.execute(
        f"CREATE TRIGGER {table}_found_update AFTER UPDATE OF search_text ON {table} "
        f"WHEN old.search_text <> new.search_text BEGIN {take}; {add}; END"
    )


def _has_pg_trgm(database: sa.Connection) -> bool:
    """Makes the extension if it can be had."""
    known = "SELECT count(*) FROM pg_available_extensions WHERE name = 'pg_trgm'"
    if not database.execute(sa.text(known)).scalar_one():
        return False
    try:
        with database.begin_nested():
            database.execute(sa.text("CREATE EXTENSION IF NOT EXISTS pg_trgm"))
    except sa.exc.ProgrammingError:  # the database's user may not
        return False
    return True
