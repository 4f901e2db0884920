"""Accounts have branding, and logos are kept: invoices name the one that is on them."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

FROZEN = (
    "account_id, id, handle, number, type, period, sequence, customer_id, currency, is_including_vat, "
    "subtotal, total_ex_vat, total_vat, total, rounding, issued_on, due_on, actor_id, actor_name, "
    "actor_type, snapshot, logo, request, created_at"
)
REFUSED = {"logos_stay": "UPDATE ON logos", "logos_remain": "DELETE ON logos"}
_KEPT = "logos are kept: issued invoices name them"


def upgrade() -> None:
    for column in (
        sa.Column("logo", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("accent_color", sa.String(), server_default="#0A636B", nullable=False),
        sa.Column("footer", sa.Text(), nullable=True),
        sa.Column("terms", sa.Text(), nullable=True),
        sa.Column("paper_size", sa.String(), server_default="A4", nullable=False),
        sa.Column("tax_name", sa.String(), nullable=True),
    ):
        op.add_column("accounts", column)
    op.create_table(
        "logos",
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="logos_account_id_known"),
        sa.PrimaryKeyConstraint("account_id", "sha256", name="logos_key"),
    )
    op.add_column("invoices", sa.Column("logo", sa.String(), nullable=True))
    if op.get_bind().dialect.name == "sqlite":
        _triggers_of_sqlite()
    else:
        _triggers_of_postgresql()


def _triggers_of_sqlite() -> None:
    """The trigger that refuses changes of an issued invoice names its columns: this is one more."""
    for name, change in REFUSED.items():
        op.execute(f"CREATE TRIGGER {name} BEFORE {change} BEGIN SELECT RAISE(ABORT, '{_KEPT}'); END")
    op.execute("DROP TRIGGER invoices_stay")
    op.execute(
        f"CREATE TRIGGER invoices_stay BEFORE UPDATE OF {FROZEN} ON invoices "
        "BEGIN SELECT RAISE(ABORT, 'an issued invoice is frozen'); END"
    )


def _triggers_of_postgresql() -> None:
    op.execute(
        "CREATE FUNCTION logo_is_kept() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{_KEPT}'; END $$"
    )
    for name, change in REFUSED.items():
        op.execute(f"CREATE TRIGGER {name} BEFORE {change} FOR EACH ROW EXECUTE FUNCTION logo_is_kept()")
    op.execute("DROP TRIGGER invoices_stay ON invoices")
    op.execute(
        f"CREATE TRIGGER invoices_stay BEFORE UPDATE OF {FROZEN} ON invoices "
        "FOR EACH ROW EXECUTE FUNCTION issued_is_frozen()"
    )
