"""A document is found by the key of its file: a download asks whether the file is the one that was made."""

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("documents_by_key", "documents", ["key"])
