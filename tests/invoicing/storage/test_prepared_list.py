"""Pages of lists with conditions: prepared statements find what statements that are made each time find."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any
from unittest.mock import patch

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from invoicing.access import Principal
from invoicing.invoices import lists as invoice_lists
from invoicing.orders import lists as order_lists
from invoicing.storage import prepared_list
from invoicing.storage.database import Database
from invoicing.storage.pages import Window, cursor
from tests.support import factories
from tests.support.factories import NOW, item

DAY = timedelta(days=1)
DAYS = [NOW.date() + DAY * days for days in (-1, 0, 1, 40)]
QUICK = settings(
    derandomize=True, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)

amounts = st.sampled_from([0, 100, 1_210, 10**12])
days = st.sampled_from(DAYS)
of_both: dict[str, st.SearchStrategy[Any]] = {
    "number": st.sampled_from(["INV-0000001", "a", "none", "x' OR 1=1", "\x01"]),
    "customer_id": st.sampled_from(["ann", "bob", ""]),
    "currency": st.sampled_from(["EUR", "USD"]),
    "total_from": amounts,
    "total_to": amounts,
}
of_invoices = of_both | {
    "handle": st.sampled_from(["h", ""]),
    "type": st.sampled_from(["INVOICE", "CREDIT"]),
    "state": st.sampled_from(["PENDING", "SETTLED"]),
    "issued_from": days,
    "issued_to": days,
    "due_to": days,
}
moments = st.sampled_from([NOW - DAY, NOW, NOW + DAY])
of_orders = of_both | {"created_from": moments, "created_before": moments}
LISTS: list[tuple[Any, Any, dict[str, st.SearchStrategy[Any]]]] = [
    (invoice_lists.invoices_page, invoice_lists.invoices_count, of_invoices),
    (order_lists.orders_page, order_lists.orders_count, of_orders),
]
windows = st.builds(Window, first=st.integers(0, 3), is_counted=st.booleans()) | st.builds(
    Window, last=st.integers(0, 3), before=st.none() | st.just(cursor(NOW + DAY, "b"))
)


def fill(database: Database, principal: Principal) -> None:
    for id in ("ann", "bob"):
        factories.customer(database, principal, id=id, name=f"{id.title()} Baker")
    terms: dict[str, dict[str, Any]] = {
        "a": {"customer_id": "ann"},
        "b": {"customer_id": "bob", "currency": "USD", "items": [item(unit_price=100)]},
        "c": {"customer_id": "ann", "items": [item(unit_price=10**12)]},
        "d": {"billing_name": "Guest"},
    }
    for place, (id, values) in enumerate(terms.items()):
        factories.invoice(database, principal, invoice_id=id, now=NOW + place * DAY, **values)


def found(page: Any) -> tuple[list[Any], bool, bool]:
    return [tuple(row) for row in page.rows], page.has_next, page.has_previous


def test_what_is_found_is_the_same_in_both_ways(database: Database, principal: Principal) -> None:
    fill(database, principal)
    sessions = (principal, replace(principal, customer_id="ann"))

    @QUICK
    @given(data=st.data())
    def compare(data: st.DataObject) -> None:
        for read, count, conditions in LISTS:
            given = data.draw(st.fixed_dictionaries({}, optional=conditions))
            window, caller = data.draw(windows), data.draw(st.sampled_from(sessions))
            prepared = database.read(read, caller, given, window)
            with patch.object(prepared_list.PreparedList, "_reading", lambda *_: None):
                assert found(database.read(read, caller, given, window)) == found(prepared)
            if prepared.total is not None and prepared.rows:
                assert prepared.total == database.read(count, caller, given)

    compare()


def test_further_conditions_than_are_kept_find_as_much(database: Database, principal: Principal) -> None:
    fill(database, principal)
    with patch.object(prepared_list, "MOST_FILTERED", 0):
        for amount, ids in ((1, 1), (10**12, 0)):
            given = {"total_from": amount, "currency": "USD"}
            page = database.read(order_lists.orders_page, principal, given, Window(first=7))
            assert len(page.rows) == ids
