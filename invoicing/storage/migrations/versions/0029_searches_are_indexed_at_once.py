"""On SQLite the index of searches learns the rows of a transaction together, at its end.

Triggers only note new rows, in `unindexed`. What is taken from the index is taken by triggers as before: only
they know the text that the row had.
"""

from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

TABLES = ("customers", "orders", "invoices")


def upgrade() -> None:
    if op.get_bind().dialect.name != "sqlite":
        return
    op.execute(
        "CREATE TABLE unindexed (searched TEXT NOT NULL, row_id INTEGER NOT NULL, "
        "PRIMARY KEY (searched, row_id)) WITHOUT ROWID"
    )
    for table in TABLES:
        _note_rows_of(table)


def _note_rows_of(table: str) -> None:
    for change in ("insert", "delete", "update"):
        op.execute(f"DROP TRIGGER {table}_found_{change}")
    note = f"INSERT INTO unindexed VALUES ('{table}', new.rowid)"  # noqa: S608
    noted = f"""FROM unindexed WHERE searched = '{table}' AND row_id = old.rowid"""
    take = (
        f"INSERT INTO {table}_found ({table}_found, rowid, account, search_text) "
        "SELECT 'delete', old.rowid, substr('000' || old.account_id, -3), old.search_text "
        f"WHERE NOT EXISTS (SELECT 1 {noted})"
    )
    forget = f"DELETE {noted}"
    op.execute(f"CREATE TRIGGER {table}_found_insert AFTER INSERT ON {table} BEGIN {note}; END")
    op.execute(f"CREATE TRIGGER {table}_found_delete AFTER DELETE ON {table} BEGIN {take}; {forget}; END")
    op.execute(
        f"CREATE TRIGGER {table}_found_update AFTER UPDATE OF search_text ON {table} "
        f"WHEN old.search_text <> new.search_text BEGIN {take}; {forget}; {note}; END"
    )
