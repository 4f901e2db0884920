"""The parts of an item add up to it, in any order, and none of them is below zero."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from invoicing.decimals import MAX_DECIMAL, MILLION, read_quantity, read_unit_price, subtotal_of
from invoicing.money import MAX_AMOUNT
from invoicing.orders.parts import Amounts, Whole, part_of

property_test = settings(derandomize=True, deadline=None, max_examples=100)


def whole(unit_price: object, quantity: object, discount: int = 0, allocated: int = 0) -> Whole:
    price, number = read_unit_price(unit_price), read_quantity(quantity)
    amounts = Amounts(subtotal=subtotal_of(price, number), discount=discount, allocated_discount=allocated)
    return Whole(unit_price=price, quantity=number, amounts=amounts)


def parts_of(item: Whole, *quantities: object) -> list[Amounts]:
    """The item in parts of these quantities, one after the other."""
    parts, start = [], 0
    for quantity in map(read_quantity, quantities):
        parts.append(part_of(item, start, quantity))
        start += quantity
    return parts


def together(parts: list[Amounts]) -> Amounts:
    return Amounts(
        subtotal=sum(part.subtotal for part in parts),
        discount=sum(part.discount for part in parts),
        allocated_discount=sum(part.allocated_discount for part in parts),
    )


def nearest(exact: Fraction) -> int:
    size = int(abs(exact) + Fraction(1, 2))
    return size if exact > 0 else -size


@st.composite
def wholes(draw: st.DrawFn) -> Whole:
    """Items of few and of many pieces, at prices below a cent and of a fortune, with discounts up to all."""
    quantity = draw(st.integers(1, 40) | st.integers(1, 10**7) | st.integers(1, MAX_DECIMAL * MILLION - 1))
    quantity *= draw(st.sampled_from([1, MILLION // 4, MILLION])) if quantity < 10**3 else 1
    most = MAX_AMOUNT * MILLION * MILLION // quantity
    price = draw(
        st.sampled_from([10**5, 10**7, 10**10, 10**15]).flatmap(lambda top: st.integers(0, min(top, most)))
    )
    subtotal = subtotal_of(price, quantity)
    discount = draw(st.sampled_from([0, min(1, subtotal), subtotal]) | st.integers(0, subtotal))
    left = subtotal - discount
    allocated = draw(st.sampled_from([0, min(1, left), left]) | st.integers(0, left))
    amounts = Amounts(subtotal=subtotal, discount=discount, allocated_discount=allocated)
    return Whole(unit_price=price, quantity=quantity, amounts=amounts)


@st.composite
def splits(draw: st.DrawFn) -> tuple[Whole, list[int]]:
    """An item and where it is cut, its start and its end included."""
    item = draw(wholes())
    cuts = draw(st.sets(st.integers(1, item.quantity), max_size=8))
    return item, sorted({0, *cuts, item.quantity})


def cut(item: Whole, places: list[int]) -> list[Amounts]:
    return [part_of(item, start, end - start) for start, end in pairwise(places)]


@property_test
@given(splits())
def test_parts_add_up_to_the_whole(split: tuple[Whole, list[int]]) -> None:
    item, places = split
    assert together(cut(item, places)) == item.amounts


@property_test
@given(splits())
def test_no_part_is_below_zero(split: tuple[Whole, list[int]]) -> None:
    for part in cut(*split):
        assert min(part.subtotal, part.discount, part.allocated_discount, part.total) >= 0
        assert part.total == part.subtotal - part.discount - part.allocated_discount


@property_test
@given(splits())
def test_what_has_no_discount_gets_none_by_being_split(split: tuple[Whole, list[int]]) -> None:
    item, places = split
    for part in cut(item, places):
        assert item.amounts.discount or not part.discount
        assert item.amounts.allocated_discount or not part.allocated_discount
        assert item.amounts.total or not part.total


@property_test
@given(splits())
def test_a_part_is_within_a_cent_of_price_times_quantity(split: tuple[Whole, list[int]]) -> None:
    item, places = split
    for (start, end), part in zip(pairwise(places), cut(item, places), strict=True):
        exact = Fraction(item.unit_price, MILLION) * Fraction(end - start, MILLION)
        assert abs(part.subtotal - exact) <= 1


@property_test
@given(splits())
def test_what_has_gone_so_far_is_its_share_of_the_whole(split: tuple[Whole, list[int]]) -> None:
    item, places = split
    for gone in places:
        so_far = part_of(item, 0, gone)
        price, share = Fraction(item.unit_price, MILLION), Fraction(gone, item.quantity)
        assert so_far.subtotal == nearest(price * Fraction(gone, MILLION))
        assert abs(so_far.total - item.amounts.total * share) <= Fraction(3, 2)
        if price * Fraction(gone, MILLION) == so_far.subtotal == item.amounts.subtotal * share:
            assert so_far.total == nearest(item.amounts.total * share)


@property_test
@given(splits(), st.data())
def test_a_part_is_split_again_as_the_whole_would_be(
    split: tuple[Whole, list[int]], data: st.DataObject
) -> None:
    item, places = split
    index = data.draw(st.integers(0, len(places) - 2))
    start, end = places[index : index + 2]
    middle = data.draw(st.integers(start, end))
    again = [part_of(item, start, middle - start), part_of(item, middle, end - middle)]
    assert together(again) == part_of(item, start, end - start)


@property_test
@given(splits(), st.data())
def test_a_line_of_a_part_is_credited_in_parts_of_its_own(
    split: tuple[Whole, list[int]], data: st.DataObject
) -> None:
    item, places = split
    index = data.draw(st.integers(0, len(places) - 2))
    start, end = places[index : index + 2]
    line = Whole(unit_price=item.unit_price, quantity=end - start, amounts=part_of(item, start, end - start))
    cuts = data.draw(st.sets(st.integers(0, line.quantity), max_size=5))
    parts = cut(line, sorted({0, *cuts, line.quantity}))
    assert together(parts) == line.amounts
    assert all(min(part.subtotal, part.discount, part.allocated_discount, part.total) >= 0 for part in parts)


@property_test
@given(splits())
def test_the_parts_of_a_price_reduction_are_the_mirror(split: tuple[Whole, list[int]]) -> None:
    item, places = split
    plain = Amounts(subtotal=item.amounts.subtotal)
    sold = Whole(unit_price=item.unit_price, quantity=item.quantity, amounts=plain)
    taken = Whole(unit_price=-item.unit_price, quantity=item.quantity, amounts=Amounts() - plain)
    assert cut(taken, places) == [Amounts() - part for part in cut(sold, places)]


def test_an_item_given_away_is_given_away_in_parts() -> None:
    parts = parts_of(whole(2499, 1.5, discount=3749), 0.5, 0.25, 0.75)
    assert [part.total for part in parts] == [0, 0, 0]
    assert [part.subtotal for part in parts] == [1250, 624, 1875]


def test_hours_without_a_discount_are_shipped_in_parts() -> None:
    parts = parts_of(whole(2499, 1.5), 0.5, 0.25, 0.75)
    assert [(part.total, part.discount) for part in parts] == [(1250, 0), (624, 0), (1875, 0)]


def test_two_pieces_alike_need_not_come_to_the_same() -> None:
    """Price, quantity and discount do not tell a part's subtotal: it is stored."""
    parts = parts_of(whole(0.4, 2), 1, 1)
    assert parts == [Amounts(), Amounts(subtotal=1)]


def test_both_kinds_of_discount_travel_with_the_pieces() -> None:
    parts = parts_of(whole(1000, 3, discount=100, allocated=50), 1, 1, 1)
    assert [part.total for part in parts] == [950, 950, 950]
    assert [(part.discount, part.allocated_discount) for part in parts] == [(33, 17), (34, 16), (33, 17)]


def test_a_discount_of_ten_on_three_is_shared_as_before() -> None:
    assert [part.total for part in parts_of(whole(1000, 3, discount=100), 1, 1, 1)] == [967, 966, 967]


@pytest.mark.parametrize(("start", "quantity"), [(-1, 1), (0, -1), (0, 1_500_001), (1_500_000, 1)])
def test_what_is_not_there_is_no_part(start: int, quantity: int) -> None:
    with pytest.raises(ValueError, match="is no part"):
        part_of(whole(2499, 1.5), start, quantity)
