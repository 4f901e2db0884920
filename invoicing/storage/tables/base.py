"""Shared by all tables: kinds of columns, references within an account, the names of constraints."""

from datetime import UTC, datetime
from typing import Any, ClassVar

from sqlalchemy import (
    JSON,
    BigInteger,
    ColumnElement,
    DateTime,
    Dialect,
    ForeignKeyConstraint,
    Index,
    Integer,
    String,
    Table,
    TypeDecorator,
    bindparam,
    cast,
    or_,
    text,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.schema import SchemaItem
from sqlmodel import Field, SQLModel
from sqlmodel.main import get_column_from_field
from uuid_utils import uuid7

SQLModel.metadata.naming_convention = {
    "ix": "%(table_name)s_by_%(column_0_N_name)s",
    "uq": "%(table_name)s_one_%(column_0_N_name)s",
    "ck": "%(table_name)s_%(constraint_name)s",
    "fk": "%(table_name)s_%(column_0_N_name)s_known",
    "pk": "%(table_name)s_key",
}


class Stored(SQLModel):
    """A table. Its rows are read and written by Core statements, so it has no validators and no mapper."""

    model_config = {"defer_build": True}
    __table__: ClassVar[Table]
    __tablename__: ClassVar[str]
    __table_args__: ClassVar[tuple[SchemaItem, ...]] = ()

    @classmethod
    def __pydantic_init_subclass__(cls, **_: Any) -> None:
        columns = []
        for name, field in cls.model_fields.items():
            column = get_column_from_field(field)
            column.name = column.key = name
            columns.append(column)
        cls.__table__ = Table(cls.__tablename__, SQLModel.metadata, *columns, *cls.__table_args__)


def new_id() -> str:
    """A UUIDv7: unique, and sorted by creation."""
    return str(uuid7())


def violated_constraint(clash: IntegrityError) -> str:
    """The name of the violated constraint (PostgreSQL), or a message with its columns (SQLite)."""
    diagnosis = getattr(clash.orig, "diag", None)
    return str(diagnosis.constraint_name if diagnosis else clash.orig)


class Instant(TypeDecorator[datetime]):
    """A moment in UTC. SQLite has no time zones, so it is stored without one and gets it back when read."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC)


def amount_column(*, default: int | None = None, nullable: bool = False) -> Any:
    """With a default, that is what rows of before the column have."""
    if nullable:
        return Field(default=None, sa_type=BigInteger, nullable=True)
    if default is None:
        return Field(sa_type=BigInteger)
    return Field(default=default, sa_type=BigInteger, sa_column_kwargs={"server_default": str(default)})


def quantity_column(*, nullable: bool = False) -> Any:
    """Millionths. SQLite's INTEGER has 64 bits."""
    kind = BigInteger().with_variant(Integer, "sqlite")
    return Field(default=None, sa_type=kind, nullable=nullable)


def zero_column() -> Any:
    """An amount that is 0 unless it is given."""
    return Field(default=0, sa_type=BigInteger, sa_column_kwargs={"server_default": text("0")})


def instant_column(*, nullable: bool = False) -> Any:
    return Field(default=None, sa_type=Instant, nullable=nullable)


def json_column(*, nullable: bool = True) -> Any:
    return Field(default=None, sa_type=JSON(none_as_null=True), nullable=nullable)


def account_reference(column: str, table: str) -> ForeignKeyConstraint:
    """A reference within the account: (account_id, column) to the table's (account_id, id)."""
    return ForeignKeyConstraint(["account_id", column], [f"{table}.account_id", f"{table}.id"])


def index_without_nulls(name: str, column: str, *, unique: bool = False) -> Index:
    """An index of a column that is mostly null, without the nulls: with them SQLite would scan the table."""
    return index_where(f"{column} IS NOT NULL", name, "account_id", column, unique=unique)


def index_where(condition: str, name: str, *columns: str, unique: bool = False) -> Index:
    """An index of the rows that meet a condition. Migrations make it, and here it only says which it is: as
    an argument for a kind of database, which SQLAlchemy checks, it would load both."""
    return Index(name, *columns, unique=unique, info={"where": condition})


def is_of_customer(owner: ColumnElement[Any]) -> ColumnElement[bool]:
    """Selects the rows of the customer in the parameter `customer`; all rows if it is null."""
    customer = bindparam("customer", type_=String)
    return or_(cast(customer, String).is_(None), owner == customer)
