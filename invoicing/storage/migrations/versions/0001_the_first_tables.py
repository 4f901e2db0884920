"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "accounts",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("legal_name", sa.String(), nullable=False),
        sa.Column("address", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("vat_number", sa.String(), nullable=True),
        sa.Column("registration_number", sa.String(), nullable=True),
        sa.Column("email", sa.String(), nullable=True),
        sa.Column("phone_number", sa.String(), nullable=True),
        sa.Column("contact_name", sa.String(), nullable=True),
        sa.Column("iban", sa.String(), nullable=True),
        sa.Column("bic", sa.String(), nullable=True),
        sa.Column("default_currency", sa.String(), nullable=False),
        sa.Column("default_vat_rate", sa.Integer(), nullable=False),
        sa.Column("locale", sa.String(), nullable=False),
        sa.Column("timezone", sa.String(), nullable=False),
        sa.Column("payment_terms_days", sa.Integer(), nullable=False),
        sa.Column("invoice_number_format", sa.String(), nullable=False),
        sa.Column("credit_number_format", sa.String(), nullable=False),
        sa.Column("invoice_after_shipment", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("updated_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="accounts_key"),
    )
    op.create_table(
        "api_keys",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("scopes", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("revoked_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="api_keys_account_id_known"),
        sa.PrimaryKeyConstraint("id", name="api_keys_key"),
        sa.UniqueConstraint("token_hash", name="api_keys_one_token_hash"),
    )
    op.create_index("api_keys_by_account_id", "api_keys", ["account_id"], unique=False)
    op.create_table(
        "customers",
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("handle", sa.String(), nullable=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("legal_name", sa.String(), nullable=True),
        sa.Column("email", sa.String(), nullable=True),
        sa.Column("phone_number", sa.String(), nullable=True),
        sa.Column("contact_name", sa.String(), nullable=True),
        sa.Column("is_business", sa.Boolean(), nullable=False),
        sa.Column("vat_number", sa.String(), nullable=True),
        sa.Column("registration_number", sa.String(), nullable=True),
        sa.Column("iban", sa.String(), nullable=True),
        sa.Column("bic", sa.String(), nullable=True),
        sa.Column("locale", sa.String(), nullable=True),
        sa.Column("buyer_reference", sa.String(), nullable=True),
        sa.Column("billing_address", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("shipping_address", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("meta", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("search_text", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("updated_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="customers_account_id_known"),
        sa.PrimaryKeyConstraint("account_id", "id", name="customers_key"),
        sa.UniqueConstraint("account_id", "handle", name="customers_one_account_id_handle"),
    )
    op.create_index("customers_newest", "customers", ["account_id", "created_at", "id"], unique=False)
    op.create_table(
        "number_series",
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("period", sa.String(), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="number_series_account_id_known"),
        sa.PrimaryKeyConstraint("account_id", "type", "period", name="number_series_key"),
    )
    op.create_table(
        "outbox",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subject_id", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("run_after", sa.DateTime(), nullable=False),
        sa.Column("lease_token", sa.String(), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("failed_at", sa.DateTime(), nullable=True),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="outbox_account_id_known"),
        sa.PrimaryKeyConstraint("id", name="outbox_key"),
        sa.UniqueConstraint("account_id", "subject_id", "kind", name="outbox_one_account_id_subject_id_kind"),
    )
    op.create_index(
        "outbox_due",
        "outbox",
        ["run_after"],
        unique=False,
        postgresql_where=sa.text("failed_at IS NULL"),
        sqlite_where=sa.text("failed_at IS NULL"),
    )
    op.create_table(
        "invoices",
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("handle", sa.String(), nullable=True),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("period", sa.String(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("customer_id", sa.String(), nullable=True),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("is_including_vat", sa.Boolean(), nullable=False),
        sa.Column("subtotal", sa.BigInteger(), nullable=False),
        sa.Column("total_ex_vat", sa.BigInteger(), nullable=False),
        sa.Column("total_vat", sa.BigInteger(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("actor_id", sa.String(), nullable=False),
        sa.Column("actor_name", sa.String(), nullable=False),
        sa.Column("actor_type", sa.String(), nullable=False),
        sa.Column("snapshot", sa.Text(), nullable=False),
        sa.Column("search_text", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.CheckConstraint("state IN ('PENDING', 'SETTLED', 'FAILED', 'CANCELLED')", name="invoices_state"),
        sa.CheckConstraint("type IN ('INVOICE', 'CREDIT')", name="invoices_type"),
        sa.CheckConstraint("sequence > 0", name="invoices_sequence"),
        sa.CheckConstraint("total = total_ex_vat + total_vat", name="invoices_total"),
        sa.ForeignKeyConstraint(
            ["account_id", "customer_id"],
            ["customers.account_id", "customers.id"],
            name="invoices_account_id_customer_id_known",
        ),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="invoices_account_id_known"),
        sa.PrimaryKeyConstraint("account_id", "id", name="invoices_key"),
        sa.UniqueConstraint("account_id", "handle", name="invoices_one_account_id_handle"),
        sa.UniqueConstraint("account_id", "number", name="invoices_one_account_id_number"),
        sa.UniqueConstraint(
            "account_id", "type", "period", "sequence", name="invoices_one_account_id_type_period_sequence"
        ),
    )
    op.create_index("invoices_newest", "invoices", ["account_id", "created_at", "id"], unique=False)
    op.create_index(
        "invoices_of_customer", "invoices", ["account_id", "customer_id", "created_at", "id"], unique=False
    )
    op.create_table(
        "orders",
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("customer_id", sa.String(), nullable=True),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("is_including_vat", sa.Boolean(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("invoice_after_shipment", sa.Boolean(), nullable=False),
        sa.Column("billing_name", sa.String(), nullable=True),
        sa.Column("billing_address", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("shipping_address", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("ship_to_country", sa.String(), nullable=True),
        sa.Column("purchase_order_number", sa.String(), nullable=True),
        sa.Column("buyer_reference", sa.String(), nullable=True),
        sa.Column("delivery_date", sa.Date(), nullable=True),
        sa.Column("meta", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("search_text", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("updated_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id", "customer_id"],
            ["customers.account_id", "customers.id"],
            name="orders_account_id_customer_id_known",
        ),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="orders_account_id_known"),
        sa.PrimaryKeyConstraint("account_id", "id", name="orders_key"),
    )
    op.create_index("orders_by_number", "orders", ["account_id", "number"], unique=False)
    op.create_index("orders_newest", "orders", ["account_id", "created_at", "id"], unique=False)
    op.create_index(
        "orders_of_customer", "orders", ["account_id", "customer_id", "created_at", "id"], unique=False
    )
    op.create_table(
        "documents",
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("invoice_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id", "invoice_id"],
            ["invoices.account_id", "invoices.id"],
            name="documents_account_id_invoice_id_known",
        ),
        sa.PrimaryKeyConstraint("account_id", "invoice_id", "kind", name="documents_key"),
    )
    op.create_table(
        "order_items",
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("order_id", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("split_from", sa.String(), nullable=True),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("sku", sa.String(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("unit_price", sa.BigInteger(), nullable=False),
        sa.Column("discount", sa.BigInteger(), nullable=False),
        sa.Column("vat_rate", sa.Integer(), nullable=False),
        sa.Column("vat_category", sa.String(), nullable=False),
        sa.Column("exemption_reason", sa.String(), nullable=True),
        sa.Column("supply", sa.String(), nullable=False),
        sa.Column("shipped_at", sa.DateTime(), nullable=True),
        sa.Column("invoice_id", sa.String(), nullable=True),
        sa.CheckConstraint("quantity <> 0", name="order_items_quantity"),
        sa.ForeignKeyConstraint(
            ["account_id", "invoice_id"],
            ["invoices.account_id", "invoices.id"],
            name="order_items_account_id_invoice_id_known",
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "order_id"],
            ["orders.account_id", "orders.id"],
            name="order_items_account_id_order_id_known",
        ),
        sa.PrimaryKeyConstraint("account_id", "id", name="order_items_key"),
    )
    op.create_index(
        "order_items_of_order", "order_items", ["account_id", "order_id", "position"], unique=False
    )
    op.create_table(
        "invoice_lines",
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("invoice_id", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("order_id", sa.String(), nullable=True),
        sa.Column("order_item_id", sa.String(), nullable=True),
        sa.Column("sku", sa.String(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("unit_price", sa.BigInteger(), nullable=False),
        sa.Column("discount", sa.BigInteger(), nullable=False),
        sa.Column("subtotal", sa.BigInteger(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("total_ex_vat", sa.BigInteger(), nullable=False),
        sa.Column("vat_amount", sa.BigInteger(), nullable=False),
        sa.Column("vat_rate", sa.Integer(), nullable=False),
        sa.Column("vat_category", sa.String(), nullable=False),
        sa.Column("exemption_reason", sa.String(), nullable=True),
        sa.Column("supply", sa.String(), nullable=False),
        sa.CheckConstraint("total = subtotal - discount", name="invoice_lines_total"),
        sa.ForeignKeyConstraint(
            ["account_id", "invoice_id"],
            ["invoices.account_id", "invoices.id"],
            name="invoice_lines_account_id_invoice_id_known",
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "order_item_id"],
            ["order_items.account_id", "order_items.id"],
            name="invoice_lines_account_id_order_item_id_known",
        ),
        sa.PrimaryKeyConstraint("account_id", "invoice_id", "position", name="invoice_lines_key"),
        sa.UniqueConstraint("account_id", "order_item_id", name="invoice_lines_one_account_id_order_item_id"),
    )
    op.create_index("invoice_lines_of_order", "invoice_lines", ["account_id", "order_id"], unique=False)
