"""Reverse charge, supplies within the EU, exports and what is out of scope: when each is allowed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from invoicing.vat.categories import Category
from invoicing.vat.numbers import EU_COUNTRIES
from invoicing.vat.treatment import Treatment, breaches, first_breach

SOUND = Treatment(
    categories={"S"},
    goods_under=set(),
    seller_vat_country="NL",
    buyer_vat_country="DE",
    buyer_registration_number="HRB 1",
    buyer_country="DE",
    ship_to_country="DE",
    has_supply_date=True,
)
COUNTRIES = st.none() | st.sampled_from(["NL", "DE", "GR", "XI", "GB", "US", "CH"])
TREATMENTS = st.builds(
    Treatment,
    categories=st.sets(st.sampled_from(list(Category)), min_size=1),
    goods_under=st.sets(st.sampled_from(list(Category))),
    seller_vat_country=COUNTRIES,
    buyer_vat_country=COUNTRIES,
    buyer_registration_number=st.none() | st.just("HRB 1"),
    buyer_country=COUNTRIES,
    ship_to_country=COUNTRIES,
    has_supply_date=st.booleans(),
)


@pytest.mark.parametrize("category", ["S", "Z", "E", "AE", "K", "O"])
def test_a_business_of_another_member_state_may_be_invoiced_in_every_way(category: str) -> None:
    assert first_breach(replace(SOUND, categories={category})) is None


@pytest.mark.parametrize(
    ("buyer", "destination", "goods", "services"),
    [
        ("US", "US", True, True),
        ("US", None, True, True),
        ("DE", "US", True, True),
        ("US", "NL", False, True),
        ("US", "XI", False, True),
        ("DE", None, False, False),
        ("DE", "NL", False, False),
        (None, "US", True, True),
        (None, None, False, False),
    ],
)
def test_goods_leave_the_eu_by_where_they_go(
    buyer: str | None, destination: str | None, goods: bool, services: bool
) -> None:
    """Article 146: a buyer outside is not enough for goods that are delivered within."""
    export = replace(SOUND, categories={"G"}, buyer_country=buyer, ship_to_country=destination)
    breach = first_breach(replace(export, goods_under={"G", "S"}))
    assert (breach is None) == goods
    assert breach is None or (breach.rule, breach.field) == (
        "2006/112/EC art. 146",
        "shipping_address.country_code",
    )
    assert (first_breach(export) is None) == services


def test_an_export_leaves_the_eu() -> None:
    export = replace(SOUND, categories={"G"})
    breach = first_breach(export)
    assert breach is not None
    assert (breach.rule, breach.field) == ("2006/112/EC art. 146", "shipping_address.country_code")
    assert first_breach(replace(export, ship_to_country="US")) is None
    assert first_breach(replace(export, buyer_country="CH")) is None
    assert first_breach(replace(export, buyer_country=None, ship_to_country=None)) is not None


@pytest.mark.parametrize(
    ("category", "lacking", "rule", "field"),
    [
        ("AE", {"seller_vat_country": None}, "BR-AE-02", "account.vat_number"),
        (
            "AE",
            {"buyer_vat_country": None, "buyer_registration_number": None},
            "BR-AE-02",
            "customer.vat_number",
        ),
        ("K", {"seller_vat_country": None}, "BR-IC-02", "account.vat_number"),
        ("K", {"buyer_vat_country": None}, "BR-IC-02", "customer.vat_number"),
        ("K", {"buyer_vat_country": "NL"}, "2006/112/EC art. 138", "customer.vat_number"),
        ("K", {"buyer_vat_country": "GB"}, "2006/112/EC art. 138", "customer.vat_number"),
        ("K", {"has_supply_date": False}, "BR-IC-11", "delivery_date"),
        (
            "K",
            {"buyer_country": None, "ship_to_country": None},
            "BR-IC-12",
            "shipping_address.country_code",
        ),
        ("K", {"ship_to_country": "NL"}, "2006/112/EC art. 138", "shipping_address.country_code"),
        ("K", {"ship_to_country": "US"}, "2006/112/EC art. 138", "shipping_address.country_code"),
        ("G", {"seller_vat_country": None}, "BR-G-02", "account.vat_number"),
        ("O", {"categories": {"O", "S"}}, "BR-O-11", "items"),
    ],
)
def test_what_is_lacking_is_named(category: str, lacking: dict[str, object], rule: str, field: str) -> None:
    breach = first_breach(replace(SOUND, **{"categories": {category}, **lacking}))  # type: ignore[arg-type]
    assert breach is not None
    assert (breach.rule, breach.field, breach.category) == (rule, field, category)
    assert breach.message.endswith(".")


def test_a_registration_number_is_enough_for_reverse_charge() -> None:
    assert first_breach(replace(SOUND, categories={"AE"}, buyer_vat_country=None)) is None


@settings(derandomize=True, deadline=None, max_examples=300)
@given(TREATMENTS)
def test_what_is_allowed_has_all_that_the_law_asks_for(given: Treatment) -> None:
    found = list(breaches(given))
    assert {breach.category for breach in found} <= set(given.categories)
    assert first_breach(given) == (found[0] if found else None)
    if found:
        return
    if {"AE", "K", "G"} & set(given.categories):
        assert given.seller_vat_country
    if "K" in given.categories:
        assert given.buyer_vat_country in EU_COUNTRIES - {given.seller_vat_country}
        assert given.has_supply_date
    if "G" in given.categories:
        assert {given.buyer_country, given.ship_to_country} - EU_COUNTRIES - {None}
        assert "G" not in given.goods_under or given.ship_to_country not in EU_COUNTRIES
    if "O" in given.categories:
        assert given.categories == {"O"}
