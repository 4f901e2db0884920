"""When what is on an invoice was delivered or done (directive 2006/112/EC art. 226 (7)). Pure.

EN 16931 has a day for it (BT-72), a period for the whole invoice (BG-14) and one for each line (BG-26). Here
an invoice has a day or a period, or neither, if it is not known of all that is on it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from invoicing.snapshot import Line, Period, Snapshot
from invoicing.storage.tables import Order, OrderItem
from invoicing.stored_snapshot import read_period


@dataclass(frozen=True, slots=True)
class SupplyDate:
    """The day, or the period; both are None if it is not known."""

    delivery_date: date | None = None
    service_period: Period | None = None


def supply_date_of_items(
    covered: Sequence[Order], items: Sequence[OrderItem], timezone: ZoneInfo
) -> SupplyDate:
    """Of items of these orders: from the day on which the first was shipped to the day of the last.

    Days are those of the time zone. An order of which not all was shipped has its own delivery date. What has
    a period of its own is not asked when it was shipped.
    """
    by_order = [
        (order, [item for item in items if item.order_id == order.id]) for order in covered
    ]  # an order covers at least one item
    days = [_days(order, of_order, timezone) for order, of_order in by_order]
    periods = [period for item in items if (period := read_period(item.service_period))]
    return _spanning([day for found in days for day in found], periods) if all(days) else SupplyDate()


def supply_date_of_lines(day: date | None, period: Period | None, lines: Sequence[Line]) -> SupplyDate:
    """What is given, or else the period from the first to the last day of all lines' own periods."""
    if day is not None or period is not None:
        return SupplyDate(day, period)
    periods = [line.service_period for line in lines]
    if None in periods:
        return SupplyDate()
    return _from(day for each in periods if each is not None for day in (each.start, each.end))


def supply_date_of_invoices(credited: Sequence[Snapshot]) -> SupplyDate:
    """What the invoices of a credit say; of several that differ, from the first to the last day."""
    found = {SupplyDate(each.delivery_date, each.service_period) for each in credited}
    if len(found) == 1:
        return found.pop()
    days = [_ends(each) for each in found]
    return _from(day for ends in days for day in ends) if all(days) else SupplyDate()


def _days(order: Order, items: Sequence[OrderItem], timezone: ZoneInfo) -> list[date]:
    """The days on which an order's items were supplied; empty if that is not known."""
    periods = [read_period(item.service_period) for item in items]
    shipped = [item.shipped_at for item in items if item.service_period is None]
    if not shipped:
        return [day for each in periods if each is not None for day in (each.start, each.end)]
    days = [at.astimezone(timezone).date() for at in shipped if at is not None]
    if len(days) == len(shipped):
        return days
    return [order.delivery_date] if order.delivery_date else []


def _spanning(days: Sequence[date], periods: Sequence[Period]) -> SupplyDate:
    """One day; or a period, within which the lines' own periods have to be (PEPPOL-EN16931-R110, -R111)."""
    if len(set(days)) == 1:
        return SupplyDate(days[0])
    return _from([*days, *(day for each in periods for day in (each.start, each.end))])


def _from(days: Iterable[date]) -> SupplyDate:
    """From the first to the last of these days."""
    known = sorted(days)
    if known[0] == known[-1]:
        return SupplyDate(known[0])
    return SupplyDate(service_period=Period(start=known[0], end=known[-1]))


def _ends(supplied: SupplyDate) -> list[date]:
    period = supplied.service_period
    if period is not None:
        return [period.start, period.end]
    return [supplied.delivery_date] if supplied.delivery_date else []
