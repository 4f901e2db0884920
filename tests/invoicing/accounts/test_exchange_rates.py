"""Exchange rates are kept by day to the last digit, and found directly or by way of the euro."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from io import StringIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from invoicing.access import Principal
from invoicing.accounts.ecb_rates import read_ecb_rates
from invoicing.accounts.exchange_rates import (
    DailyRate,
    checked_rate,
    exchange_rate,
    set_exchange_rates,
)
from invoicing.errors import ValidationError
from invoicing.storage.database import Database
from tests.support import factories

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
MONDAY = date(2026, 11, 23)
TUESDAY = MONDAY + timedelta(days=1)


def found(database: Database, principal: Principal, currency: str, base: str, day: date) -> str | None:
    return database.read(exchange_rate, principal.account_id, currency=currency, base=base, day=day)


def keep(database: Database, principal: Principal, *rates: DailyRate, base: str = "EUR") -> None:
    database.write(set_exchange_rates, principal, rates, base=base, now=NOW)


def test_the_latest_rate_that_is_not_after_the_day_counts(database: Database, principal: Principal) -> None:
    keep(database, principal, DailyRate(MONDAY, "USD", "1.0834"), DailyRate(TUESDAY, "USD", "1.0900"))
    assert found(database, principal, "USD", "EUR", MONDAY) == "1.0834"
    assert found(database, principal, "USD", "EUR", TUESDAY + timedelta(days=9)) == "1.09"
    assert found(database, principal, "USD", "EUR", MONDAY - timedelta(days=1)) is None
    assert found(database, principal, "GBP", "EUR", MONDAY) is None


def test_a_rate_of_the_same_day_takes_the_place_of_the_one_before(
    database: Database, principal: Principal
) -> None:
    keep(database, principal, DailyRate(MONDAY, "USD", "1.0834"))
    keep(database, principal, DailyRate(MONDAY, "USD", "1.1"), DailyRate(MONDAY, "USD", "1.2"))
    assert found(database, principal, "USD", "EUR", MONDAY) == "1.2"


def test_other_tax_currencies_are_reached_by_way_of_the_euro(
    database: Database, principal: Principal
) -> None:
    keep(database, principal, DailyRate(MONDAY, "USD", "1.0834"), DailyRate(MONDAY, "PLN", "4.3"))
    assert found(database, principal, "USD", "PLN", TUESDAY) == "0.2519534884"
    assert found(database, principal, "EUR", "PLN", TUESDAY) == "0.2325581395"
    keep(database, principal, DailyRate(TUESDAY, "USD", "0.25"), base="PLN")
    assert found(database, principal, "USD", "PLN", TUESDAY) == "0.25"
    keep(
        database,
        principal,
        *(DailyRate(TUESDAY + timedelta(days=1), code, "2") for code in ("USD", "PLN")),
    )
    assert found(database, principal, "USD", "PLN", TUESDAY + timedelta(days=1)) == "1"


def test_a_currency_is_worth_itself(database: Database, principal: Principal) -> None:
    assert found(database, principal, "EUR", "EUR", MONDAY) == "1"


def test_rates_are_the_accounts_own(database: Database, principal: Principal) -> None:
    keep(database, principal, DailyRate(MONDAY, "USD", "1.0834"))
    assert found(database, factories.principal(database), "USD", "EUR", MONDAY) is None


@pytest.mark.parametrize("rate", ["0", "-1", "1e5", "1,08", "", "NaN", "1.00000000001", "1234567890123"])
def test_what_is_no_rate_is_refused_with_its_place(
    database: Database, principal: Principal, rate: str
) -> None:
    with pytest.raises(ValidationError, match="positive decimal") as refused:
        keep(database, principal, DailyRate(MONDAY, "USD", "1"), DailyRate(MONDAY, "GBP", rate))
    assert refused.value.field == "rates.1.rate"
    assert found(database, principal, "USD", "EUR", MONDAY) is None


def test_the_base_itself_and_unknown_currencies_are_refused(database: Database, principal: Principal) -> None:
    for code in ("EUR", "XXX", "usd"):
        with pytest.raises(ValidationError) as refused:
            keep(database, principal, DailyRate(MONDAY, code, "1"))
        assert refused.value.field == "rates.0.currency"


@settings(derandomize=True, deadline=None)
@given(st.integers(1, 10**12 - 1), st.integers(0, 10**10 - 1))
def test_a_rate_keeps_its_digits(whole: int, part: int) -> None:
    kept = checked_rate(f"{whole}.{part:010d}", "rate")
    assert Fraction(kept) == Fraction(whole) + Fraction(part, 10**10)
    assert checked_rate(kept, "rate") == kept


def test_the_banks_file_is_read_as_it_comes() -> None:
    history = "Date,USD,JPY,BGN,\n2026-11-24,1.0834,161.52,N/A,\n2026-11-23,1.0801,160.9,1.9558,\n"
    assert list(read_ecb_rates(StringIO(history))) == [
        DailyRate(TUESDAY, "USD", "1.0834"),
        DailyRate(TUESDAY, "JPY", "161.52"),
        DailyRate(MONDAY, "USD", "1.0801"),
        DailyRate(MONDAY, "JPY", "160.9"),
        DailyRate(MONDAY, "BGN", "1.9558"),
    ]
    of_one_day = "Date, USD, JPY, \n24 November 2026, 1.0834, 161.52, \n"
    assert list(read_ecb_rates(StringIO(of_one_day))) == [
        DailyRate(TUESDAY, "USD", "1.0834"),
        DailyRate(TUESDAY, "JPY", "161.52"),
    ]


@pytest.mark.parametrize(
    ("text", "reason"), [("order,price\n1,2\n", "first column"), ("Date,USD\nyesterday,1\n", "Line 2")]
)
def test_another_file_is_refused(text: str, reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        list(read_ecb_rates(StringIO(text)))
