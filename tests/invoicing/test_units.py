"""Units: the codes of UN/ECE Recommendations 20 and 21, and the words that stand for some of them."""

from __future__ import annotations

import pytest

from invoicing.units import code_of, units, words


@pytest.mark.parametrize(
    ("unit", "code"),
    [
        ("C62", "C62"),
        ("XPK", "XPK"),
        ("hrs", "HUR"),
        ("Std", "HUR"),
        ("h", "HUR"),
        ("kg", "KGM"),
        ("KG", "KGM"),
        ("kgm", "KGM"),
        ("m²", "MTK"),
        ("St.", "C62"),
        ("stk", "C62"),
        ("STK", "STK"),  # a code of its own: a stick of cigarettes
        ("min", "MIN"),
        ("ell", None),
        ("", None),
        ("пар", None),
    ],
)
def test_a_unit_is_a_code_or_stands_for_one(unit: str, code: str | None) -> None:
    assert code_of(unit) == code


def test_each_code_stands_for_itself() -> None:
    assert {unit: code_of(unit) for unit in units()} == {unit: unit for unit in units()}


def test_each_word_stands_for_a_code_and_can_be_a_unit() -> None:
    assert set(words().values()) <= units()
    assert max(map(len, words())) <= 3
    assert all(word == word.casefold() for word in words())
