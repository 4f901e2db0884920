"""What stands in the way of an e-invoice is told by its rule and the field to fill in."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from lxml import etree

from documents.einvoice.file import xml_of
from documents.einvoice.formats import EInvoiceFormat
from documents.einvoice.problems import problems_of
from invoicing.snapshot import (
    Address,
    CreditedInvoice,
    ElectronicAddress,
    OrderReference,
    Party,
    Period,
    Snapshot,
    VatInTaxCurrency,
    VatRow,
)
from tests.support.einvoice_rules import broken_rules
from tests.support.einvoices import BUYER_PARTY, SELLER_PARTY
from tests.support.snapshots import invoice, line

PEPPOL, GERMAN, FACTUR_X = (
    EInvoiceFormat.PEPPOL_UBL,
    EInvoiceFormat.XRECHNUNG_UBL,
    EInvoiceFormat.FACTUR_X,
)


def sale(**values: Any) -> Snapshot:
    return invoice(**{"seller": SELLER_PARTY, "buyer": BUYER_PARTY, **values})


def without(party: Party, **values: Any) -> Party:
    return replace(party, **values)


def exempt(category: str, **values: Any) -> Snapshot:
    lines = (line(vat_category=category, vat_rate=0, vat_amount=0),)
    row = VatRow(category=category, rate=0, base=1000, amount=0)
    return sale(**{"lines": lines, "vat": (row,), "total_vat": 0, "total": 1000, **values})


def taxed(*, rate: int, base: int, amount: int, **values: Any) -> Snapshot:
    lines = (line(vat_rate=rate, total_ex_vat=base, vat_amount=amount),)
    row = VatRow(category="S", rate=rate, base=base, amount=amount)
    total = {"total_ex_vat": base, "total_vat": amount, "total": base + amount}
    return sale(**{"lines": lines, "vat": (row,), **total, **values})


def inside(country: str, party: Party) -> Party:
    return replace(party, address=replace(party.address, country_code=country))


def nowhere(party: Party) -> Party:
    return replace(party, address=replace(party.address, country_code=None))


@pytest.mark.parametrize(
    ("seller", "buyer", "is_business", "quantity", "rules"),
    [
        ("FR", "FR", True, 1_000_010, {"BR-FR-DEC-02": "order_lines.quantity"}),
        ("FR", "FR", True, 120_000_000_000, {"BR-FR-DEC-03": "order_lines.amount"}),
        ("FR", "FR", True, 1_000_100, {}),
        ("FR", "FR", False, 1_000_010, {}),
        ("FR", "BE", True, 1_000_010, {}),
        ("NL", "FR", True, 1_000_010, {}),
    ],
)
def test_businesses_in_france_take_no_more_decimals_than_their_platforms(
    seller: str, buyer: str, is_business: bool, quantity: int, rules: dict[str, str]
) -> None:
    sold = sale(
        seller=inside(seller, SELLER_PARTY),
        buyer=replace(inside(buyer, BUYER_PARTY), is_business=is_business),
        lines=(line(quantity=quantity, total_ex_vat=1, vat_amount=0),),
        is_including_vat=True,
    )
    assert {each.rule: each.field for each in problems_of(sold, FACTUR_X)} == rules
    assert not any("BR-FR" in each.rule for each in problems_of(sold, PEPPOL))


def test_a_complete_invoice_has_no_problem() -> None:
    assert [problems_of(sale(), each) for each in EInvoiceFormat] == [[]] * len(EInvoiceFormat)


@pytest.mark.parametrize(
    ("planted", "rule", "field"),
    [
        (sale(seller=nowhere(SELLER_PARTY)), "BR-09", "account.address.country_code"),
        (sale(buyer=nowhere(BUYER_PARTY)), "BR-11", "customer.billing_address.country_code"),
        (sale(buyer=without(BUYER_PARTY, name="", legal_name=None)), "BR-07", "customer.name"),
        (
            sale(seller=without(SELLER_PARTY, vat_number=None, registration_number=None, tax_number="1")),
            "BR-CO-26",
            "account.registration_number",
        ),
        (sale(seller=without(SELLER_PARTY, vat_number=None)), "BR-S-02", "account.vat_number"),
        (sale(lines=(line(unit="ell"),)), "BR-CL-23", "order_lines.unit"),
        (exempt("E"), "BR-E-10", "order_lines.exemption_reason"),
        (
            exempt("AE", buyer=without(BUYER_PARTY, vat_number=None, registration_number=None)),
            "BR-AE-03",
            "customer.vat_number",
        ),
        (exempt("K"), "BR-IC-11", "delivery_date"),
        (sale(currency="BGN"), "BR-CL-04", "currency"),
        (
            sale(vat_in_tax_currency=VatInTaxCurrency(currency="HRK", decimals=2, amount=1)),
            "BR-CL-05",
            "account.tax_currency",
        ),
        (taxed(rate=4_999, base=100_000, amount=500), "BR-CO-17", "order_lines.vat_rate"),
        (taxed(rate=210_000, base=1_000, amount=310), "BR-CO-17", "order_lines.vat_rate"),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_what_breaks_a_rule_of_the_norm_is_a_problem_in_every_format(
    planted: Snapshot, rule: str, field: str
) -> None:
    for wanted in EInvoiceFormat:
        assert (rule, field) in [(each.rule, each.field) for each in problems_of(planted, wanted)]
    family = "-".join(rule.split("-")[:2])  # BR-S-02 has sisters of other categories
    broken = broken_rules(xml_of(planted, PEPPOL))
    assert any(each.startswith(family) or each == "XSD" for each in broken)
    assert broken_rules(xml_of(planted, FACTUR_X))


@pytest.mark.parametrize(
    ("planted", "wanted", "rule", "field"),
    [
        (
            sale(buyer=without(BUYER_PARTY, reference=None)),
            PEPPOL,
            "PEPPOL-EN16931-R003",
            "customer.buyer_reference",
        ),
        (
            sale(buyer=without(BUYER_PARTY, electronic_address=None)),
            PEPPOL,
            "PEPPOL-EN16931-R010",
            "customer.electronic_address",
        ),
        (
            sale(seller=without(SELLER_PARTY, electronic_address=ElectronicAddress("EM", "a@b.example"))),
            PEPPOL,
            "PEPPOL-EN16931-CL008",
            "account.electronic_address",
        ),
        *(
            (
                sale(buyer=without(BUYER_PARTY, electronic_address=ElectronicAddress(scheme, "1"))),
                PEPPOL,
                "PEPPOL-EN16931-CL008",
                "customer.electronic_address",
            )
            for scheme in ("0217", "0219", "0037", "AN")
        ),
        (sale(buyer=without(BUYER_PARTY, reference=None)), GERMAN, "BR-DE-15", "customer.buyer_reference"),
        (sale(seller=without(SELLER_PARTY, contact_name=None)), GERMAN, "BR-DE-5", "account.contact_name"),
        (sale(seller=without(SELLER_PARTY, phone_number="none")), GERMAN, "BR-DE-27", "account.phone_number"),
        (sale(seller=without(SELLER_PARTY, email=None)), GERMAN, "BR-DE-28", "account.email"),
        (
            sale(shipping_address=Address(country_code="DE", locality="Bonn")),
            GERMAN,
            "BR-DE-11",
            "shipping_address.postal_code",
        ),
        (
            sale(currency="KWD", currency_decimals=3, total=1211, total_vat=211),
            FACTUR_X,
            "BR-DEC",
            "order_lines.amount",
        ),
        (
            sale(currency="USD", vat_in_tax_currency=VatInTaxCurrency(currency="EUR", decimals=2)),
            FACTUR_X,
            "BR-53",
            "exchange_rate",
        ),
    ],
)
def test_what_a_format_asks_for_is_a_problem_there(
    planted: Snapshot, wanted: EInvoiceFormat, rule: str, field: str
) -> None:
    assert (rule, field) in [(each.rule, each.field) for each in problems_of(planted, wanted)]


@pytest.mark.parametrize(("rate", "base", "amount"), [(4_999, 9_000, 49), (5_000, 10_000, 149)])
def test_a_vat_that_the_official_rule_takes_is_no_problem(rate: int, base: int, amount: int) -> None:
    planted = taxed(rate=rate, base=base, amount=amount)
    assert problems_of(planted, FACTUR_X) == []
    for wanted in EInvoiceFormat:
        assert "BR-CO-17" not in broken_rules(xml_of(planted, wanted))


def test_a_whole_coin_of_rounding_is_too_much_where_it_is_a_major_unit() -> None:
    """A credit in parts of an invoice in yen may need it."""
    yen = {"currency": "JPY", "currency_decimals": 0}
    assert problems_of(taxed(rate=100_000, base=100, amount=11, **yen), FACTUR_X)
    assert "BR-CO-17" in broken_rules(xml_of(taxed(rate=100_000, base=100, amount=11, **yen), PEPPOL))
    assert problems_of(taxed(rate=100_000, base=105, amount=11, **yen), FACTUR_X) == []


def test_sums_that_the_official_rule_cannot_add_up_are_a_problem() -> None:
    nets = [999_999_899_999_985] * 39 + [1]
    lines = tuple(
        line(id=str(n), total_ex_vat=net, unit_price=net, vat_amount=0) for n, net in enumerate(nets)
    )
    planted = replace(taxed(rate=5_000, base=sum(nets), amount=0), lines=lines)
    assert "BR-CO-10" in [each.rule for each in problems_of(planted, FACTUR_X)]
    assert "BR-CO-10" in broken_rules(xml_of(planted, FACTUR_X))
    assert "BR-CO-10" not in [each.rule for each in problems_of(planted, PEPPOL)]
    assert "BR-CO-10" not in broken_rules(xml_of(planted, PEPPOL))


@pytest.mark.parametrize("wanted", [each for each in EInvoiceFormat if each is not FACTUR_X])
def test_the_periods_of_lines_are_within_the_invoices(wanted: EInvoiceFormat) -> None:
    may = Period(start=date(2025, 5, 1), end=date(2025, 5, 31))
    longer = line(service_period=Period(start=date(2025, 4, 30), end=date(2025, 6, 1)))
    planted = sale(service_period=may, lines=(longer, line(service_period=may)))
    assert [(each.rule, each.field) for each in problems_of(planted, wanted)] == [
        ("PEPPOL-EN16931-R110", "order_lines.service_period"),
        ("PEPPOL-EN16931-R111", "order_lines.service_period"),
    ]
    assert problems_of(planted, FACTUR_X) == []
    assert problems_of(sale(service_period=may, lines=(line(service_period=may),)), wanted) == []


@pytest.mark.parametrize("scheme", ["0219", "0220", "0218", "EM"])
def test_a_scheme_that_the_list_of_factur_x_lacks_is_a_problem_there(scheme: str) -> None:
    address = ElectronicAddress(scheme, "a@b.example")
    planted = sale(
        seller=without(SELLER_PARTY, electronic_address=address),
        buyer=without(BUYER_PARTY, electronic_address=address),
    )
    found = [(each.rule, each.field) for each in problems_of(planted, FACTUR_X)]
    assert sorted(rule for rule, _ in found) == sorted(broken_rules(xml_of(planted, FACTUR_X)))
    fields = {field for _, field in found}
    assert fields in ({"account.electronic_address", "customer.electronic_address"}, set())
    assert bool(fields) == (scheme in ("0219", "0220"))
    assert problems_of(planted, GERMAN) == []
    assert broken_rules(xml_of(planted, GERMAN)) == []


@pytest.mark.parametrize("category", ["K", "G"])
def test_a_delivery_without_a_country_is_said_with_the_buyers(category: str) -> None:
    """By that country the supply was allowed (BR-IC-12)."""
    there = Address(address_line_1="Rue 1", postal_code="1000", locality="Bruxelles")
    planted = exempt(category, shipping_address=there, delivery_date=date(2025, 6, 2))
    for wanted in EInvoiceFormat:
        assert problems_of(planted, wanted) == []
        xml = xml_of(planted, wanted)
        assert {*broken_rules(xml)} <= {"FX-SCH-A-000556"}  # which asks that the file says to be Factur-X
        place = etree.fromstring(xml).find(".//{*}Delivery" if wanted.is_ubl else ".//{*}ShipToTradeParty")
        assert place is not None
        assert [text for text in place.itertext() if text in ("Bruxelles", "BE")] == ["Bruxelles", "BE"]


@pytest.mark.parametrize("number", ["XAXX010101000", "SS1234567", "AAA010101AAA"])
def test_a_vat_number_that_begins_with_no_country_is_not_said(number: str) -> None:
    """BR-CO-09; Mexican ones begin with letters of a name."""
    planted = sale(buyer=without(BUYER_PARTY, vat_number=number))
    for wanted in EInvoiceFormat:
        assert problems_of(planted, wanted) == []
        assert number.encode() not in xml_of(planted, wanted)
    assert next(each.rule for each in problems_of(exempt("K", buyer=planted.buyer), FACTUR_X)) == "BR-IC-03"


@pytest.mark.parametrize("number", ["CHE-123.456.788MWST", "CHE123456788MWST", "CHE-123.456.788TVA"])
def test_a_swiss_vat_number_is_told_by_its_letters_and_digits(number: str) -> None:
    """Swiss law writes it with points; a seller with one needs no other number (BR-CO-26, BR-S-02)."""
    bern = inside("CH", without(SELLER_PARTY, vat_number=number, registration_number=None))
    planted = sale(seller=bern)
    assert problems_of(planted, FACTUR_X) == []
    (said,) = etree.fromstring(xml_of(planted, FACTUR_X)).xpath(
        "//*[local-name()='SellerTradeParty']//*[local-name()='ID'][@schemeID='VA']/text()"
    )
    assert said == number.replace("-", "").replace(".", "")
    assert {*broken_rules(xml_of(planted, FACTUR_X))} <= {"FX-SCH-A-000556"}


def test_a_seller_is_told_that_a_vat_number_without_letters_is_not_enough() -> None:
    planted = sale(seller=without(SELLER_PARTY, vat_number="51824753556", registration_number=None))
    told = {each.rule: each.message for each in problems_of(planted, FACTUR_X)}
    assert told.keys() == {"BR-CO-26", "BR-S-02"}
    assert all("a VAT number with its country's letters" in message for message in told.values())


def test_a_country_that_only_the_rules_for_cii_lack_is_a_problem_there() -> None:
    juba = replace(BUYER_PARTY, address=replace(BUYER_PARTY.address, country_code="SS"))
    assert [(each.rule, each.field) for each in problems_of(sale(buyer=juba), FACTUR_X)] == [
        ("BR-CL-14", "customer.billing_address.country_code")
    ]
    assert problems_of(sale(buyer=juba), PEPPOL) == []
    assert broken_rules(xml_of(sale(buyer=juba), PEPPOL)) == []


@pytest.mark.parametrize("wanted", [PEPPOL, FACTUR_X])
@pytest.mark.parametrize("country", ["XK", "IC", "EA", "AC", "TA", "CP", "DG", "CQ"])
def test_a_part_of_a_country_is_said_by_the_countrys_code(country: str, wanted: EInvoiceFormat) -> None:
    there = replace(BUYER_PARTY, address=replace(BUYER_PARTY.address, country_code=country))
    planted = sale(buyer=there, shipping_address=there.address)
    assert problems_of(planted, wanted) == []
    assert broken_rules(xml_of(planted, wanted)) == []


def test_a_credit_of_several_invoices_cannot_be_said_in_the_cii_of_xrechnung() -> None:
    several = tuple(
        CreditedInvoice(id=number, number=number, issued_on=date(2025, 5, 30)) for number in ("1", "2")
    )
    credit = replace(
        sale(lines=(line(quantity=-1_000_000, total_ex_vat=-1000, vat_amount=-210),), credits=several),
        type="CREDIT",
        due_on=None,
        vat=(VatRow(category="S", rate=210_000, base=-1000, amount=-210),),
        total_ex_vat=-1000,
        total_vat=-210,
        total=-1210,
    )
    found = {wanted: problems_of(credit, wanted) for wanted in EInvoiceFormat}
    (problem,) = found.pop(EInvoiceFormat.XRECHNUNG_CII)
    assert (problem.rule, problem.field) == ("BG-3", "items")
    for wanted, none in found.items():
        assert none == []
        assert broken_rules(xml_of(credit, wanted)) == []


def test_the_fields_of_orders_have_other_names() -> None:
    ordered = sale(
        currency="KWD",
        currency_decimals=3,
        total=1211,
        total_vat=211,
        lines=(line(unit="ell"),),
        shipping_address=Address(country_code="DE", locality="Bonn"),
        orders=(OrderReference(id="o", number="1"),),
    )
    assert {each.rule: each.field for each in problems_of(ordered, GERMAN)} == {
        "BR-DEC": "order.items.unit_price",
        "BR-CL-23": "order.items.unit",
        "BR-DE-11": "order.shipping_address.postal_code",
    }


def test_a_consumers_invoice_can_be_factur_x_alone() -> None:
    consumer = Party(name="Ann Baker", address=Address(country_code="NL"))
    assert problems_of(sale(buyer=consumer), FACTUR_X) == []
    assert all(problems_of(sale(buyer=consumer), each) for each in EInvoiceFormat if each is not FACTUR_X)
