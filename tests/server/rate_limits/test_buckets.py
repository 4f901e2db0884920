"""Token buckets against what they promise, and against a bucket that is counted by hand."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.rate_limits.buckets import Buckets, Quota
from server.rate_limits.rate import Rate

rates = st.builds(Rate, st.integers(1, 1_000), seconds=st.sampled_from([1, 60]), burst=st.integers(1, 5_000))
pauses = st.lists(st.integers(0, 3_000), max_size=60)  # milliseconds between requests


@given(rates, pauses, st.integers(1, 400))
def test_a_bucket_counts_as_one_that_is_filled_by_hand(
    rate: Rate, milliseconds: list[int], at_once: int
) -> None:
    buckets = Buckets(rate, most=10)
    inside, now = Fraction(rate.burst), Fraction(0)
    for pause in milliseconds:
        now += Fraction(pause, 1_000)
        inside = min(inside + Fraction(pause, 1_000) * rate.number / rate.seconds, Fraction(rate.burst))
        for _ in range(at_once):
            taken = buckets.take("key", float(now)).wait == 0
            if abs(inside - 1) > Fraction(1, 100):  # else a float may be on either side
                assert taken is (inside >= 1)
            inside -= taken


def test_what_is_left_counts_down_and_comes_back() -> None:
    buckets = Buckets(Rate(1, seconds=1, burst=3), most=10)
    assert [buckets.take("key", 0.0) for _ in range(3)] == [
        Quota(2, 1.0, 0.0),
        Quota(1, 2.0, 0.0),
        Quota(0, 3.0, 0.0),
    ]
    assert buckets.take("key", 0.0) == Quota(0, 3.0, 1.0)
    assert buckets.take("key", 1.0) == Quota(0, 3.0, 0.0)
    assert buckets.take("key", 100.0) == Quota(2, 1.0, 0.0)


def test_names_do_not_share_a_bucket() -> None:
    buckets = Buckets(Rate(1, seconds=1, burst=1), most=10)
    assert [buckets.take(name, 0.0).wait for name in ("a", "b", "a")] == [0.0, 0.0, 1.0]


def test_however_many_names_come_so_many_are_kept() -> None:
    buckets = Buckets(Rate(1, seconds=1, burst=1), most=100)
    for number in range(10_000):
        buckets.take(number, 0.0)
    assert len(buckets) == 100
    assert [buckets.take(number, 0.0).wait for number in (0, 9_999)] == [0.0, 1.0]


def test_what_was_given_back_can_be_taken_again() -> None:
    buckets = Buckets(Rate(1, seconds=1, burst=1), most=10)
    assert buckets.take("key", 0.0).wait == 0
    buckets.give_back("key")
    assert buckets.take("key", 0.0).wait == 0
    buckets.give_back("nobody")


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("50/s burst 200", Rate(50, 1, 200)),
        (" 50 / s  BURST 200 ", Rate(50, 1, 200)),
        ("50/s", Rate(50, 1, 50)),
        ("600/m burst 5", Rate(600, 60, 5)),
        ("1/h", Rate(1, 3_600, 1)),
        ("off", None),
        ("Off ", None),
    ],
)
def test_rates_are_read(text: str, rate: Rate | None) -> None:
    assert Rate.parse(text) == rate


@pytest.mark.parametrize(
    "text", ["", "50", "50/d", "0/s", "50/s burst 0", "-1/s", "50/s burst", "1.5/s", "no"]
)
def test_what_is_no_rate_is_refused_with_what_to_write(text: str) -> None:
    with pytest.raises(ValueError, match=r"write `50/s burst 200`"):
        Rate.parse(text)
