"""The audit log: entries in chains of hashes, which the database itself refuses to change."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

LANES = 8
START = "0" * 64
REFUSED = {
    "audit_entries_stay": "UPDATE ON audit_entries",
    "audit_entries_remain": "DELETE ON audit_entries",
    "audit_subjects_stay": "UPDATE ON audit_subjects",
    "audit_subjects_remain": "DELETE ON audit_subjects",
    "audit_heads_remain": "DELETE ON audit_heads",
}
_FOLLOWS = (
    "account_id = NEW.account_id AND lane = NEW.lane AND sequence = NEW.sequence - 1 AND hash = NEW.previous"
)
_IS_LAST_ENTRY = (
    "SELECT 1 FROM audit_entries WHERE account_id = NEW.account_id AND lane = NEW.lane "
    "AND sequence = NEW.sequence AND hash = NEW.hash AND previous = OLD.hash AND sequence = OLD.sequence + 1"
)
_APPENDED = "the audit log is append-only"
_BREAKS = "the entry does not follow on the end of its chain"


def upgrade() -> None:
    _tables()
    op.execute(
        "INSERT INTO audit_heads (account_id, lane, sequence, hash) "  # noqa: S608 (constants)
        f"SELECT id, lane, 0, '{START}' FROM accounts CROSS JOIN "
        f"({' UNION ALL '.join(f'SELECT {lane} AS lane' for lane in range(LANES))}) AS lanes"
    )
    if op.get_bind().dialect.name == "sqlite":
        _triggers_of_sqlite()
    else:
        _triggers_of_postgresql()


def _tables() -> None:
    op.create_table(
        "audit_heads",
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("lane", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="audit_heads_account_id_known"),
        sa.PrimaryKeyConstraint("account_id", "lane", name="audit_heads_key"),
    )
    op.create_table(
        "audit_entries",
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("lane", sa.Integer(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("actor_type", sa.String(), nullable=False),
        sa.Column("actor_id", sa.String(), nullable=False),
        sa.Column("customer_id", sa.String(), nullable=True),
        sa.Column("request_id", sa.String(), nullable=True),
        sa.Column("subjects", sa.Text(), nullable=False),
        sa.Column("previous", sa.String(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="audit_entries_account_id_known"),
        sa.PrimaryKeyConstraint("account_id", "id", name="audit_entries_key"),
        sa.UniqueConstraint(
            "account_id", "lane", "sequence", name="audit_entries_one_account_id_lane_sequence"
        ),
    )
    for name, columns in {
        "audit_entries_newest": ["account_id", "created_at", "id"],
        "audit_entries_of_action": ["account_id", "action", "created_at", "id"],
    }.items():
        op.create_index(name, "audit_entries", columns, unique=False)
    op.create_table(
        "audit_subjects",
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("subject_id", sa.String(), nullable=False),
        sa.Column("entry_id", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "type", "subject_id", "entry_id", name="audit_subjects_key"),
    )


def _triggers_of_sqlite() -> None:
    for name, change in REFUSED.items():
        op.execute(f"CREATE TRIGGER {name} BEFORE {change} BEGIN SELECT RAISE(ABORT, '{_APPENDED}'); END")
    op.execute(
        "CREATE TRIGGER audit_heads_advance BEFORE UPDATE ON audit_heads "
        f"WHEN NOT EXISTS ({_IS_LAST_ENTRY}) BEGIN SELECT RAISE(ABORT, '{_APPENDED}'); END"
    )
    op.execute(
        "CREATE TRIGGER audit_entries_follow AFTER INSERT ON audit_entries BEGIN "  # noqa: S608 (constants)
        f"SELECT RAISE(ABORT, '{_BREAKS}') WHERE NOT EXISTS (SELECT 1 FROM audit_heads WHERE {_FOLLOWS}); "
        f"UPDATE audit_heads SET sequence = NEW.sequence, hash = NEW.hash WHERE {_FOLLOWS}; "
        "INSERT INTO audit_subjects (account_id, type, subject_id, entry_id) "
        "SELECT NEW.account_id, json_extract(value, '$[0]'), json_extract(value, '$[1]'), NEW.id "
        "FROM json_each(NEW.subjects); END"
    )


def _triggers_of_postgresql() -> None:
    op.execute(
        "CREATE FUNCTION audit_is_appended() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{_APPENDED}'; END $$"
    )
    for name, change in REFUSED.items():
        op.execute(f"CREATE TRIGGER {name} BEFORE {change} FOR EACH ROW EXECUTE FUNCTION audit_is_appended()")
    for table in ("audit_entries", "audit_subjects", "audit_heads"):
        op.execute(
            f"CREATE TRIGGER {table}_truncated BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION audit_is_appended()"
        )
    op.execute(
        "CREATE FUNCTION audit_head_advances() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN IF NOT EXISTS ({_IS_LAST_ENTRY}) THEN RAISE EXCEPTION '{_APPENDED}'; END IF; "
        "RETURN NEW; END $$"
    )
    op.execute(
        "CREATE TRIGGER audit_heads_advance BEFORE UPDATE ON audit_heads "
        "FOR EACH ROW EXECUTE FUNCTION audit_head_advances()"
    )
    op.execute(
        "CREATE FUNCTION audit_entry_follows() RETURNS trigger "  # noqa: S608 (constants)
        "LANGUAGE plpgsql AS $$ BEGIN "
        f"UPDATE audit_heads SET sequence = NEW.sequence, hash = NEW.hash WHERE {_FOLLOWS}; "
        f"IF NOT FOUND THEN RAISE EXCEPTION '{_BREAKS}'; END IF; "
        "INSERT INTO audit_subjects (account_id, type, subject_id, entry_id) "
        "SELECT NEW.account_id, named->>0, named->>1, NEW.id "
        "FROM json_array_elements(CAST(NEW.subjects AS json)) AS named; RETURN NULL; END $$"
    )
    op.execute(
        "CREATE TRIGGER audit_entries_follow AFTER INSERT ON audit_entries "
        "FOR EACH ROW EXECUTE FUNCTION audit_entry_follows()"
    )
