"""SQLite is told how large tables are, which every upgrade ends with: this one is for databases of before."""

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Changes no table."""
