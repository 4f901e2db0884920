"""What a file says is what the invoice says."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from lxml import etree

from documents.einvoice.file import xml_of
from documents.einvoice.formats import EInvoiceFormat
from invoicing.snapshot import CreditedInvoice, PaymentReference, Period, Snapshot, VatInTaxCurrency
from tests.support.einvoice_rules import broken_rules
from tests.support.einvoices import BUYER_PARTY, NAMES, SELLER_PARTY
from tests.support.snapshots import invoice, line

UBL, CII = EInvoiceFormat.PEPPOL_UBL, EInvoiceFormat.FACTUR_X

SALE = invoice(
    seller=SELLER_PARTY,
    buyer=BUYER_PARTY,
    lines=(line(name=NAMES, quantity=1_500_000, discount=500, subtotal=1500, sku="M-1", description="Big"),),
    service_period=Period(start=date(2025, 5, 1), end=date(2025, 5, 31)),
    paid=200,
    rounding=-1,
    vat_in_tax_currency=VatInTaxCurrency(currency="SEK", decimals=2, exchange_rate="0.09", amount=2333),
    purchase_order_number="PO-1",
    note="Thank you",
    cost_center="4210",
)
CREDIT = replace(
    SALE,
    type="CREDIT",
    due_on=None,
    lines=(
        line(
            quantity=-1_500_000,
            discount=-500,
            subtotal=-1500,
            total=-1000,
            total_ex_vat=-1000,
            vat_amount=-210,
        ),
    ),
    vat=(replace(SALE.vat[0], base=-1000, amount=-210),),
    total_ex_vat=-1000,
    total_vat=-210,
    total=-1210,
    rounding=1,
    paid=0,
    vat_in_tax_currency=None,
    credits=(CreditedInvoice(id="i0", number="2025-0000", issued_on=date(2025, 5, 30)),),
)


def said(snapshot: Snapshot, wanted: EInvoiceFormat, *names: str) -> list[str | None]:
    """The texts of the elements, each the first of its name."""
    root = etree.fromstring(xml_of(snapshot, wanted))
    return [None if (found := root.find(f".//{{*}}{name}")) is None else found.text for name in names]


def test_ubl_says_the_sums() -> None:
    names = ("TaxExclusiveAmount", "TaxInclusiveAmount", "PrepaidAmount", "PayableRoundingAmount")
    assert said(SALE, UBL, *names, "PayableAmount") == ["10.00", "12.10", "2.00", "-0.01", "10.09"]
    assert said(CREDIT, UBL, *names, "PayableAmount") == ["10.00", "12.10", None, "-0.01", "12.09"]


def test_cii_says_the_sums() -> None:
    names = ("TaxBasisTotalAmount", "GrandTotalAmount", "TotalPrepaidAmount", "RoundingAmount")
    assert said(SALE, CII, *names, "DuePayableAmount") == ["10.00", "12.10", "2.00", "-0.01", "10.09"]
    assert said(CREDIT, CII, *names, "DuePayableAmount") == ["10.00", "12.10", None, "-0.01", "12.09"]


@pytest.mark.parametrize("sold", [SALE, CREDIT])
def test_a_line_comes_to_its_net(sold: Snapshot) -> None:
    for including_vat in (False, True):
        ubl = etree.fromstring(xml_of(replace(sold, is_including_vat=including_vat), UBL))
        quantity, price, allowance, net = (
            Decimal(str(ubl.findtext(f".//{{*}}{name}")))
            for name in (
                "CreditedQuantity" if sold is CREDIT else "InvoicedQuantity",
                "PriceAmount",
                "Amount",
                "LineExtensionAmount",
            )
        )
        assert abs(quantity * price - allowance - net) < Decimal("0.005")


@pytest.mark.parametrize(
    ("currency", "decimals", "quantity", "price", "net"),
    [
        ("JPY", 0, 7_250_000, 21_275, 154_244),  # 154,243.75
        ("JPY", 0, 333_300, 99_999, 33_330),  # 33,329.67
        ("JPY", 0, 1, 99_999, 0),
        ("EUR", 2, 999_999_999_999_999, 3, 2_479_338_843),  # 0.03 with 21 %, in 12 digits
    ],
)
@pytest.mark.parametrize("including_vat", [True, False])
def test_a_line_comes_to_its_net_but_for_two_cents(
    currency: str, decimals: int, quantity: int, price: int, net: int, including_vat: bool
) -> None:
    """PEPPOL-EN16931-R120, in major units: of a currency without decimals, the rounding alone is more."""
    sold = line(quantity=quantity, unit_price=price, total_ex_vat=net)
    made = replace(
        SALE, currency=currency, currency_decimals=decimals, is_including_vat=including_vat, lines=(sold,)
    )
    found = said(made, UBL, "InvoicedQuantity", "PriceAmount", "InvoiceLine/{*}LineExtensionAmount")
    pieces, each, sum_ = (Decimal(str(text)) for text in found)
    assert abs(pieces * each - sum_) <= Decimal("0.02")


def test_a_price_that_comes_to_the_net_is_said_as_it_is() -> None:
    sold = line(quantity=333_300, unit_price=199_950, total_ex_vat=66_643)  # 666.4333 of 666.43
    made = replace(SALE, is_including_vat=False, lines=(sold,))
    assert said(made, UBL, "PriceAmount") == ["1999.5"]


@pytest.mark.parametrize(
    ("note", "written"),
    [
        ("Orders #12 #13", "Orders # 12 #13"),
        ("#REG# Court of Berlin", "# REG# Court of Berlin"),
        ("Orders #1, #2", "Orders # 1, #2"),
        ("Orders #1 and #2", "Orders #1 and #2"),
        ("# 1", "# 1"),
    ],
)
def test_a_note_does_not_begin_a_code_of_a_subject_by_chance(note: str, written: str) -> None:
    made = replace(SALE, note=note)
    assert said(made, UBL, "Note") == [written]
    assert said(made, CII, "IncludedNote/{*}Content") == [note]
    for wanted in (UBL, CII):
        assert broken_rules(xml_of(made, wanted)) == []


@pytest.mark.parametrize(("unit", "code"), [("HUR", "HUR"), ("hrs", "HUR"), ("ell", "ell")])
def test_a_usual_word_for_a_unit_is_said_by_its_code(unit: str, code: str) -> None:
    sold = replace(SALE, lines=(line(unit=unit),))
    quantity = etree.fromstring(xml_of(sold, UBL)).find(".//{*}InvoicedQuantity")
    assert quantity is not None
    assert quantity.get("unitCode") == code


def test_what_else_is_said() -> None:
    assert said(SALE, UBL, "CustomizationID", "InvoiceTypeCode", "DueDate", "TaxCurrencyCode") == [
        "urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0",
        "380",
        "2025-06-16",
        "SEK",
    ]
    assert said(SALE, UBL, "StartDate", "EndDate", "AccountingCost", "PaymentMeansCode", "PaymentID") == [
        "2025-05-01",
        "2025-05-31",
        "4210",
        "58",
        "2025-0001",
    ]
    assert said(CREDIT, UBL, "CreditNoteTypeCode", "InvoiceDocumentReference/{*}ID", "PaymentMeansCode") == [
        "381",
        "2025-0000",
        "57",
    ]
    assert said(CREDIT, CII, "TypeCode", "InvoiceReferencedDocument/{*}IssuerAssignedID") == [
        "381",
        "2025-0000",
    ]


@pytest.mark.parametrize(
    ("reference", "currency", "means"),
    [
        (PaymentReference("QRR", "202500000000000000000000012"), "CHF", "30"),
        (PaymentReference("QRR", "202500000000000000000000012"), "EUR", "30"),
        (PaymentReference("SCOR", "RF31202500000001"), "EUR", "58"),
    ],
)
def test_the_reference_of_a_qr_bill_is_what_a_payment_quotes(
    reference: PaymentReference, currency: str, means: str
) -> None:
    sold = replace(SALE, payment_reference=reference, currency=currency)
    assert said(sold, UBL, "PaymentID", "PaymentMeansCode") == [reference.value, means]
    (quoted,) = said(sold, CII, "PaymentReference")
    assert quoted == reference.value


@pytest.mark.parametrize("wanted", [UBL, CII])
def test_a_text_is_what_it_was_but_for_what_xml_cannot_hold(wanted: EInvoiceFormat) -> None:
    name = "Item/{*}Name" if wanted is UBL else "SpecifiedTradeProduct/{*}Name"
    assert said(SALE, wanted, name) == [NAMES.replace("\uffff", "")]


def test_a_french_seller_writes_what_the_law_asks_for() -> None:
    french = replace(SELLER_PARTY, address=replace(SELLER_PARTY.address, country_code="FR"))
    root = etree.fromstring(xml_of(replace(SALE, seller=french), CII))
    assert [each.text for each in root.iter("{*}SubjectCode")] == ["PMT", "PMD", "AAB"]
    assert said(
        replace(SALE, seller=french), CII, "BusinessProcessSpecifiedDocumentContextParameter/{*}ID"
    ) == ["B1"]


@pytest.mark.parametrize(
    ("quantity", "total", "dutch", "french"),
    [
        (7_000_000, 2_120, "3.0285714286", "3.028571"),
        (120_000_000_000, 1, "0.0000000833", "0.0000000833"),  # nothing would be left of it
        (3_000_000, 300, "1", "1"),
    ],
)
def test_a_price_of_a_french_seller_has_six_decimals_at_most(
    quantity: int, total: int, dutch: str, french: str
) -> None:  # BR-FR-DEC-03
    sold = replace(
        SALE, lines=(line(quantity=quantity, total_ex_vat=total, discount=0),), is_including_vat=True
    )
    paris = replace(SELLER_PARTY, address=replace(SELLER_PARTY.address, country_code="FR"))
    assert said(sold, CII, "ChargeAmount") == [dutch]
    assert said(replace(sold, seller=paris), CII, "ChargeAmount") == [french]


def test_the_same_invoice_has_the_same_bytes() -> None:
    assert [xml_of(SALE, each) for each in EInvoiceFormat] == [xml_of(SALE, each) for each in EInvoiceFormat]
