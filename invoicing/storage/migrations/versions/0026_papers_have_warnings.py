"""A document says what it could not show. Those of before say nothing."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("documents", sa.Column("warnings", sa.JSON(none_as_null=True), nullable=True))
