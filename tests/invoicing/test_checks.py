"""What a value must look like, and how it is normalised."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from invoicing import checks
from invoicing.errors import AmountTooLarge, InvoicingError, MalformedId, ValidationError
from invoicing.money import MAX_AMOUNT
from invoicing.orders.items import ItemType

ANYTHING = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=300),
    st.dates(),
)
CHECKS: dict[str, checks.Check] = {
    "identifier": checks.identifier,
    "handle": checks.handle,
    "text": checks.text(10),
    "quantity": checks.quantity,
    "money": checks.money,
    "flag": checks.flag,
    "currency": checks.currency,
    "vat_rate": checks.vat_rate,
    "unit_price": checks.unit_price,
    "one_of": checks.one_of(ItemType),
    "country": checks.country,
    "locale": checks.locale,
    "timezone": checks.timezone,
    "email": checks.email,
    "iban": checks.iban,
    "day": checks.day,
}


@pytest.mark.parametrize("name", CHECKS)
@settings(derandomize=True, max_examples=150, deadline=None, database=None)
@given(value=ANYTHING)
def test_any_value_is_normalised_or_refused_with_its_field(name: str, value: Any) -> None:
    try:
        clean = CHECKS[name](value, "field")
    except InvoicingError as refusal:
        assert refusal.field == "field"  # noqa: PT017
        assert str(refusal)  # noqa: PT017
        return
    assert clean is not None
    assert name in ("vat_rate", "quantity", "unit_price") or CHECKS[name](clean, "field") == clean


@pytest.mark.parametrize(
    ("name", "value", "clean"),
    [
        ("identifier", "A-1_b.c@d:e", "A-1_b.c@d:e"),
        ("identifier", "x" * 255, "x" * 255),
        ("text", "  a b ", "a b"),
        ("text", "a\tb\nc", "a\tb\nc"),
        ("text", "\u200fשלום", "\u200fשלום"),
        ("day", date(2199, 12, 31), date(2199, 12, 31)),
        ("quantity", 3, 3_000_000),
        ("quantity", 1.5, 1_500_000),
        ("quantity", "0.000001", 1),
        ("unit_price", 0.175, 175_000),
        ("unit_price", -MAX_AMOUNT, -MAX_AMOUNT * 1_000_000),
        ("money", MAX_AMOUNT, MAX_AMOUNT),
        ("money", -MAX_AMOUNT, -MAX_AMOUNT),
        ("vat_rate", 21, 210_000),
        ("vat_rate", 5.5, 55_000),
        ("vat_rate", 0.07, 700),
        ("vat_rate", 6.625, 66_250),
        ("vat_rate", 100, 1_000_000),
        ("country", " nl ", "NL"),
        ("locale", "de-AT", "de_AT"),
        ("locale", "zh_Hant_TW", "zh_Hant_TW"),
        ("timezone", "Europe/Amsterdam", "Europe/Amsterdam"),
        ("iban", "gb82 west 1234 5698 7654 32", "GB82WEST12345698765432"),
        ("email", " a@b ", "a@b"),
        ("one_of", "FEE", "FEE"),
    ],
)
def test_a_good_value_is_normalised(name: str, value: Any, clean: Any) -> None:
    assert CHECKS[name](value, "field") == clean


@pytest.mark.parametrize(
    ("name", "value", "refusal"),
    [
        ("identifier", "x" * 256, MalformedId),
        ("identifier", "a\n", MalformedId),
        ("identifier", None, MalformedId),
        ("handle", "a\n", ValidationError),
        ("text", "", ValidationError),
        ("text", "x" * 11, ValidationError),
        ("text", "a\x7f", ValidationError),
        ("text", "a\ud800", ValidationError),
        ("text", "\u200b\ufeff", ValidationError),
        ("text", "\u3164 \u2060", ValidationError),
        ("day", date(206, 3, 1), ValidationError),
        ("day", date(2206, 3, 1), ValidationError),
        ("quantity", 0, ValidationError),
        ("quantity", 10**9, ValidationError),
        ("quantity", 0.0000001, ValidationError),
        ("quantity", True, ValidationError),
        ("money", MAX_AMOUNT + 1, AmountTooLarge),
        ("money", 1.0, ValidationError),
        ("money", False, ValidationError),
        ("flag", 1, ValidationError),
        ("flag", None, ValidationError),
        ("currency", "eur", ValidationError),
        ("currency", "XXX", ValidationError),
        ("vat_rate", 5.55555, ValidationError),
        ("vat_rate", float("inf"), ValidationError),
        ("vat_rate", "x", ValidationError),
        ("unit_price", MAX_AMOUNT + 1, AmountTooLarge),
        ("unit_price", 1.0000001, ValidationError),
        ("country", "EU ", ValidationError),
        ("country", "001", ValidationError),
        ("timezone", "../etc/passwd", ValidationError),
        ("iban", "GB82WEST12345698765433", ValidationError),
        ("iban", "GB82", ValidationError),
        ("email", "a@b@c", ValidationError),
        ("one_of", "fee", ValidationError),
    ],
)
def test_a_bad_value_is_refused(name: str, value: Any, refusal: type[InvoicingError]) -> None:
    with pytest.raises(refusal) as refused:
        CHECKS[name](value, "field")
    assert type(refused.value) is refusal
    assert refused.value.field == "field"


def test_only_what_is_given_is_checked() -> None:
    rules = {"a": checks.flag, "b": checks.optional(checks.flag)}
    assert checks.checked({"b": None, "c": 1}, rules) == {"b": None}
    with pytest.raises(ValidationError) as refused:
        checks.checked({"a": 1}, rules, at="items.2.")
    assert refused.value.field == "items.2.a"


def test_an_address_keeps_only_what_is_there() -> None:
    given = {"locality": " Delft ", "name": "", "country_code": "nl", "email": None, "unknown": "x"}
    assert checks.address(given, "address") == {"locality": "Delft", "country_code": "NL"}


@pytest.mark.parametrize(
    "value",
    [
        [],
        "x",
        3,
        {"a": 2**64},
        {"a": "\x00"},
        {"a": [{"\x00": 1}]},
        {"a": "x" * 16_384},
        {1: 2},
        {"a": {1, 2}},
        {"a": "\ud800"},
        {"a": [float("inf")]},
        {"a": {"b": float("nan")}},
    ],
)
def test_metadata_is_a_json_object_of_moderate_size(value: Any) -> None:
    with pytest.raises(ValidationError) as refused:
        checks.metadata(value, "meta")
    assert refused.value.field == "metadata"


@pytest.mark.parametrize("levels", [101, 150, 253, 255, 1_000])
def test_metadata_too_deep_is_refused(levels: int) -> None:
    with pytest.raises(ValidationError):
        checks.metadata(nested(levels), "meta")
    assert checks.metadata(nested(100), "meta") == nested(100)


def nested(levels: int) -> dict[str, Any]:
    deep: dict[str, Any] = {}
    for _ in range(levels - 1):
        deep = {"a": deep}
    return deep


def test_a_backslash_before_zeros_is_not_a_control_character() -> None:
    assert checks.metadata({"a": "\\u0000"}, "meta") == {"a": "\\u0000"}


def test_metadata_is_kept_as_it_is() -> None:
    assert checks.metadata({"a": [1, 1.5, None, {"b": "ü"}]}, "meta") == {"a": [1, 1.5, None, {"b": "ü"}]}
    assert checks.metadata(None, "meta") == {}
