"""A ledger: payments, what they pay, and customers' payment methods."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

FINAL = {
    "payments_stay": "UPDATE OF account_id, id, type, method, amount, currency, order_id, invoice_id, "
    "refund_of, reference, comment, gateway, payment_method_id, idempotency_key, request, actor_id, "
    "actor_name, actor_type, created_at ON payments",
    "payments_remain": "DELETE ON payments",
    "allocations_stay": "UPDATE ON allocations",
    "allocations_remain": "DELETE ON allocations",
}

CREDITED = (
    "SELECT line.account_id, line.invoice_id AS credit, line.credited_invoice_id AS sale, "
    "CAST(-SUM(line.total_ex_vat + line.vat_amount) AS BIGINT) AS share, -MIN(credit.total) AS owes, "
    "MIN(sale.total) AS asks, MIN(credit.created_at) AS created_at FROM invoice_lines AS line "
    "JOIN invoices AS credit ON credit.account_id = line.account_id AND credit.id = line.invoice_id "
    "JOIN invoices AS sale ON sale.account_id = line.account_id AND sale.id = line.credited_invoice_id "
    "GROUP BY line.account_id, line.invoice_id, line.credited_invoice_id "
    "ORDER BY MIN(credit.created_at), line.invoice_id, MIN(sale.created_at), line.credited_invoice_id"
)
SET_OFF = (
    "INSERT INTO allocations (account_id, id, invoice_id, credit_invoice_id, amount, created_at) "
    "VALUES (:account_id, :id, :sale, :credit, :amount, :created_at)"
)


def upgrade() -> None:
    _payment_methods()
    _payments()
    _allocations()
    _set_off_earlier_credits()
    _append_only()
    _jobs_by_kind()


def _payment_methods() -> None:
    op.create_table(
        "payment_methods",
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("gateway", sa.String(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("gateway_customer", sa.String(), nullable=True),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.CheckConstraint("state IN ('ACTIVE', 'FAILED', 'DELETED')", name="payment_methods_state"),
        sa.ForeignKeyConstraint(
            ["account_id", "customer_id"],
            ["customers.account_id", "customers.id"],
            name="payment_methods_account_id_customer_id_known",
        ),
        sa.PrimaryKeyConstraint("account_id", "id", name="payment_methods_key"),
    )
    op.create_index(
        "payment_methods_of_customer",
        "payment_methods",
        ["account_id", "customer_id", "created_at", "id"],
        unique=False,
    )


def _payments() -> None:
    op.create_table(
        "payments",
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("method", sa.String(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("order_id", sa.String(), nullable=True),
        sa.Column("invoice_id", sa.String(), nullable=True),
        sa.Column("refund_of", sa.String(), nullable=True),
        sa.Column("reference", sa.String(), nullable=True),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("gateway", sa.String(), nullable=True),
        sa.Column("payment_method_id", sa.String(), nullable=True),
        sa.Column("gateway_reference", sa.String(), nullable=True),
        sa.Column("idempotency_key", sa.String(), nullable=True),
        sa.Column("request", sa.String(), nullable=False),
        sa.Column("actor_id", sa.String(), nullable=False),
        sa.Column("actor_name", sa.String(), nullable=False),
        sa.Column("actor_type", sa.String(), nullable=False),
        sa.Column("paid_at", sa.DateTime(), nullable=True),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.CheckConstraint("(type = 'REFUND') = (refund_of IS NOT NULL)", name="payments_refund"),
        sa.CheckConstraint("status IN ('PENDING', 'PAID', 'FAILED', 'CANCELLED')", name="payments_status"),
        sa.CheckConstraint("type IN ('PAYMENT', 'REFUND')", name="payments_type"),
        sa.CheckConstraint("(order_id IS NULL) <> (invoice_id IS NULL)", name="payments_target"),
        sa.CheckConstraint("amount > 0", name="payments_amount"),
        sa.ForeignKeyConstraint(
            ["account_id", "invoice_id"],
            ["invoices.account_id", "invoices.id"],
            name="payments_account_id_invoice_id_known",
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "order_id"],
            ["orders.account_id", "orders.id"],
            name="payments_account_id_order_id_known",
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "payment_method_id"],
            ["payment_methods.account_id", "payment_methods.id"],
            name="payments_account_id_payment_method_id_known",
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "refund_of"],
            ["payments.account_id", "payments.id"],
            name="payments_account_id_refund_of_known",
        ),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="payments_account_id_known"),
        sa.PrimaryKeyConstraint("account_id", "id", name="payments_key"),
        sa.UniqueConstraint("account_id", "idempotency_key", name="payments_one_account_id_idempotency_key"),
    )
    op.create_index("payments_on_invoice", "payments", ["account_id", "invoice_id"], unique=False)
    op.create_index("payments_on_order", "payments", ["account_id", "order_id"], unique=False)
    op.create_index("payments_refunding", "payments", ["account_id", "refund_of"], unique=False)


def _allocations() -> None:
    op.create_table(
        "allocations",
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("invoice_id", sa.String(), nullable=False),
        sa.Column("payment_id", sa.String(), nullable=True),
        sa.Column("credit_invoice_id", sa.String(), nullable=True),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.CheckConstraint("(payment_id IS NULL) <> (credit_invoice_id IS NULL)", name="allocations_source"),
        sa.CheckConstraint("amount > 0", name="allocations_amount"),
        sa.ForeignKeyConstraint(
            ["account_id", "credit_invoice_id"],
            ["invoices.account_id", "invoices.id"],
            name="allocations_account_id_credit_invoice_id_known",
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "invoice_id"],
            ["invoices.account_id", "invoices.id"],
            name="allocations_account_id_invoice_id_known",
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "payment_id"],
            ["payments.account_id", "payments.id"],
            name="allocations_account_id_payment_id_known",
        ),
        sa.PrimaryKeyConstraint("account_id", "id", name="allocations_key"),
    )
    op.create_index("allocations_of_credit", "allocations", ["account_id", "credit_invoice_id"], unique=False)
    op.create_index("allocations_of_payment", "allocations", ["account_id", "payment_id"], unique=False)
    op.create_index("allocations_to", "allocations", ["account_id", "invoice_id"], unique=False)


def _set_off_earlier_credits() -> None:
    """Until now no invoice could be paid: each credit takes away from what its originals still ask."""
    database = op.get_bind()
    asked: dict[tuple[str, str], int] = {}
    owed: dict[tuple[str, str], int] = {}
    for row in database.execute(sa.text(CREDITED)).all():
        sale, credit = (row.account_id, row.sale), (row.account_id, row.credit)
        taken = min(row.share, asked.get(sale, row.asks), owed.get(credit, row.owes))
        if taken > 0:
            asked[sale] = asked.get(sale, row.asks) - taken
            owed[credit] = owed.get(credit, row.owes) - taken
            values = {**row._mapping, "id": f"{row.credit}.{row.sale}", "amount": taken}
            database.execute(sa.text(SET_OFF), values)
    op.execute(
        "UPDATE invoices SET state = 'SETTLED' WHERE total = -(SELECT COALESCE(SUM(amount), 0) "
        "FROM allocations WHERE allocations.account_id = invoices.account_id "
        "AND allocations.credit_invoice_id = invoices.id)"
    )
    op.execute(
        "UPDATE invoices SET state = CASE WHEN total = -(SELECT SUM(total_ex_vat + vat_amount) "
        "FROM invoice_lines WHERE invoice_lines.account_id = invoices.account_id "
        "AND invoice_lines.credited_invoice_id = invoices.id) THEN 'CANCELLED' ELSE 'SETTLED' END "
        "WHERE total > 0 AND total = (SELECT SUM(amount) FROM allocations "
        "WHERE allocations.account_id = invoices.account_id AND allocations.invoice_id = invoices.id)"
    )


def _append_only() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for name, change in FINAL.items():
            op.execute(
                f"CREATE TRIGGER {name} BEFORE {change} BEGIN SELECT RAISE(ABORT, 'the ledger is final'); END"
            )
        return
    op.execute(
        "CREATE FUNCTION ledger_is_final() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'the ledger is final'; END $$"
    )
    for name, change in FINAL.items():
        op.execute(f"CREATE TRIGGER {name} BEFORE {change} FOR EACH ROW EXECUTE FUNCTION ledger_is_final()")


def _jobs_by_kind() -> None:
    op.drop_index("outbox_due", table_name="outbox")
    unfinished = sa.text("failed_at IS NULL")
    op.create_index(
        "outbox_due",
        "outbox",
        ["kind", "run_after"],
        postgresql_where=unfinished,
        sqlite_where=unfinished,
    )
