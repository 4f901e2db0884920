"""The reference of a Swiss QR-bill: right by its check digits, and of one invoice only."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import iso11649
from stdnum.ch import esr

from invoicing.accounts import settings
from invoicing.invoices import from_orders
from invoicing.invoices.payment_reference import (
    creditor_reference,
    is_qr_iban,
    payment_reference,
    qr_reference,
)
from invoicing.numbering import NumberInSeries
from invoicing.snapshot import Address, PaymentReference, Snapshot
from invoicing.storage.database import Database
from tests.support import factories
from tests.support.einvoices import CH
from tests.support.factories import NOW
from tests.support.snapshots import BUYER, SELLER, invoice
from tests.support.till import Till

QR_IBAN, IBAN, OF_LIECHTENSTEIN = "CH4431999123000889012", "CH5800791123000889012", "LI21088100002324013AA"
FIRST = NumberInSeries("2025-0001", "2025", 1)
SEQUENCES = st.tuples(st.sampled_from(["", "2024", "2025", "2026"]), st.integers(1, 10**12))


def asked(iban: str | None = IBAN, country: str | None = "CH", **values: Any) -> Snapshot:
    buyer = replace(BUYER, address=Address(country_code=country))
    return invoice(**{"currency": "CHF", "seller": replace(SELLER, iban=iban), "buyer": buyer, **values})


@given(st.integers(1, 10**26 - 1).map(str))
def test_the_digits_of_a_qr_reference_come_to_its_check_digit(digits: str) -> None:
    reference = qr_reference(digits)
    assert len(reference) == 27
    assert reference[:-1] == digits.rjust(26, "0")
    assert esr.is_valid(reference)


@given(st.text("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=1, max_size=21))
def test_a_creditor_reference_has_its_check_digits(body: str) -> None:
    reference = creditor_reference(body)
    assert reference[:2] + reference[4:] == f"RF{body}"
    assert iso11649.is_valid(reference)


def test_known_references() -> None:
    assert qr_reference("21000000000313947143000901") == "210000000003139471430009017"
    assert qr_reference("820779122585742128669") == "000008207791225857421286694"
    assert creditor_reference("539007547034") == "RF18539007547034"


@given(SEQUENCES, SEQUENCES, st.sampled_from([QR_IBAN, IBAN]))
def test_no_two_numbers_of_a_series_have_the_same_reference(
    one: tuple[str, int], other: tuple[str, int], iban: str
) -> None:
    references = [payment_reference(asked(iban), NumberInSeries("", *each)) for each in (one, other)]
    assert None not in references
    assert (references[0] == references[1]) == (one == other)


@pytest.mark.parametrize(
    ("draft", "reference"),
    [
        (asked(QR_IBAN), "QRR 202500000000000000000000012"),
        (asked("CH44 3199 9123 0008 8901 2"), "QRR 202500000000000000000000012"),
        (asked(QR_IBAN, "DE", currency="EUR"), "QRR 202500000000000000000000012"),
        (asked(IBAN), "SCOR RF31202500000001"),
        (asked(OF_LIECHTENSTEIN, None, currency="EUR"), "SCOR RF31202500000001"),
        (asked(IBAN, "DE"), "SCOR RF31202500000001"),
        (asked(IBAN, "DE", currency="EUR"), None),
        (asked(IBAN, currency="USD"), None),
        (asked("NL91ABNA0417164300"), None),
        (asked(None), None),
        (asked(IBAN, paid=1_210), None),
        (asked(IBAN, type="CREDIT"), None),
    ],
)
def test_who_is_asked_for_what_has_which_reference(draft: Snapshot, reference: str | None) -> None:
    found = payment_reference(draft, FIRST)
    assert (None if found is None else f"{found.type} {found.value}") == reference


@pytest.mark.parametrize(
    ("account", "is_one"),
    [
        ("CH0030000000000000000", True),
        ("LI0031999000000000000", True),
        ("CH0029999000000000000", False),
        ("CH0032000000000000000", False),
        ("DE0030000000000000000", False),
        ("", False),
    ],
)
def test_a_qr_iban_is_told_by_its_banks_number(account: str, is_one: bool) -> None:
    assert is_qr_iban(account) == is_one


def test_references_differ_also_where_the_format_of_numbers_changes(database: Database) -> None:
    swiss: dict[str, Any] = {"iban": QR_IBAN, "address": CH, "default_currency": "CHF"}
    principal = factories.principal(database, **swiss, invoice_number_format="{year}-{seq}")
    next_year = datetime(2026, 1, 5, 12, tzinfo=UTC)
    issued = [factories.invoice(database, principal) for _ in range(2)]
    database.write(settings.update_account, principal, {"invoice_number_format": "R{seq:04d}"}, now=NOW)
    issued.append(factories.invoice(database, principal))
    database.write(settings.update_account, principal, {"invoice_number_format": "{year}/{seq}"}, now=NOW)
    issued += [factories.invoice(database, principal), factories.invoice(database, principal, now=next_year)]
    assert [(each.number, _value(each.frozen())) for each in issued] == [
        ("2025-1", "202500000000000000000000012"),
        ("2025-2", "202500000000000000000000028"),
        ("R0001", "000000000000000000000000011"),
        ("2025/3", "202500000000000000000000033"),
        ("2026/1", "202600000000000000000000013"),
    ]


def test_what_is_prepaid_or_credited_has_no_reference(database: Database) -> None:
    principal = factories.principal(database, iban=IBAN, address=CH, default_currency="CHF")
    till = Till(database, principal)
    till.order("o", 1_210)
    till.pay(1_210, order_id="o")
    assert till.invoice("o-0").frozen().payment_reference is None
    sold = till.sale(1_210)
    assert sold.frozen().payment_reference == PaymentReference("SCOR", creditor_reference("202500000002"))
    assert (
        till.write(from_orders.credit_invoice, sold.id, None, reason="It broke.").frozen().payment_reference
        is None
    )


def _value(frozen: Snapshot) -> str | None:
    return None if frozen.payment_reference is None else frozen.payment_reference.value
