"""The tables of the audit log: its entries, what they are about, and where each chain ends."""

from datetime import datetime

from sqlalchemy import Index, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from invoicing.storage.tables.base import Stored, amount_column, instant_column


class AuditHead(Stored):
    """The end of a chain: the number and the hash of its last entry. Only a trigger advances it."""

    __tablename__ = "audit_heads"

    account_id: str = Field(primary_key=True, foreign_key="accounts.id")
    lane: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    sequence: int = amount_column()
    hash: str


class AuditEntry(Stored):
    """Who did what, when, to what: ids only. Triggers refuse to change or delete it.

    `subjects` is a JSON array of pairs, type and id, as text: its bytes are hashed. `previous` is the hash of
    the entry before it in its lane.
    """

    __tablename__ = "audit_entries"
    __table_args__ = (
        UniqueConstraint("account_id", "lane", "sequence"),
        Index("audit_entries_newest", "account_id", "created_at", "id"),
        Index("audit_entries_of_action", "account_id", "action", "created_at", "id"),
    )

    account_id: str = Field(primary_key=True, foreign_key="accounts.id")
    id: str = Field(primary_key=True)
    lane: int
    sequence: int = amount_column()
    created_at: datetime = instant_column()
    action: str
    actor_type: str
    actor_id: str
    customer_id: str | None = None
    request_id: str | None = None
    subjects: str = Field(sa_type=Text)
    previous: str
    hash: str


class AuditSubject(Stored):
    """The entries by what they are about, to be found by it. A trigger writes it with each entry."""

    __tablename__ = "audit_subjects"

    account_id: str = Field(primary_key=True)
    type: str = Field(primary_key=True)
    subject_id: str = Field(primary_key=True)
    entry_id: str = Field(primary_key=True)


audit_heads = SQLModel.metadata.tables["audit_heads"]
audit_entries = SQLModel.metadata.tables["audit_entries"]
audit_subjects = SQLModel.metadata.tables["audit_subjects"]
