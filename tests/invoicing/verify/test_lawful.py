"""Verifying finds invoices that lack what the law asks of every one, and of their VAT categories."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson
import pytest

from invoicing.access import Principal
from invoicing.storage.database import Database
from invoicing.verify.lawful import find_unlawful
from tests.support import factories
from tests.support.planted_faults import has_finding, plant, unprotected

Change = Callable[[dict[str, Any]], object]


def set_category(category: str) -> Change:
    return lambda snapshot: [line.update(vat_category=category) for line in snapshot["lines"]]


@pytest.fixture
def snapshot(database: Database, principal: Principal) -> dict[str, Any]:
    frozen: dict[str, Any] = orjson.loads(factories.invoice(database, principal).snapshot)
    assert [*find_unlawful(frozen)] == []
    return frozen


@pytest.mark.parametrize("field", ["legal_name", "address_line_1", "locality", "country_code", "vat_number"])
def test_a_seller_who_says_too_little_is_found(snapshot: dict[str, Any], field: str) -> None:
    seller = snapshot["seller"]
    (seller if field in seller else seller["address"])[field] = None
    ((kind, says),) = find_unlawful(snapshot)
    assert kind == "seller"
    assert says.endswith("is not on it.")


def test_a_tax_number_will_do(snapshot: dict[str, Any]) -> None:
    snapshot["seller"].update(vat_number=None, tax_number="123")
    assert [*find_unlawful(snapshot)] == []


@pytest.mark.parametrize(
    ("category", "buyer", "missing"),
    [
        ("AE", {}, ["the buyer's VAT or registration number"]),
        ("AE", {"registration_number": "1"}, []),
        ("K", {}, ["a buyer's VAT number of another member state", "a date or period of supply"]),
        ("K", {"vat_number": "NL004495445B01"}, ["a buyer's VAT number of another member state", "a date"]),
        ("K", {"vat_number": "DE136695976"}, ["a date or period of supply"]),
        ("G", {"address": {"country_code": "DE"}}, ["a buyer or a delivery address outside the EU"]),
        ("G", {"address": {"country_code": "CH"}}, []),
        ("O", {}, []),
        ("Z", {}, []),
    ],
)
def test_a_category_without_what_it_needs_is_found(
    snapshot: dict[str, Any], category: str, buyer: dict[str, Any], missing: list[str]
) -> None:
    set_category(category)(snapshot)
    snapshot["buyer"].update({"address": {}, **buyer})
    found = [says for _, says in find_unlawful(snapshot)]
    assert len(found) == len(missing)
    for says, what in zip(found, missing, strict=True):
        assert says.startswith(f"Category {category} without {what}")


def test_what_is_outside_the_scope_of_vat_stands_alone(snapshot: dict[str, Any]) -> None:
    snapshot["lines"].append({**snapshot["lines"][0], "vat_category": "O"})
    assert [*find_unlawful(snapshot)] == [("vat", "Category O without standing alone.")]


def test_a_credit_repeats_its_invoice(snapshot: dict[str, Any]) -> None:
    snapshot.update(type="CREDIT")
    snapshot["seller"]["legal_name"] = None
    assert [*find_unlawful(snapshot)] == []


def test_an_invoice_without_a_seller_and_one_of_an_earlier_date_are_found_in_the_books(
    database: Database, principal: Principal
) -> None:
    numbers = [factories.invoice(database, principal).number for _ in range(3)]
    books = unprotected(database)
    erased = (
        """UPDATE invoices SET snapshot = replace(snapshot, '"locality":"Amsterdam"', '"locality":null')"""
    )
    findings = plant(
        books,
        f"{erased} WHERE sequence = 1",
        "UPDATE invoices SET issued_on = '2025-01-31' WHERE sequence = 3",
    )
    assert has_finding(findings, numbers[0], "seller", "town is not on it")
    assert has_finding(findings, numbers[2], "dates", "It is dated 2025-01-31, one before it 2025-06-02")
