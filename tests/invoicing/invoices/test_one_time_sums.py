"""Whatever the lines are, they add up: through the whole command, and back again by credits."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from invoicing.access import Principal
from invoicing.decimals import MILLION
from invoicing.errors import CreditTooHigh, NegativeTotal, NothingToCredit, ValidationError
from invoicing.invoices import from_orders, one_time
from invoicing.invoices.credit import LineCredit
from invoicing.invoices.queries import Issued
from invoicing.invoices.values import CreateInvoiceValues, OrderLineValues
from invoicing.money import MAX_AMOUNT
from invoicing.storage.database import Database
from invoicing.storage.tables import new_id
from invoicing.verify.books import verify
from tests.support import factories
from tests.support.factories import NOW, order_line

GROUPS = [
    {"vat_rate": 21}, {"vat_rate": 9}, {"vat_rate": 5.5}, {"vat_rate": 0.01}, {"vat_rate": 100},
    {"vat_rate": 0}, {"vat_category": "AE"}, {"vat_category": "E"}, {},
]  # fmt: skip


@st.composite
def orders(draw: st.DrawFn) -> list[dict[str, Any]]:
    """1 to 30 lines of one mode, rebates among them, small enough for a cent to matter or huge."""
    limit = draw(st.sampled_from([3, 250, 100_000, MAX_AMOUNT // 2_000]))
    mode = draw(st.sampled_from([True, False, None]))
    line = st.builds(
        lambda amount, quantity, group: order_line(
            amount=amount, quantity=quantity, amount_incl_vat=mode, **group
        ),
        st.integers(-limit // 4, limit),
        st.integers(1, 12),
        st.sampled_from(GROUPS),
    )
    return draw(st.lists(line, min_size=1, max_size=30))


@contextmanager
def nothing_given_back() -> Iterator[None]:
    """An invoice that came to less than nothing is refused, and proves no sum."""
    try:
        yield
    except NegativeTotal:
        assume(False)


def add_up(made: Issued, asked: list[dict[str, Any]]) -> None:
    paper, quoted = made.frozen(), sum(line["amount"] * line["quantity"] for line in asked)
    assert quoted == (made.total if made.is_including_vat else made.total_ex_vat) == made.subtotal
    assert made.total == made.total_ex_vat + made.total_vat >= 0
    assert sum(line.total_ex_vat for line in paper.lines) == made.total_ex_vat
    assert sum(line.vat_amount for line in paper.lines) == made.total_vat
    assert sum(row.base for row in paper.vat) == made.total_ex_vat
    assert sum(row.amount for row in paper.vat) == made.total_vat
    for row in paper.vat:
        group = [
            line for line in paper.lines if (line.vat_category, line.vat_rate) == (row.category, row.rate)
        ]
        assert row.base == sum(line.total_ex_vat for line in group)
        assert row.amount == sum(line.vat_amount for line in group)
        exact = row.base * row.rate / 1_000_000
        assert abs(row.amount - exact) <= (1 if made.is_including_vat else 0.5) + abs(exact) * 1e-12


@given(asked=orders(), cut=st.integers(1, 11))
@settings(
    derandomize=True, deadline=None, max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
def test_lines_rows_and_totals_agree_and_are_credited_to_nothing(
    database: Database, principal: Principal, asked: list[dict[str, Any]], cut: int
) -> None:
    values: CreateInvoiceValues = {
        "handle": new_id(),
        "order_lines": cast(list[OrderLineValues], asked),
        "customer_id": factories.customer(database, principal, registration_number="KVK 1").id,
    }
    with nothing_given_back():
        made = database.write(one_time.create_invoice, principal, values, now=NOW).invoice
    add_up(made, asked)
    line = made.frozen().lines[0]
    parts = []
    if cut * MILLION < line.quantity:
        with suppress(CreditTooHigh, ValidationError):  # more than the invoice came to, or a rebate alone
            parts.append(credit(database, principal, made, LineCredit(line.id, quantity=cut)))
    parts.append(credit(database, principal, made))
    for column in ("total", "total_ex_vat", "total_vat"):
        assert sum(getattr(each, column) for each in parts) == -getattr(made, column)
    with pytest.raises(NothingToCredit):
        credit(database, principal, made)
    assert database.read(verify, principal.account_id).findings == []


def credit(database: Database, principal: Principal, made: Issued, *lines: LineCredit) -> Issued:
    return database.write(from_orders.credit_invoice, principal, made.id, lines or None, reason=None, now=NOW)


@pytest.mark.parametrize(
    ("lines", "total", "net", "vat"),
    [
        ([(199, 1, 21)], 199, 164, 35),
        ([(1, 1, 21)] * 3, 3, 2, 1),
        ([(33, 3, 21), (1, 1, 21)], 100, 83, 17),
        ([(199, 1, 21), (199, 1, 9)], 398, 347, 51),
        ([(15_000, 1, 25)], 15_000, 12_000, 3_000),
        ([(1_000, 1, 21), (-999, 1, 21)], 1, 1, 0),
        ([(1_000, 1, 21), (-999, 1, 0)], 1, -173, 174),
    ],
)
def test_a_cent_is_never_lost(
    database: Database,
    principal: Principal,
    lines: list[tuple[int, int, int]],
    total: int,
    net: int,
    vat: int,
) -> None:
    asked = [order_line(amount=amount, quantity=many, vat_rate=rate) for amount, many, rate in lines]
    made = factories.one_time_invoice(database, principal, *asked)
    assert (made.total, made.total_ex_vat, made.total_vat) == (total, net, vat)
    add_up(made, asked)


def test_a_line_is_credited_by_quantity_and_by_amount(database: Database, principal: Principal) -> None:
    asked = [order_line(amount=333, quantity=3), order_line(text="Rebate", amount=-100)]
    made = factories.one_time_invoice(database, principal, *asked, cost_center="4210")
    advice, rebate = (line.id for line in made.frozen().lines)
    parts = [
        credit(database, principal, made, LineCredit(advice, quantity=1)),
        credit(database, principal, made, LineCredit(advice, amount=41), LineCredit(rebate, amount=-40)),
        credit(database, principal, made),
    ]
    assert [part.total for part in parts] == [-333, -1, -565]
    for part in parts:
        paper = part.frozen()
        assert (part.type, part.customer_id, paper.cost_center) == ("CREDIT", made.customer_id, "4210")
        assert (paper.orders, [each.id for each in paper.credits]) == ((), [made.id])
        assert {line.order_item_id for line in paper.lines} == {None}
    assert sum(part.total_vat for part in parts) == -made.total_vat
    assert database.read(verify, principal.account_id).findings == []
