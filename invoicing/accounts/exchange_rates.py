"""Exchange rates: what the VAT of an invoice in a foreign currency is in the seller's tax currency.

A rate is the number of units of `currency` for one unit of `base`, as the European Central Bank states it
for the euro. Where the seller's tax currency is another than the base, the rate is found by way of the euro.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, bindparam, delete, insert, select

from invoicing import checks
from invoicing.access import Principal
from invoicing.accounts.settings import account, tax_currency_of
from invoicing.errors import ValidationError
from invoicing.locks import lock_account
from invoicing.storage.tables import exchange_rates
from invoicing.vat.tax_currency import cross_rate, read_rate

EURO = "EUR"
MOST_RATES = 10_000
"""How many rates one call may set: a year of forty currencies."""

_RATE = re.compile(r"[0-9]{1,12}(\.[0-9]{1,10})?")

_FORGET = delete(exchange_rates).where(
    exchange_rates.c.account_id == bindparam("of_account"),
    exchange_rates.c.base == bindparam("of_base"),
    exchange_rates.c.currency == bindparam("of_currency"),
    exchange_rates.c.date == bindparam("of_date"),
)
_LATEST = (
    select(exchange_rates.c.date, exchange_rates.c.rate)
    .where(
        exchange_rates.c.account_id == bindparam("account"),
        exchange_rates.c.base == bindparam("base"),
        exchange_rates.c.currency == bindparam("currency"),
        exchange_rates.c.date <= bindparam("day"),
    )
    .order_by(exchange_rates.c.date.desc())
    .limit(1)
)


@dataclass(frozen=True, slots=True)
class DailyRate:
    """So many units of `currency` for one of the base, on that day."""

    date: date
    currency: str
    rate: str


def checked_rate(value: object, field: str) -> str:
    """A positive decimal with at most 12 digits before and 10 after the point, without needless zeros."""
    text = str(value).strip()
    if not _RATE.fullmatch(text) or not Decimal(text):
        raise ValidationError(
            f"{field} must be a positive decimal such as 1.0834, with at most 10 decimals "
            f"(it is “{text[:40]}”).",
            field=field,
        )
    return read_rate(text)


def set_exchange_rates(
    connection: Connection,
    principal: Principal,
    rates: Sequence[DailyRate],
    *,
    base: str | None = None,
    now: datetime,
) -> int:
    """Stores the rates, in place of those that are there for the same days. Returns how many there are.

    They are of one of the base, the account's tax currency when none is given.
    """
    seller = account(connection, principal.account_id)
    account_id, base = seller.id, base or tax_currency_of(seller)
    today = now.astimezone(ZoneInfo(seller.timezone)).date()
    if len(rates) > MOST_RATES:
        raise ValidationError(f"At most {MOST_RATES:,} rates can be set at once.", field="rates")
    rows = {(row["currency"], row["date"]): row for row in _rows(account_id, rates, base, today)}
    if rows:
        lock_account(connection, account_id)  # or two calls insert the same rates
        connection.execute(
            _FORGET,
            [
                {"of_account": account_id, "of_base": base, "of_currency": currency, "of_date": day}
                for currency, day in rows
            ],
        )
        connection.execute(insert(exchange_rates), list(rows.values()))
    return len(rows)


def exchange_rate(
    connection: Connection, account_id: str, *, currency: str, base: str, day: date
) -> str | None:
    """The latest rate not after the day; None if there is none.

    It is one of the base itself, or the quotient of both currencies' rates for one euro; whichever is newer.
    """
    if currency == base:
        return "1"
    direct = _latest(connection, account_id, base, currency, day)
    crossed = _by_way_of_euro(connection, account_id, base, currency, day) if base != EURO else None
    found = max((rate for rate in (crossed, direct) if rate is not None), key=_day_of, default=None)
    return None if found is None else found.rate


def _day_of(rate: DailyRate) -> date:
    return rate.date


def _by_way_of_euro(
    connection: Connection, account_id: str, base: str, currency: str, day: date
) -> DailyRate | None:
    of_base = _latest(connection, account_id, EURO, base, day)
    of_currency = (
        DailyRate(day, EURO, "1")
        if currency == EURO
        else _latest(connection, account_id, EURO, currency, day)
    )
    if of_base is None or of_currency is None:
        return None
    try:
        rate = cross_rate(of_currency.rate, of_base.rate)
    except ValueError:
        return None
    return DailyRate(min(of_base.date, of_currency.date), currency, rate)


def _rows(account_id: str, rates: Iterable[DailyRate], base: str, today: date) -> Iterable[dict[str, object]]:
    for place, each in enumerate(rates):
        at = f"rates.{place}."
        currency = checks.currency(each.currency, f"{at}currency")
        if currency == base:
            raise ValidationError(f"{at}currency is {base} itself: its rate is 1.", field=f"{at}currency")
        if each.date > today:
            raise ValidationError(
                f"{at}date must not be in the future (it is {each.date}).", field=f"{at}date"
            )
        yield {
            "account_id": account_id,
            "base": base,
            "currency": currency,
            "date": each.date,
            "rate": checked_rate(each.rate, f"{at}rate"),
        }


def _latest(connection: Connection, account_id: str, base: str, currency: str, day: date) -> DailyRate | None:
    key = {"account": account_id, "base": base, "currency": currency, "day": day}
    found = connection.execute(_LATEST, key).first()
    return None if found is None else DailyRate(found.date, currency, found.rate)
