"""The database refuses to change or delete an issued invoice and its lines."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

FROZEN = (
    "account_id, id, handle, number, type, period, sequence, customer_id, currency, is_including_vat, "
    "subtotal, total_ex_vat, total_vat, total, issued_on, due_on, actor_id, actor_name, actor_type, "
    "snapshot, created_at"
)
REFUSED = {
    "invoices_stay": f"UPDATE OF {FROZEN} ON invoices",
    "invoices_remain": "DELETE ON invoices",
    "invoice_lines_stay": "UPDATE ON invoice_lines",
    "invoice_lines_remain": "DELETE ON invoice_lines",
}


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for name, change in REFUSED.items():
            op.execute(
                f"CREATE TRIGGER {name} BEFORE {change} "
                "BEGIN SELECT RAISE(ABORT, 'an issued invoice is frozen'); END"
            )
        return
    op.execute(
        "CREATE FUNCTION issued_is_frozen() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'an issued invoice is frozen'; END $$"
    )
    for name, change in REFUSED.items():
        op.execute(f"CREATE TRIGGER {name} BEFORE {change} FOR EACH ROW EXECUTE FUNCTION issued_is_frozen()")
