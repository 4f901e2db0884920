"""An order's discount goes to what it applies to, all of it and to nothing twice."""

from __future__ import annotations

from fractions import Fraction
from math import floor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from invoicing.errors import ValidationError
from invoicing.money import MAX_AMOUNT
from invoicing.orders.discounts import Orderable, allocate

property_test = settings(derandomize=True, deadline=None, max_examples=100)


def product(total: int, rate: int = 210_000) -> Orderable:
    return Orderable(type="PRODUCT", total=total, rate=rate)


def shipping(total: int, rate: int = 210_000) -> Orderable:
    return Orderable(type="SHIPPING", total=total, rate=rate)


def off(amount: int, rate: int | None = None) -> Orderable:
    return Orderable(type="DISCOUNT", total=-amount, rate=rate)


def amounts(*items: Orderable) -> list[int]:
    return [each.amount for each in allocate(items)]


@pytest.mark.parametrize(
    ("items", "left"),
    [
        ([product(100_000), product(10_000), off(22_000)], [80_000, 8_000]),
        ([product(15_000), product(6_000), off(4_200)], [12_000, 4_800]),
        ([product(1_000), product(300), off(260)], [800, 240]),
        ([product(100), off(100)], [0]),
    ],
)
def test_a_discount_is_shared_out_in_proportion(items: list[Orderable], left: list[int]) -> None:
    after = [item.total - share for item, share in zip(items, amounts(*items), strict=True)]
    assert after[:-1] == left


def test_the_missing_cents_go_to_the_items_that_lost_most_and_then_to_the_first() -> None:
    assert amounts(product(100), product(100), product(100), off(100)) == [34, 33, 33, 0]
    assert amounts(product(100), product(150), off(9)) == [4, 5, 0]  # 3.6 and 5.4


def test_a_discount_goes_to_products_and_not_to_their_shipping() -> None:
    assert amounts(shipping(500), product(1_000), off(300)) == [0, 300, 0]
    assert amounts(shipping(500), Orderable(type="FEE", total=100, rate=0), off(300)) == [250, 50, 0]


def test_a_discount_with_a_rate_goes_to_what_has_that_rate() -> None:
    high, low, post = product(1_000), product(500, 90_000), shipping(400, 60_000)
    assert amounts(high, low, post, off(100, 90_000)) == [0, 100, 0, 0]
    assert amounts(high, low, post, off(100, 60_000)) == [0, 0, 100, 0]  # no product has it
    assert amounts(high, low, post, off(150, 0)) == [100, 50, 0, 0]  # nothing has it: all products
    assert amounts(post, off(100, 0)) == [100, 0]  # there is no product


def test_discounts_are_taken_in_order_each_from_what_is_left() -> None:
    found = allocate([product(1_000), off(500), product(500, 90_000), off(100, 90_000), off(300)])
    assert [each.amount for each in found] == [333 + 222, 0, 167 + 100 + 78, 0, 0]
    assert [each.discounts for each in found] == [[1, 4], [], [1, 3, 4], [], []]
    assert [each.discounts for each in allocate([product(1_000), product(1), off(10)])] == [[2], [], []]


@pytest.mark.parametrize(
    ("items", "place", "left"),
    [
        ([off(100)], 0, 0),
        ([product(1_000), off(1_500)], 1, 1_000),
        ([product(1_000), off(600), off(401)], 2, 400),
        ([product(1_000), product(100, 90_000), off(101, 90_000)], 2, 100),
        ([product(1_000), shipping(500), off(1_001)], 2, 1_000),
        ([product(0), product(1_000, 90_000), off(1, 210_000)], 2, 0),
    ],
)
def test_a_discount_larger_than_what_it_applies_to_is_refused(
    items: list[Orderable], place: int, left: int
) -> None:
    with pytest.raises(ValidationError, match=f"but {left} is left") as refusal:
        allocate(items)
    assert refusal.value.field == f"items.{place}.unit_price"


def test_no_discount_takes_nothing_off() -> None:
    assert amounts() == []
    assert amounts(product(5), off(0)) == [0, 0]
    assert amounts(off(0)) == [0]


rates = st.sampled_from([0, 90_000, 210_000])
totals = st.integers(0, 9) | st.integers(0, 100_000) | st.integers(0, MAX_AMOUNT // 60)
goods = st.builds(Orderable, type=st.sampled_from(["PRODUCT", "SHIPPING", "FEE"]), total=totals, rate=rates)
discounts = st.builds(off, totals, st.none() | rates)


@property_test
@given(st.lists(goods | discounts, max_size=30))
def test_whatever_is_taken_off_is_taken_off_once(items: list[Orderable]) -> None:
    try:
        found = allocate(items)
    except ValidationError:
        return
    assert sum(each.amount for each in found) == -sum(item.total for item in items if item.type == "DISCOUNT")
    for item, each in zip(items, found, strict=True):
        assert 0 <= each.amount <= max(item.total, 0)
        assert bool(each.amount) == bool(each.discounts)
        assert each.discounts == sorted(set(each.discounts))


@property_test
@given(st.lists(goods, min_size=1, max_size=30), st.none() | rates, st.data())
def test_a_share_is_within_a_cent_of_its_proportion(
    items: list[Orderable], rate: int | None, data: st.DataObject
) -> None:
    same = [item for item in items if item.rate == rate]
    candidates = [
        [item for item in same if item.type == "PRODUCT"],
        same,
        [item for item in items if item.type == "PRODUCT"],
        items,
    ]
    target = next(each for each in candidates if each)
    whole = sum(item.total for item in target)
    discount = data.draw(st.integers(0, whole))
    shares = amounts(*items, off(discount, rate))[:-1]
    lost = []
    for item, share in zip(items, shares, strict=True):
        if not any(item is each for each in target):
            assert share == 0
        elif whole:
            exact = Fraction(discount * item.total, whole)
            assert abs(share - exact) < 1
            lost.append((exact - floor(exact), share > exact))
    raised = [rest for rest, is_up in lost if is_up]
    kept = [rest for rest, is_up in lost if not is_up]
    assert not raised or not kept or min(raised) >= max(rest for rest in kept)
