"""The text of a Swiss QR code, held to the rules of the Implementation Guidelines 2.3 line by line."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import iban as ibans
from stdnum import iso11649
from stdnum.ch import esr

from documents.paper.qr_bill.bill import NoQrBill, QrBill, qr_bill_of
from documents.paper.qr_characters import said
from invoicing.snapshot import Address, Branding, Party, PaymentReference, Snapshot
from tests.support.swiss import BUYER, IBAN, QR_IBAN, SELLER, swiss

LATIN = re.compile("[ -~\u00a0-\u017fȘșȚț€]*")
ABROAD = Address(address_line_1="Rue du Lac 1268", postal_code="74000", locality="Annecy", country_code="FR")


def bill(snapshot: Snapshot, message: str = "Rechnung 2025-0001") -> tuple[QrBill, list[str]]:
    """The bill, and what was told."""
    told: list[str] = []
    assert snapshot.payment_reference is not None
    return qr_bill_of(snapshot, snapshot.payment_reference, message, told.append), told


def check_rules(code: str) -> None:
    """The rules of chapter 4, in arithmetic of its own."""
    lines = code.split("\n")
    assert len(lines) == 31
    assert len(code.encode()) <= 997
    assert all(LATIN.fullmatch(line) and line == line.strip() for line in lines)
    assert (lines[:3], lines[30]) == (["SPC", "0200", "1"], "EPD")
    account = lines[3]
    assert ibans.is_valid(account)
    assert (account[:2] in ("CH", "LI"), len(account)) == (True, 21)
    for first in (4, 20):
        kind, *address = lines[first : first + 7]
        if first == 20 and not kind:
            assert address == [""] * 6
            continue
        assert kind == "S"
        longest = (70, 70, 16, 16, 35, 2)
        assert all(len(value) <= most for value, most in zip(address, longest, strict=True))
        name, _, _, postal_code, town, country = address
        assert all([name, postal_code, town, re.fullmatch("[A-Z]{2}", country)])
    assert lines[11:18] == [""] * 7
    assert re.fullmatch(r"(0|[1-9]\d{0,8})\.\d\d", lines[18])
    assert float(lines[18]) >= 0.01
    assert lines[19] in ("CHF", "EUR")
    kind, reference = lines[27:29]
    if 30_000 <= int(account[4:9]) <= 31_999:
        assert (kind, esr.is_valid(reference), len(reference)) == ("QRR", True, 27)
    else:
        assert (kind, iso11649.is_valid(reference)) == ("SCOR", True)
    assert len(lines[29]) <= 140


def test_a_bill_says_all_of_it_line_by_line() -> None:
    made, told = bill(swiss(total=194_975))
    assert made.code.split("\n") == [
        "SPC", "0200", "1", "CH4431999123000889012",
        "S", "Mug & Co AG", "Musterstrasse", "123", "8000", "Seldwyla", "CH",
        "", "", "", "", "", "", "",
        "1949.75", "CHF",
        "S", "Simon Müller", "Grosse Marktgasse", "28a", "9490", "Vaduz", "LI",
        "QRR", "202500000000000000000000012", "Rechnung 2025-0001", "EPD",
    ]  # fmt: skip
    assert told == []
    check_rules(made.code)


def test_an_iban_of_any_bank_has_a_creditor_reference() -> None:
    scor = PaymentReference("SCOR", "RF31202500000001")
    made, _ = bill(swiss(seller=replace(SELLER, iban="ch58 0079 1123 0008 8901 2".upper()), reference=scor))
    assert (made.account, made.reference) == (IBAN, scor)
    check_rules(made.code)


@pytest.mark.parametrize(
    ("total", "amount"), [(1, "0.01"), (99_999_999_999, "999999999.99"), (1_000, "10.00")]
)
def test_the_amount_is_what_is_left_to_pay(total: int, amount: str) -> None:
    made, _ = bill(swiss(total=total + 5, paid=5))
    assert made.amount == amount
    check_rules(made.code)


@pytest.mark.parametrize(
    ("line", "street", "building"),
    [
        ("Musterstrasse 12", "Musterstrasse", "12"),
        ("Rue du Lac 12 bis", "Rue du Lac 12 bis", ""),
        ("Strasse des 17. Juni 135a", "Strasse des 17. Juni", "135a"),
        ("Hauptstr. 3/5", "Hauptstr.", "3/5"),
        ("12 High Street", "12 High Street", ""),
        ("Postfach 12", "Postfach 12", ""),
        ("P.O. Box 12", "P.O. Box 12", ""),
        ("Dorf", "Dorf", ""),
        (None, "", ""),
    ],
)
def test_a_building_number_at_the_end_has_its_own_line(line: str | None, street: str, building: str) -> None:
    address = replace(BUYER.address, address_line_1=line)
    made, _ = bill(swiss(buyer=replace(BUYER, address=address)))
    assert made.debtor is not None
    assert (made.debtor.street, made.debtor.building) == (street, building)
    assert [each for each in made.debtor.lines() if each == (line or "")] == ([line] if line else [])


def test_an_address_abroad_is_printed_with_its_country() -> None:
    made, _ = bill(swiss(buyer=replace(BUYER, address=ABROAD)))
    assert made.debtor is not None
    assert made.debtor.lines() == ["Simon Müller", "Rue du Lac 1268", "FR-74000 Annecy"]
    assert made.creditor.lines(has_street=False) == ["Mug & Co AG", "8000 Seldwyla"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Żółć Ș€ ß", "Żółć Ș€ ß"),
        ("“Nguyễn’s” – ﬁne…\u00ad\n 🎁 ①", '"Nguyen\'s" - fine... 1'),
        ("Cafe\u0301", "Café"),
        ("高橋", None),
        ("Дмитрий", None),
        ("A高", None),
    ],
)
def test_text_has_permitted_characters_or_none(text: str, expected: str | None) -> None:
    assert said(text) == expected


@given(st.text(max_size=40))
def test_any_text_that_is_said_has_permitted_characters_only(text: str) -> None:
    found = said(text)
    assert found is None or (LATIN.fullmatch(found) and said(found) == found)


@pytest.mark.parametrize(
    ("party", "missing"),
    [
        (replace(BUYER, address=replace(BUYER.address, postal_code=None)), "the buyer has no postal code."),
        (replace(BUYER, address=Address()), "the buyer has no postal code."),
        (replace(BUYER, address=replace(BUYER.address, locality=" ")), "the buyer has no town."),
        (replace(BUYER, address=replace(BUYER.address, country_code=None)), "the buyer has no country."),
        (replace(BUYER, name="🎁"), "the buyer has no name."),
        (
            replace(BUYER, name="株式会社"),
            "the buyer's name has letters that a Swiss QR code cannot have.",
        ),
    ],
)
def test_a_buyer_that_cannot_be_named_in_full_is_left_to_be_filled_in(party: Party, missing: str) -> None:
    made, told = bill(swiss(buyer=party))
    assert made.debtor is None
    assert told == [f"The Swiss payment part leaves the buyer to be filled in by hand: {missing}"]
    check_rules(made.code)


@pytest.mark.parametrize(
    ("snapshot", "reason"),
    [
        (swiss(seller=replace(SELLER, address=Address())), "the seller has no postal code."),
        (
            swiss(seller=replace(SELLER, legal_name="Мебель")),
            "the seller's name has letters that a Swiss QR code cannot have.",
        ),
        (swiss(total=100_000_000_000), "it cannot ask for a billion or more."),
        (
            swiss(branding=Branding(accent_color="#0A636B", paper_size="LETTER")),
            "it is as wide as A4, and the paper is not.",
        ),
    ],
)
def test_there_is_a_reason_where_there_is_no_bill(snapshot: Snapshot, reason: str) -> None:
    with pytest.raises(NoQrBill, match=re.escape(reason)):
        bill(snapshot)


def test_what_is_too_long_is_cut_and_told() -> None:
    made, told = bill(swiss(buyer=replace(BUYER, name="x" * 71, address=replace(ABROAD, locality="y" * 36))))
    assert made.debtor is not None
    assert (made.debtor.name, made.debtor.town) == ("x" * 70, "y" * 35)
    assert told == [
        "The Swiss payment part has only 70 characters of the buyer's name.",
        "The Swiss payment part has only 35 characters of the buyer's town.",
    ]


def test_a_code_that_would_be_too_large_is_not_made() -> None:
    address = Address(address_line_1="ä" * 70, postal_code="ä" * 16, locality="ä" * 35, country_code="CH")
    huge = Party(name="ä" * 70, iban=QR_IBAN, address=address)
    with pytest.raises(NoQrBill, match="too long"):
        bill(swiss(seller=huge, buyer=huge), "ä" * 140)


_TEXT = st.text(max_size=90) | st.none()
_ADDRESSES = st.builds(
    Address,
    address_line_1=_TEXT,
    postal_code=_TEXT,
    locality=_TEXT,
    country_code=st.sampled_from(["CH", "LI", "DE", None]),
)


@given(st.text(max_size=90), _ADDRESSES, st.text(max_size=200), st.integers(1, 99_999_999_999))
def test_any_invoice_has_a_bill_by_the_rules(name: str, address: Address, message: str, total: int) -> None:
    made, told = bill(swiss(buyer=replace(BUYER, name=name, address=address), total=total), message)
    assert made.debtor is not None or told
    check_rules(made.code)


def other(**values: Any) -> str:
    return bill(swiss(**values))[0].code


def test_a_broken_rule_is_seen() -> None:
    code = other()
    for right, wrong in (
        ("SPC", "BCD"),
        ("CH44", "CH45"),
        ("\nS\n", "\nK\n"),
        ("0012\n", "0013\n"),
        ("QRR", "NON"),
    ):
        with pytest.raises(AssertionError):
            check_rules(code.replace(right, wrong, 1))
