"""Numbers of invoices and orders without gaps: each is taken in the transaction that uses it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple, TypeVar

from sqlalchemy import Connection, Date, bindparam, case, func, select, update

from invoicing.errors import ClockBehind, ValidationError
from invoicing.storage import rows
from invoicing.storage.prepared import Prepared
from invoicing.storage.tables import number_series
from invoicing.storage.upserts import upsert

T = TypeVar("T")

_PLACEHOLDER = re.compile(r"\{(year|month|seq)(?::0([1-9])d)?\}")

_OF_SERIES = (
    number_series.c.account_id == bindparam("account"),
    number_series.c.type == bindparam("series"),
    number_series.c.period == bindparam("year"),
)
_NEXT = Prepared(
    update(number_series)
    .where(*_OF_SERIES)
    .values(last=number_series.c.last + 1)
    .returning(number_series.c.last)
)
_OF_ANY_YEAR = number_series.alias()
_NEXT_OF_DAY = Prepared(
    update(number_series)
    .where(*_OF_SERIES)
    .values(
        last=number_series.c.last + 1,
        issued_on=case(
            (number_series.c.issued_on > bindparam("day"), number_series.c.issued_on),
            else_=bindparam("day", type_=Date),
        ),
    )
    .returning(
        number_series.c.last,
        number_series.c.issued_on,  # read under the row's lock: what a transaction before this one has set
        select(func.max(_OF_ANY_YEAR.c.issued_on))
        .where(_OF_ANY_YEAR.c.account_id == bindparam("account"), _OF_ANY_YEAR.c.type == bindparam("series"))
        .scalar_subquery()
        .label("of_any_year"),
    )
)


class _Next(NamedTuple):
    last: int


class _Taken(NamedTuple):
    last: int
    issued_on: date | None
    of_any_year: date | None


@dataclass(frozen=True, slots=True)
class NumberInSeries:
    """A number, and its sequence: without gaps within (account, type, period)."""

    number: str
    period: str
    sequence: int


def take_number(
    connection: Connection, account_id: str, series: str, number_format: str, on: date
) -> NumberInSeries:
    """The next number of the series. Its row stays locked until the transaction ends, so call this last.

    ClockBehind if an invoice of the series has a later date, in whatever year its numbers began: the dates
    of a series never run backwards.
    """
    period = f"{on:%Y}" if "{year}" in number_format else ""
    key = {"account": account_id, "series": series, "year": period}
    taken = _taken(connection, _NEXT_OF_DAY, {**key, "day": on}, _Taken)
    last_date = max(day for day in (taken.issued_on, taken.of_any_year) if day is not None)
    if on < last_date:
        raise ClockBehind(f"The last invoice of the series is dated {last_date}, and today is {on} here.")
    return NumberInSeries(format_number(number_format, on, taken.last), period, taken.last)


def next_sequence(connection: Connection, account_id: str, series: str, period: str) -> int:
    key = {"account": account_id, "series": series, "year": period}
    return _taken(connection, _NEXT, key, _Next).last


def _taken(connection: Connection, take_next: Prepared, key: Mapping[str, object], as_: type[T]) -> T:
    taken = rows.one_or_none(connection, take_next, key, as_=as_)
    if taken is None:  # the series is new; another transaction may be creating it too
        first = {"account_id": key["account"], "type": key["series"], "period": key["year"], "last": 0}
        connection.execute(upsert(number_series).values(first).on_conflict_do_nothing())
        taken = rows.one(connection, take_next, key, as_=as_)
    return taken


def format_number(number_format: str, on: date, sequence: int) -> str:
    values = {"year": on.year, "month": on.month, "seq": sequence}

    def fill(match: re.Match[str]) -> str:
        width = match[2] or ("2" if match[1] == "month" else "0")
        return f"{values[match[1]]:0{width}d}" if width != "0" else str(values[match[1]])

    return _PLACEHOLDER.sub(fill, number_format)


def formats_overlap(one: str, other: str) -> bool:
    """Whether both formats can give the same number. A large sequence is tried, as it exceeds all widths."""
    day = date(2000, 10, 10)
    return format_number(one, day, 10**9) == format_number(other, day, 10**9)


def number_format(value: object, field: str) -> str:
    """A format with {seq} and optionally {year} and {month}, with widths as in {seq:05d}."""
    given = str(value).strip()
    rest = _PLACEHOLDER.sub("", given)
    if re.search(r"\{year:", given):
        raise ValidationError(
            f"{field} must have the year as {{year}}, without a width: the numbers start again with it "
            f"(it is “{given[:60]}”).",
            field=field,
        )
    if "{seq" not in given or re.search(r"[{}\x00-\x1f]", rest) or not 1 <= len(given) <= 60:
        raise ValidationError(
            f"{field} must contain {{seq}} or such as {{seq:05d}}, may contain {{year}} and {{month}}, "
            f"and has at most 60 characters (it is “{given[:60]}”).",
            field=field,
        )
    return given
