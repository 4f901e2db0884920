"""Numbers without gaps: per account, type and year, also with rollbacks and many simultaneous callers."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, select

from invoicing import numbering
from invoicing.access import Principal
from invoicing.accounts import settings as account_settings
from invoicing.errors import ClockBehind, NumberTaken, ValidationError
from invoicing.invoices import from_orders
from invoicing.storage.database import Database
from invoicing.storage.tables import number_series
from tests.support import factories

JUNE = date(2025, 6, 2)


@pytest.mark.parametrize(
    ("number_format", "number"),
    [
        ("{seq}", "42"),
        ("{seq:05d}", "00042"),
        ("{seq:01d}", "42"),
        ("INV-{year}-{seq:05d}", "INV-2025-00042"),
        ("{year}{month}/{seq}", "202506/42"),
        ("{month:01d}.{year}.{seq:09d}", "6.2025.000000042"),
        ("Rechnung № {seq:03d} ü", "Rechnung № 042 ü"),
        ("{seq:03d}-{seq}", "042-42"),
    ],
)
def test_a_number_follows_its_format(number_format: str, number: str) -> None:
    assert numbering.number_format(number_format, "format") == number_format
    assert numbering.format_number(number_format, JUNE, 42) == number


@pytest.mark.parametrize(
    "number_format",
    [
        "",
        "   ",
        "INV",
        "INV-{year}",
        "{SEQ}",
        "{seq:5d}",
        "{seq:010d}",
        "{seq:00d}",
        "{seq:05x}",
        "{seq}{day}",
        "{{seq}}",
        "{seq",
        "{seq}}",
        "{seq!r}",
        "{seq.__class__}",
        "{seq}\n",
        "a\x00{seq}",
        "x" * 56 + "{seq}",
        None,
    ],
)
def test_a_format_without_a_valid_sequence_is_refused(number_format: object) -> None:
    if number_format == "{seq}\n":  # white space at the ends is removed
        assert numbering.number_format(number_format, "format") == "{seq}"
        return
    with pytest.raises(ValidationError, match=r"must contain \{seq\}") as refusal:
        numbering.number_format(number_format, "invoice_number_format")
    assert refusal.value.field == "invoice_number_format"


@settings(derandomize=True, max_examples=200, deadline=None, database=None)
@given(st.text(max_size=70))
def test_any_text_is_a_format_or_refused(text: str) -> None:
    try:
        clean = numbering.number_format(text, "format")
    except ValidationError:
        return
    assert numbering.format_number(clean, JUNE, 1) != numbering.format_number(clean, JUNE, 2)


def test_numbers_count_from_one_without_gaps(database: Database, principal: Principal) -> None:
    numbers = [factories.invoice(database, principal).number for _ in range(3)]
    assert numbers == ["INV-2025-00001", "INV-2025-00002", "INV-2025-00003"]


def test_each_account_has_a_series_of_its_own(database: Database, principal: Principal) -> None:
    mine = [factories.invoice(database, principal).number for _ in range(2)]
    theirs = factories.invoice(database, factories.principal(database)).number
    assert (mine, theirs) == (["INV-2025-00001", "INV-2025-00002"], "INV-2025-00001")


def test_a_year_in_the_format_starts_the_numbers_again(database: Database, principal: Principal) -> None:
    december, january = datetime(2025, 12, 31, 23, 59, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)
    dates = (december, december, january, january)
    numbers = [factories.invoice(database, principal, now=moment).number for moment in dates]
    assert numbers == ["INV-2025-00001", "INV-2025-00002", "INV-2026-00001", "INV-2026-00002"]


@pytest.mark.parametrize("number_format", ["INV-{year}-{seq}", "INV-{seq}"])
def test_dates_never_run_backwards_in_a_series(database: Database, number_format: str) -> None:
    principal = factories.principal(database, invoice_number_format=number_format)
    today = datetime(2026, 1, 1, 12, tzinfo=UTC)
    for moment in (today - timedelta(days=400), today, today):
        factories.invoice(database, principal, now=moment)
    order = factories.order(database, principal, items=[factories.item(id="late")])
    with pytest.raises(ClockBehind, match="dated 2026-01-01, and today is 2025-12-31"):
        database.write(from_orders.invoice_order, principal, order.id, now=today - timedelta(days=1))
    issued = database.write(from_orders.invoice_order, principal, order.id, now=today)
    assert issued.sequence == (3 if "year" in number_format else 4)


def test_credits_and_other_accounts_have_dates_of_their_own(database: Database, principal: Principal) -> None:
    today = datetime(2026, 1, 1, 12, tzinfo=UTC)
    factories.invoice(database, principal, now=today)
    factories.invoice(database, factories.principal(database), now=today - timedelta(days=9))


def test_a_year_with_a_width_is_refused() -> None:
    with pytest.raises(ValidationError, match="without a width") as refusal:
        numbering.number_format("INV-{year:02d}-{seq}", "invoice_number_format")
    assert refusal.value.field == "invoice_number_format"


def test_without_a_year_the_numbers_continue(database: Database) -> None:
    principal = factories.principal(database, invoice_number_format="F{month}-{seq}")
    dates = (datetime(2025, 12, 31, 12, tzinfo=UTC), datetime(2026, 1, 1, 12, tzinfo=UTC))
    numbers = [factories.invoice(database, principal, now=moment).number for moment in dates]
    assert numbers == ["F12-1", "F01-2"]


@pytest.mark.parametrize(
    ("timezone", "moment", "day", "number"),
    [
        ("UTC", datetime(2025, 12, 31, 23, 30, tzinfo=UTC), date(2025, 12, 31), "INV-2025-00001"),
        (
            "Europe/Amsterdam",
            datetime(2025, 12, 31, 22, 59, tzinfo=UTC),
            date(2025, 12, 31),
            "INV-2025-00001",
        ),
        ("Europe/Amsterdam", datetime(2025, 12, 31, 23, 0, tzinfo=UTC), date(2026, 1, 1), "INV-2026-00001"),
        ("Pacific/Auckland", datetime(2025, 12, 31, 11, 0, tzinfo=UTC), date(2026, 1, 1), "INV-2026-00001"),
        (
            "America/Los_Angeles",
            datetime(2026, 1, 1, 7, 59, tzinfo=UTC),
            date(2025, 12, 31),
            "INV-2025-00001",
        ),
        ("America/Los_Angeles", datetime(2026, 1, 1, 8, 0, tzinfo=UTC), date(2026, 1, 1), "INV-2026-00001"),
    ],
)
def test_the_year_changes_at_midnight_where_the_seller_is(
    database: Database, timezone: str, moment: datetime, day: date, number: str
) -> None:
    principal = factories.principal(database, timezone=timezone)
    issued = factories.invoice(database, principal, now=moment)
    assert (issued.issued_on, issued.number, issued.created_at) == (day, number, moment)


def test_an_invoice_that_is_rolled_back_leaves_no_gap(
    database: Database, principal: Principal, now: datetime
) -> None:
    orders = [factories.order(database, principal) for _ in range(2)]

    def fails(connection: Connection) -> None:
        from_orders.invoice_order(connection, principal, orders[0].id, now=now)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        database.write(fails)
    issued = database.write(from_orders.invoice_order, principal, orders[1].id, now=now)
    assert (issued.number, issued.sequence) == ("INV-2025-00001", 1)


def run_concurrently(work: Callable[[int], Any], size: int) -> list[Any]:
    with ThreadPoolExecutor(16) as pool:
        return list(pool.map(work, range(size)))


def test_simultaneous_first_numbers_have_no_gap(
    database: Database, principal: Principal, now: datetime
) -> None:
    orders = [factories.order(database, principal) for _ in range(24)]
    issued = run_concurrently(
        lambda place: database.write(from_orders.invoice_order, principal, orders[place].id, now=now),
        len(orders),
    )
    assert sorted(invoice.sequence for invoice in issued) == list(range(1, 25))
    assert len({invoice.number for invoice in issued}) == 24


def test_two_accounts_take_numbers_at_the_same_time(database: Database, now: datetime) -> None:
    sellers = [factories.principal(database) for _ in range(2)]
    orders = [factories.order(database, sellers[place % 2]) for place in range(16)]
    issued = run_concurrently(
        lambda place: (
            database.write(from_orders.invoice_order, sellers[place % 2], orders[place].id, now=now).sequence
        ),
        len(orders),
    )
    assert sorted(issued[::2]) == sorted(issued[1::2]) == list(range(1, 9))


def test_a_new_format_continues_its_own_series(
    database: Database, principal: Principal, now: datetime
) -> None:
    def numbered(number_format: str) -> str:
        database.write(
            account_settings.update_account, principal, {"invoice_number_format": number_format}, now=now
        )
        return factories.invoice(database, principal).number

    formats = ("A-{year}-{seq}", "B{seq}", "C{seq:03d}", "D{year}{seq:04d}")
    assert [numbered(number_format) for number_format in formats] == ["A-2025-1", "B1", "C002", "D20250002"]


def test_a_number_that_was_used_by_an_older_format_is_refused_and_nothing_is_lost(
    database: Database, principal: Principal, now: datetime
) -> None:
    factories.invoice(database, principal)
    database.write(
        account_settings.update_account, principal, {"invoice_number_format": "INV-2025-{seq:05d}"}, now=now
    )
    order = factories.order(database, principal)
    with pytest.raises(NumberTaken) as refusal:
        database.write(from_orders.invoice_order, principal, order.id, now=now)
    assert refusal.value.ids == ("INV-2025-00001",)
    database.write(account_settings.update_account, principal, {"invoice_number_format": "F{seq}"}, now=now)
    assert database.write(from_orders.invoice_order, principal, order.id, now=now).number == "F1"


def test_orders_without_a_number_are_counted(database: Database, principal: Principal) -> None:
    numbers = [factories.order(database, principal).number for _ in range(2)]
    assert numbers == ["1", "2"]
    assert factories.order(database, factories.principal(database)).number == "1"
    assert factories.order(database, principal, number="mine").number == "mine"
    assert factories.order(database, principal).number == "3"


def test_each_series_is_one_row(database: Database, principal: Principal) -> None:
    for _ in range(3):
        factories.invoice(database, principal)
    rows = database.read(
        lambda connection: connection.execute(
            select(number_series.c.type, number_series.c.period, number_series.c.last).order_by("type")
        ).all()
    )
    assert [tuple(row) for row in rows] == [("INVOICE", "2025", 3), ("ORDER", "", 3)]
