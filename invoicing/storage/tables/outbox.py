"""The table of jobs to do after a commit."""

from datetime import datetime

from sqlalchemy import Text, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from invoicing.storage.tables.base import Stored, index_where, instant_column


class Job(Stored):
    """A job to do after a commit. A claim sets `run_after` to the lease's end; a finished job is deleted.

    Jobs of a kind may stand in several queues, which are claimed in turns: see `outbox_turns`.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        UniqueConstraint("account_id", "subject_id", "kind"),
        index_where("failed_at IS NULL", "outbox_due", "kind", "queue", "run_after"),
    )

    id: str = Field(primary_key=True)
    account_id: str = Field(foreign_key="accounts.id")
    kind: str
    queue: str = Field(default="", sa_column_kwargs={"server_default": text("''")})
    subject_id: str
    attempts: int = 0
    run_after: datetime = instant_column()
    lease_token: str | None = None
    last_error: str | None = Field(default=None, sa_type=Text)
    failed_at: datetime | None = instant_column(nullable=True)
    created_at: datetime = instant_column()


outbox = SQLModel.metadata.tables["outbox"]
