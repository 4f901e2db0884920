"""The official rules find nothing wrong with a file that has no problem by our own list."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from documents.einvoice.file import xml_of
from documents.einvoice.formats import EInvoiceFormat
from documents.einvoice.problems import problems_of
from invoicing.decimals import price_columns, subtotal_of
from invoicing.snapshot import CreditedInvoice, Snapshot, VatRow
from invoicing.vat.arithmetic import Taxable, compute
from tests.support.einvoice_rules import broken_rules
from tests.support.einvoices import BUYER_PARTY, SELLER_PARTY
from tests.support.snapshots import invoice, line

FORMATS = list(EInvoiceFormat)


@pytest.mark.parametrize("wanted", FORMATS)
def test_every_kind_of_invoice_can_be_said_and_breaks_no_rule(
    kinds: dict[str, Snapshot], wanted: EInvoiceFormat
) -> None:
    assert {name: found for name, each in kinds.items() if (found := problems_of(each, wanted))} == {}
    broken = {name: {*broken_rules(xml_of(each, wanted))} for name, each in kinds.items()}
    if wanted is EInvoiceFormat.XRECHNUNG_CII:  # Factur-X asks that the file says to be Factur-X
        broken = {name: rules - {"FX-SCH-A-000556"} for name, rules in broken.items()}
    assert {name: rules for name, rules in broken.items() if rules} == {}


@pytest.mark.parametrize(
    ("element", "rule"),
    [
        (b"TaxInclusiveAmount", "BR-CO-15"),
        (b"LineExtensionAmount", "BR-CO-10"),
        (b"PayableAmount", "BR-CO-16"),
        (b"TaxAmount", "BR-CO-14"),
        (b"IdentificationCode", "BR-CL-14"),
        (b"ChargeIndicator", "XSD"),
    ],
)
def test_a_fault_in_a_file_is_seen(kinds: dict[str, Snapshot], element: bytes, rule: str) -> None:
    xml = xml_of(kinds["line discounts"], EInvoiceFormat.PEPPOL_UBL)
    before, after = xml.split(b"<cbc:" + element, 1)
    start = after.index(b">") + 1
    assert rule in broken_rules(before + b"<cbc:" + element + after[:start] + b"9" + after[start:])


_LINES = st.lists(
    st.tuples(
        st.integers(1, 5_000_000_000),  # millionths: up to 5,000
        st.integers(0, 99_999_999_999),  # millionths of a cent
        st.sampled_from([0, 55_000, 66_250, 90_000, 210_000, 270_000]),
        st.floats(0, 1),
    ),
    min_size=1,
    max_size=12,
)


@settings(derandomize=True, max_examples=40, deadline=None, database=None)
@given(asked=_LINES, is_including_vat=st.booleans(), is_credit=st.booleans())
def test_any_sums_can_be_said(
    asked: list[tuple[int, int, int, float]], is_including_vat: bool, is_credit: bool
) -> None:
    made = _invoice(asked, is_including_vat=is_including_vat, sign=-1 if is_credit else 1)
    for wanted in (EInvoiceFormat.PEPPOL_UBL, EInvoiceFormat.FACTUR_X):
        assert problems_of(made, wanted) == []
        assert broken_rules(xml_of(made, wanted)) == []


def _invoice(asked: list[tuple[int, int, int, float]], *, is_including_vat: bool, sign: int) -> Snapshot:
    subtotals = [subtotal_of(price, quantity) for quantity, price, _, _ in asked]
    discounts = [int(subtotal * part) for subtotal, (*_, part) in zip(subtotals, asked, strict=True)]
    taxable = [
        Taxable(subtotal=sign * subtotal, discount=sign * discount, rate=rate, category="S" if rate else "Z")
        for subtotal, discount, (_, _, rate, _) in zip(subtotals, discounts, asked, strict=True)
    ]
    totals = compute(taxable, including_vat=is_including_vat)
    lines = [
        line(
            id=str(place),
            quantity=sign * asked[place][0],
            **price_columns(asked[place][1]),
            discount=taxed.discount,
            subtotal=taxed.subtotal,
            total=taxed.total,
            total_ex_vat=taxed.net,
            vat_amount=taxed.vat,
            vat_rate=taxable[place].rate,
            vat_category=taxable[place].category,
        )
        for place, taxed in enumerate(totals.lines)
    ]
    plain = invoice(
        is_including_vat=is_including_vat,
        lines=tuple(lines),
        vat=tuple(
            VatRow(category=row.category, rate=row.rate, base=row.base, amount=row.amount)
            for row in totals.rows
        ),
        subtotal=totals.subtotal,
        total_ex_vat=totals.total_ex_vat,
        total_vat=totals.total_vat,
        total=totals.total,
        seller=SELLER_PARTY,
        buyer=BUYER_PARTY,
    )
    credited = CreditedInvoice(id="0", number="2025-0000", issued_on=plain.issued_on)
    return plain if sign > 0 else replace(plain, type="CREDIT", due_on=None, credits=(credited,))
