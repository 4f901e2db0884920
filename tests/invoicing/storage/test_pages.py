"""Pages by cursor: the whole list, each row once, in both directions, also while new rows are added."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert

from invoicing.access import Principal
from invoicing.customers import details, lists
from invoicing.errors import ValidationError
from invoicing.storage import pages
from invoicing.storage.database import Database
from invoicing.storage.pages import Page, Window
from invoicing.storage.tables import Customer
from invoicing.storage.tables import customers as table
from tests.support import factories

QUICK = settings(
    derandomize=True,
    max_examples=25,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def page(database: Database, principal: Principal, **window: object) -> Page[Customer]:
    return database.read(lists.customers_page, principal, {}, Window(**window))  # type: ignore[arg-type]


def cursor_of(row: Customer) -> str:
    return pages.cursor(row.created_at, row.id)


def ids(found: Page[Customer]) -> list[str]:
    return [row.id for row in found.rows]


def add_customers(
    database: Database, principal: Principal, minutes: Sequence[int], start: int = 0
) -> list[str]:
    """Adds customers created at these minutes, sorted by id within one. Returns the ids, newest first."""
    moments = [factories.NOW + timedelta(minutes=minute) for minute in minutes]
    rows = [
        details.new_customer_row(principal, {"name": "Ann", "id": f"c{number:03d}"}, now=moment)
        for number, moment in enumerate(moments, start)
    ]
    if rows:
        database.write(lambda connection: connection.execute(insert(table), rows))
    return [row["id"] for row in sorted(rows, key=lambda row: (row["created_at"], row["id"]), reverse=True)]


@QUICK
@given(minutes=st.lists(st.integers(0, 5), max_size=30), size=st.integers(1, 12))
def test_pages_walk_the_whole_list_without_a_gap_or_a_repeat(
    database: Database, minutes: list[int], size: int
) -> None:
    principal = factories.principal(database)
    expected = add_customers(database, principal, minutes)
    forward, after = [], None
    while True:
        found = page(database, principal, first=size, after=after)
        forward += ids(found)
        assert found.has_previous == (after is not None)
        if not found.has_next:
            break
        assert len(found.rows) == size
        after = cursor_of(found.rows[-1])
    assert forward == expected
    backward: list[str] = []
    before = None
    while True:
        found = page(database, principal, last=size, before=before)
        backward = ids(found) + backward
        assert found.has_next == (before is not None)
        if not found.has_previous:
            break
        assert len(found.rows) == size
        before = cursor_of(found.rows[0])
    assert backward == expected


@QUICK
@given(
    count=st.integers(0, 12),
    bounds=st.tuples(st.integers(0, 11), st.integers(0, 11)),
    size=st.integers(0, 6),
    backward=st.booleans(),
)
def test_two_cursors_enclose_the_rows_between_them(
    database: Database, count: int, bounds: tuple[int, int], size: int, backward: bool
) -> None:
    principal = factories.principal(database)
    expected = add_customers(database, principal, list(range(count)))
    rows = {row.id: row for row in page(database, principal, first=100).rows}
    left, right = bounds
    if max(bounds) >= count:
        return
    window = {"after": cursor_of(rows[expected[left]]), "before": cursor_of(rows[expected[right]])}
    between = expected[left + 1 : right]
    found = page(database, principal, **window, **({"last": size} if backward else {"first": size}))
    expected_ids = between[len(between) - min(size, len(between)) :] if backward else between[:size]
    assert ids(found) == expected_ids
    assert (found.has_previous if backward else found.has_next) == (len(between) > size)


def test_a_page_does_not_move_when_new_rows_are_added(database: Database, principal: Principal) -> None:
    expected = add_customers(database, principal, range(9))
    first_page = page(database, principal, first=3)
    add_customers(database, principal, [60, 61, 62], start=100)
    rest, after = ids(first_page), cursor_of(first_page.rows[-1])
    for _ in range(2):
        found = page(database, principal, first=3, after=after)
        rest += ids(found)
        after = cursor_of(found.rows[-1])
    assert rest == expected
    newer = page(database, principal, last=10, before=cursor_of(first_page.rows[0]))
    assert ids(newer) == ["c102", "c101", "c100"]


def test_a_cursor_works_without_its_row(database: Database, principal: Principal) -> None:
    expected = add_customers(database, principal, range(4))
    gap = pages.cursor(factories.NOW + timedelta(minutes=1, seconds=30), "anything")
    assert ids(page(database, principal, first=10, after=gap)) == expected[2:]
    assert ids(page(database, principal, last=10, before=gap)) == expected[:2]


def test_a_page_has_20_rows_by_default_and_100_at_most(database: Database, principal: Principal) -> None:
    add_customers(database, principal, range(120))
    sizes = [len(page(database, principal, **window).rows) for window in ({}, {"first": 100}, {"last": 100})]
    assert sizes == [20, 100, 100]
    nothing = page(database, principal, first=0)
    assert (nothing.rows, nothing.has_next, nothing.has_previous) == ([], True, False)
    assert not page(database, factories.principal(database), first=0).has_next


@pytest.mark.parametrize(
    ("window", "field"),
    [
        (Window(first=-1), "first"),
        (Window(first=101), "first"),
        (Window(last=-1), "last"),
        (Window(last=101), "last"),
        (Window(first=1, last=1), "last"),
        (Window(first=0, last=0), "last"),
    ],
)
def test_an_invalid_size_is_refused(window: Window, field: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        _ = window.size
    assert refusal.value.field == field


def encoded(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode()


@pytest.mark.parametrize("field", ["after", "before"])
def test_an_invalid_cursor_is_refused(database: Database, principal: Principal, field: str) -> None:
    add_customers(database, principal, range(2))
    for cursor in (
        "",
        "x",
        "not a cursor",
        "é",
        "====",
        encoded("no place"),
        encoded("2025-06-02T09:30:00+00:00"),
        encoded("2025-06-02T09:30:00+00:00|"),
        encoded("2025-06-02T09:30:00|c000"),
        encoded("2025-13-02T09:30:00+00:00|c000"),
        encoded("0001-01-01T00:00:00+14:00|c000"),
        encoded("9999-12-31T23:59:59-14:00|c000"),
        encoded("2025-06-02T09:30:00+00:00|a\x00b"),
        base64.urlsafe_b64encode(b"\xff\xfe").decode(),
        base64.urlsafe_b64encode(b"2025-06-02T09:30:00+00:00|\xff").decode(),
        encoded("2025-06-02T09:30:00+00:00|c000")[:-3],
    ):
        with pytest.raises(ValidationError) as refusal:
            page(database, principal, **{field: cursor})
        assert refusal.value.field == field, cursor


def test_a_cursor_from_another_account_shows_nothing_of_it(database: Database, principal: Principal) -> None:
    neighbour = factories.principal(database)
    add_customers(database, neighbour, range(3))
    mine = add_customers(database, principal, range(3), start=50)
    theirs = page(database, neighbour, first=1).rows[0]
    assert set(ids(page(database, principal, after=cursor_of(theirs)))) <= set(mine)
