"""A VAT number is right by its prefix's rules or by its address's, and is kept without blanks."""

from __future__ import annotations

import pytest

from invoicing.errors import ValidationError
from invoicing.vat.numbers import checked_vat_number, vat_country


@pytest.mark.parametrize(
    ("given", "country", "kept", "belongs_to"),
    [
        ("nl 0044.95.445.B01", "NL", "NL004495445B01", "NL"),
        ("0044.95.445.B01", "NL", "NL004495445B01", "NL"),
        ("136695976", "DE", "DE136695976", "DE"),
        ("094259216", "GR", "EL094259216", "GR"),
        ("EL 094259216", "GR", "EL094259216", "GR"),
        ("GR094259216", "GR", "EL094259216", "GR"),
        ("XI980780684", "GB", "XI980780684", "XI"),
        ("GB980780684", "GB", "GB980780684", "GB"),
        ("DE136695976", None, "DE136695976", "DE"),
        ("DE136695976", "NL", "DE136695976", "DE"),
        ("CHE-107.787.577 MWST", "CH", "CHE-107.787.577MWST", "CH"),
    ],
)
def test_a_right_number_is_kept_and_has_a_country(
    given: str, country: str | None, kept: str, belongs_to: str
) -> None:
    assert checked_vat_number(given, country, "vat_number") == kept
    assert vat_country(kept, country) == belongs_to


@pytest.mark.parametrize("given", ["DEM8801019I2", "GODE561231GR8"])
def test_letters_that_are_no_prefix_are_read_by_the_address(given: str) -> None:
    """A Mexican RFC may begin like a German number."""
    assert checked_vat_number(given, "MX", "vat_number") == given
    assert vat_country(given, "MX") == "MX"


@pytest.mark.parametrize(
    ("given", "country"),
    [
        ("NL004495446B01", "NL"),
        ("NL004495446B01", None),
        ("004495446B01", "NL"),
        ("DE123", "DE"),
        ("EL094259217", "GR"),
        ("no number at all", "NL"),
    ],
)
def test_wrong_check_digits_are_refused_with_the_field(given: str, country: str | None) -> None:
    with pytest.raises(ValidationError, match="check digits") as refused:
        checked_vat_number(given, country, "customer.vat_number")
    assert refused.value.field == "customer.vat_number"
    assert given in str(refused.value)


@pytest.mark.parametrize(("given", "country"), [("12-3456789", "US"), ("US1234", None), ("123", None)])
def test_countries_that_are_not_known_are_not_checked(given: str, country: str | None) -> None:
    assert checked_vat_number(given, country, "vat_number") == given


def test_no_number_has_no_country() -> None:
    assert vat_country(None, "NL") is None
    assert vat_country("", "NL") is None
