"""The work that follows a commit."""

from datetime import datetime

from sqlalchemy import (
    Index,
    Text,
    UniqueConstraint,
    text,
)
from sqlmodel import Field, SQLModel

from invoicing.storage.tables.base import (
    instant,
)


class Job(SQLModel, table=True):
    """Work that follows a commit. A claim moves `run_after` to the end of its lease; done is deleted."""

    __tablename__ = "outbox"
    __table_args__ = (
        UniqueConstraint("account_id", "subject_id", "kind"),
        Index(
            "outbox_due",
            "kind",
            "run_after",
            postgresql_where=text("failed_at IS NULL"),
            sqlite_where=text("failed_at IS NULL"),
        ),
    )

    id: str = Field(primary_key=True)
    account_id: str = Field(foreign_key="accounts.id")
    kind: str
    subject_id: str
    attempts: int = 0
    run_after: datetime = instant()
    lease_token: str | None = None
    last_error: str | None = Field(default=None, sa_type=Text)
    failed_at: datetime | None = instant(nullable=True)
    created_at: datetime = instant()


outbox = SQLModel.metadata.tables["outbox"]
