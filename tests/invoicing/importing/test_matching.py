"""Which earlier sales a cancellation takes back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invoicing.importing.matching import Requested, SoldLine, Take, Unmatched, match

MONDAY = datetime(2025, 6, 2, tzinfo=UTC)


def sold(id: str, left: int, *, day: int = 0, price: int = 100) -> SoldLine:
    return SoldLine(id, f"order-{id}", MONDAY + timedelta(days=day), price, left)


def matched_quantities(
    requested: Sequence[Requested], lines: Sequence[SoldLine], *, day: int = 9
) -> list[list[tuple[str, int]]]:
    matched = match(requested, lines, MONDAY + timedelta(days=day))
    return [[(take.sold.id, take.quantity) for take in takes] for takes in matched]


def match_one(quantity: int, lines: Sequence[SoldLine], *, price: int = 100) -> list[tuple[str, int]]:
    return matched_quantities([Requested(quantity, price)], lines)[0]


def test_the_latest_line_with_enough_left_is_taken() -> None:
    assert match_one(3, [sold("a", 3, day=0), sold("b", 5, day=1), sold("c", 2, day=2)]) == [("b", 3)]


def test_of_several_lines_those_of_the_same_price_are_taken() -> None:
    assert match_one(2, [sold("a", 5, day=0), sold("b", 5, day=1, price=90)]) == [("a", 2)]
    assert match_one(2, [sold("a", 1, day=0), sold("b", 1, day=1), sold("c", 9, price=90)]) == [
        ("b", 1),
        ("a", 1),
    ]


def test_a_line_of_another_price_is_taken_if_there_is_none_of_the_same() -> None:
    assert match_one(2, [sold("a", 5, price=90)]) == [("a", 2)]


def test_several_lines_are_used_up_the_latest_first_if_none_has_enough() -> None:
    assert match_one(6, [sold("a", 4), sold("b", 2, day=1), sold("c", 3, day=2)]) == [
        ("c", 3),
        ("b", 2),
        ("a", 1),
    ]


def test_lines_of_another_price_are_used_up_last() -> None:
    assert match_one(4, [sold("a", 3), sold("b", 3, day=1, price=90)]) == [("a", 3), ("b", 1)]


def test_lines_of_one_document_do_not_take_the_same_piece() -> None:
    lines = [sold("a", 2), sold("b", 2, day=1)]
    assert matched_quantities([Requested(2, 100), Requested(2, 100)], lines) == [[("b", 2)], [("a", 2)]]


def test_a_sale_at_the_moment_of_the_cancellation_is_earlier() -> None:
    assert matched_quantities([Requested(1, 100)], [sold("a", 1, day=3)], day=3) == [[("a", 1)]]


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ([], "no_earlier_sale"),
        ([sold("a", 5, day=10)], "no_earlier_sale"),
        ([sold("a", 0)], "more_than_sold"),
        ([sold("a", 2), sold("b", 1), sold("c", 9, day=10)], "more_than_sold"),
    ],
    ids=["nothing bought", "bought later", "all taken back", "too few, and more later"],
)
def test_what_was_not_sold_is_not_taken_back(lines: list[SoldLine], reason: str) -> None:
    with pytest.raises(Unmatched) as unmatched:
        match([Requested(4, 100)], lines, MONDAY + timedelta(days=9))
    assert unmatched.value.flaw.reason == reason


PRICES = st.sampled_from([90, 100])
LINES = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 5), PRICES), max_size=6).map(
    lambda given: [sold(str(at), left, day=day, price=price) for at, (left, day, price) in enumerate(given)]
)
DOCUMENTS = st.lists(
    st.tuples(
        st.integers(0, 6), st.lists(st.builds(Requested, st.integers(1, 8), PRICES), min_size=1, max_size=3)
    ),
    max_size=5,
).map(lambda documents: sorted(documents, key=lambda document: document[0]))


@given(lines=LINES, documents=DOCUMENTS)
def test_each_is_matched_in_full_or_not_at_all_and_never_more_than_was_sold(
    lines: list[SoldLine], documents: list[tuple[int, list[Requested]]]
) -> None:
    had = {line.id: line.left for line in lines}
    taken_back: Counter[str] = Counter()
    for day, requested in documents:
        at = MONDAY + timedelta(days=day)
        available = sum(line.left for line in lines if line.at <= at)
        wanted = sum(each.quantity for each in requested)
        try:
            matched = match(requested, lines, at)
        except Unmatched:
            assert wanted > available
            continue
        assert [sum(take.quantity for take in takes) for takes in matched] == [
            each.quantity for each in requested
        ]
        for take in _all(matched):
            assert take.quantity > 0
            assert take.sold.at <= at
            take.sold.left -= take.quantity
            taken_back[take.sold.id] += take.quantity
    assert all(taken_back[id] <= quantity for id, quantity in had.items())
    assert all(line.left == had[line.id] - taken_back[line.id] for line in lines)


@given(lines=LINES.flatmap(lambda lines: st.tuples(st.just(lines), st.permutations(lines))), data=DOCUMENTS)
def test_the_order_in_which_sales_are_found_does_not_matter(
    lines: tuple[list[SoldLine], list[SoldLine]], data: list[tuple[int, list[Requested]]]
) -> None:
    for _, requested in data:
        first, second = (_outcome(requested, found) for found in lines)
        assert first == second


def _quantities(matched: list[list[Take]]) -> list[int]:
    return [sum(take.quantity for take in takes) for takes in matched]


def _all(matched: list[list[Take]]) -> list[Take]:
    return [take for takes in matched for take in takes]


def _outcome(requested: list[Requested], lines: list[SoldLine]) -> list[list[tuple[str, int]]] | str:
    try:
        return matched_quantities(requested, lines, day=4)
    except Unmatched as unmatched:
        return unmatched.flaw.reason
