"""Keys and sessions know the key that made them, and sessions what they may do.

Sessions that exist keep what they may do until they expire, within a week. A key that may do all that a
session may, and make sessions, gets the scope to give them: it gains nothing, but can pass the scope on.
"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

GIVES_SESSIONS = "sessions:write"
ALL_OF_A_SESSION = {
    "customers:read",
    "customers:write",
    "orders:read",
    "orders:write",
    "invoices:read",
    "invoices:write",
}


def upgrade() -> None:
    for table in ("api_keys", "customer_sessions"):
        op.execute(
            f"ALTER TABLE {table} ADD COLUMN made_by VARCHAR "
            f"CONSTRAINT {table}_made_by_known REFERENCES api_keys (id)"
        )
    op.add_column("customer_sessions", sa.Column("own_scopes", sa.JSON(), nullable=True))
    op.execute("""UPDATE customer_sessions SET own_scopes = '["invoices:write", "orders:write"]'""")
    keys = sa.table("api_keys", sa.column("id", sa.String), sa.column("scopes", sa.JSON))
    for id, scopes in op.get_bind().execute(sa.select(keys.c.id, keys.c.scopes)).all():
        if set(scopes) >= ALL_OF_A_SESSION:
            given = sorted({*scopes, GIVES_SESSIONS})
            op.execute(sa.update(keys).where(keys.c.id == id).values(scopes=given))
