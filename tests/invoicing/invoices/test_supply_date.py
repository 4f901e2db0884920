"""When what is invoiced was delivered or done, as the invoice and its credits say it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from invoicing.access import Principal
from invoicing.errors import ValidationError
from invoicing.orders import returns, shipping
from invoicing.orders.actions import Action
from invoicing.orders.returns import Contra
from invoicing.snapshot import Period
from invoicing.storage.database import Database
from invoicing.stored_snapshot import load
from tests.support import factories
from tests.support.factories import item, order_line
from tests.support.till import Till

MAY = {"start": date(2025, 5, 1), "end": date(2025, 5, 31)}
JUNE = {"start": date(2025, 6, 1), "end": date(2025, 6, 30)}


def period(start: str, end: str) -> Period:
    return Period(start=date.fromisoformat(start), end=date.fromisoformat(end))


@pytest.fixture
def till(database: Database) -> Till:
    return Till(database, factories.principal(database, timezone="Europe/Amsterdam"))


def ordered(till: Till, id: str, *items: dict[str, Any], **values: Any) -> list[str]:
    """Takes in an order of the customer `ann`; returns the ids of its items."""
    named = [item(**{"id": f"{id}-{place}", **each}) for place, each in enumerate(items)]
    factories.order(till.database, till.principal, id=id, items=named, customer_id="ann", **values)
    return [each["id"] for each in named]


def ship(till: Till, order_id: str, item_id: str, at: str) -> None:
    moment = datetime.fromisoformat(at).replace(tzinfo=UTC)
    till.database.write(shipping.ship_items, till.principal, order_id, [(item_id, None)], shipped_at=moment)


@pytest.fixture(autouse=True)
def ann(till: Till) -> None:
    factories.customer(till.database, till.principal, id="ann")


def test_what_was_shipped_on_one_day_was_delivered_on_it(till: Till) -> None:
    ids = ordered(till, "o", {}, {}, delivery_date=date(2025, 7, 1))
    ship(till, "o", ids[0], "2025-05-19T22:30")  # in Amsterdam it is the 20th
    ship(till, "o", ids[1], "2025-05-20T21:30")
    paper = till.invoice(*ids).frozen()
    assert (paper.delivery_date, paper.service_period) == (date(2025, 5, 20), None)


def test_what_was_shipped_on_several_days_has_a_period(till: Till) -> None:
    ids = ordered(till, "o", {}, {}, {})
    for id, day in zip(ids, ("2025-05-22", "2025-05-20", "2025-05-21"), strict=True):
        ship(till, "o", id, f"{day}T10:00")
    paper = till.invoice(*ids).frozen()
    assert (paper.delivery_date, paper.service_period) == (None, period("2025-05-20", "2025-05-22"))


@pytest.mark.parametrize("day", [None, date(2025, 7, 1)])
def test_while_not_all_is_shipped_the_orders_own_date_counts(till: Till, day: date | None) -> None:
    ids = ordered(till, "o", {}, {}, delivery_date=day)
    ship(till, "o", ids[0], "2025-05-20T10:00")
    paper = till.invoice(*ids).frozen()
    assert (paper.delivery_date, paper.service_period) == (day, None)


def test_several_orders_span_all_their_days_or_none_if_one_is_not_known(till: Till) -> None:
    for order, day in (("a", None), ("b", date(2025, 6, 9)), ("c", None)):
        ordered(till, order, {}, {}, delivery_date=day)
    ship(till, "a", "a-0", "2025-05-20T10:00")
    both = till.invoice("a-0", "b-0").frozen()
    assert both.service_period == period("2025-05-20", "2025-06-09")
    unknown = till.invoice("b-1", "c-0").frozen()
    assert (unknown.delivery_date, unknown.service_period) == (None, None)


def test_an_items_own_period_is_on_its_line_and_goods_keep_their_day(till: Till) -> None:
    ids = ordered(till, "o", {}, {"service_period": MAY})
    ship(till, "o", ids[0], "2025-05-20T10:00")
    paper = load(till.invoice(*ids).snapshot)
    assert paper.delivery_date == date(2025, 5, 20)
    assert [line.service_period for line in paper.lines] == [None, period("2025-05-01", "2025-05-31")]


def test_a_period_of_shipments_holds_the_items_own_periods(till: Till) -> None:
    ids = ordered(till, "o", {}, {}, {"service_period": JUNE})
    ship(till, "o", ids[0], "2025-05-20T10:00")
    ship(till, "o", ids[1], "2025-06-02T10:00")
    assert till.invoice(*ids).frozen().service_period == period("2025-05-20", "2025-06-30")


def test_an_invoice_of_periods_only_spans_them(till: Till) -> None:
    ids = ordered(
        till, "o", {"service_period": JUNE}, {"service_period": MAY}, delivery_date=date(2025, 7, 1)
    )
    assert till.invoice(*ids).frozen().service_period == period("2025-05-01", "2025-06-30")


def test_a_part_that_is_split_off_keeps_the_period(till: Till) -> None:
    (id,) = ordered(till, "o", {"quantity": 3, "service_period": MAY})
    till.database.write(
        shipping.ship_items, till.principal, "o", [(id, 1)], shipped_at=datetime(2025, 6, 1, tzinfo=UTC)
    )
    paper = till.invoice(id).frozen()
    assert paper.service_period == paper.lines[0].service_period == period("2025-05-01", "2025-05-31")


def test_a_credit_repeats_what_its_invoice_says(till: Till) -> None:
    ids = ordered(till, "o", {}, {"service_period": MAY})
    ship(till, "o", ids[0], "2025-05-20T10:00")
    sale = till.invoice(*ids)
    credited = till.credit(sale).frozen()
    assert credited.delivery_date == date(2025, 5, 20)
    assert [line.service_period for line in credited.lines] == [None, period("2025-05-01", "2025-05-31")]


def test_a_credit_of_several_invoices_spans_their_days(till: Till) -> None:
    ids = ordered(till, "o", {}, {})
    for id, day in zip(ids, ("2025-05-20", "2025-05-22"), strict=True):
        ship(till, "o", id, f"{day}T10:00")
        till.invoice(id)
    till.write(returns.undo_items, Action.RETURN, "o", [Contra(id, None, f"{id}-back") for id in ids])
    credited = till.invoice(*(f"{id}-back" for id in ids)).frozen()
    assert credited.service_period == period("2025-05-20", "2025-05-22")
    assert len(credited.credits) == 2


@pytest.mark.parametrize(
    ("given", "day", "span"),
    [
        ({"delivery_date": date(2025, 5, 20)}, date(2025, 5, 20), None),
        ({"service_period": MAY}, None, period("2025-05-01", "2025-05-31")),
        ({}, None, None),
    ],
)
def test_a_one_time_invoice_says_what_it_is_told(
    database: Database, principal: Principal, given: dict[str, Any], day: date | None, span: Period | None
) -> None:
    made = factories.one_time_invoice(
        database, principal, order_line(service_period=JUNE), order_line(), **given
    )
    paper = load(made.snapshot)
    assert (paper.delivery_date, paper.service_period) == (day, span)
    assert [line.service_period for line in paper.lines] == [period("2025-06-01", "2025-06-30"), None]


def test_a_one_time_invoice_of_periods_only_spans_them(database: Database, principal: Principal) -> None:
    lines = [order_line(service_period=JUNE), order_line(service_period=MAY)]
    made = factories.one_time_invoice(database, principal, *lines)
    assert made.frozen().service_period == period("2025-05-01", "2025-06-30")


BACKWARDS = {"start": date(2025, 5, 2), "end": date(2025, 5, 1)}


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"service_period": BACKWARDS}, "service_period.end"),
        ({"order_lines": [order_line(service_period=BACKWARDS)]}, "order_lines.0.service_period.end"),
        ({"service_period": MAY, "delivery_date": date(2025, 5, 1)}, "service_period"),
    ],
)
def test_a_period_that_cannot_be_is_refused(
    database: Database, principal: Principal, values: dict[str, Any], field: str
) -> None:
    with pytest.raises(ValidationError) as refusal:
        factories.one_time_invoice(database, principal, **values)
    assert refusal.value.field == field


def test_an_items_period_that_cannot_be_is_refused(till: Till) -> None:
    with pytest.raises(ValidationError, match="must not be before items") as refusal:
        ordered(till, "o", {}, {"service_period": BACKWARDS})
    assert refusal.value.field == "items.1.service_period.end"
