"""What Peppol asks of sellers in some countries is a problem there, and nowhere else.

Its own rules are not among those that the tests run; each of these was tried on them by hand.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from documents.einvoice.content import content_of
from documents.einvoice.formats import EInvoiceFormat
from documents.einvoice.identifiers import broken_rule
from documents.einvoice.problems import problems_of
from invoicing.snapshot import Address, ElectronicAddress, Party, Snapshot, VatRow
from tests.support.einvoices import BUYER_PARTY, SELLER_PARTY
from tests.support.snapshots import invoice, line

PEPPOL = EInvoiceFormat.PEPPOL_UBL

NUMBERS = {  # a VAT number, a registration number and an electronic address of each country
    "DE": ("DE136695976", "HRB 12345", ("9930", "DE136695976")),
    "DK": ("DK13585628", "13585628", ("0184", "13585628")),
    "GR": ("EL094259216", "094259216", ("9933", "EL094259216")),
    "IS": ("IS123456", "560903-2050", ("0196", "5609032050")),
    "IT": ("IT00743110157", "MI-123456", ("0211", "IT00743110157")),
    "NL": ("NL123456782B01", "12345678", ("0106", "12345678")),
    "NO": ("NO995525828MVA", "995525828", ("0192", "995525828")),
    "SE": ("SE556036079301", "556036-0793", ("0007", "5560360793")),
}
POSTAL = ("address_line_1", "postal_code", "locality")


def party(country: str, base: Party, **changes: Any) -> Party:
    vat_number, registration_number, electronic = NUMBERS[country]
    given: dict[str, Any] = {
        "vat_number": vat_number,
        "registration_number": registration_number,
        "electronic_address": ElectronicAddress(*electronic),
        **changes,
    }
    parts = {name: given.pop(name) for name in [*given] if name in POSTAL}
    address = replace(base.address, country_code=country, **parts)
    return replace(base, address=address, **given)


def sale(country: str, *, seller: Any = None, buyer: Any = None, **values: Any) -> Snapshot:
    """Within the country, at 25 %."""
    parties = {
        "seller": party(country, SELLER_PARTY, **(seller or {})),
        "buyer": party(country, BUYER_PARTY, **(buyer or {})),
    }
    taxed = {
        "lines": (line(vat_rate=250_000, vat_amount=250),),
        "vat": (VatRow(category="S", rate=250_000, base=1_000, amount=250),),
        "total_vat": 250,
        "total": 1_250,
    }
    return invoice(**{**parties, **taxed, **values})


PLANTED = [
    (sale("NL", seller={"address_line_1": None}), "NL-R-002", "account.address.address_line_1"),
    (sale("NL", seller={"locality": None}), "NL-R-002", "account.address.locality"),
    (sale("NL", buyer={"postal_code": None}), "NL-R-004", "customer.billing_address.postal_code"),
    (replace(sale("NL"), type="CREDIT", due_on=None), "NL-R-001", "invoice_id"),
    (sale("DE", buyer={"reference": None}), "DE-R-015", "customer.buyer_reference"),
    (sale("DE", seller={"contact_name": None}), "DE-R-005", "account.contact_name"),
    (sale("DE", seller={"phone_number": None}), "DE-R-006", "account.phone_number"),
    (sale("DE", seller={"email": None}), "DE-R-007", "account.email"),
    (sale("DE", seller={"locality": None}), "DE-R-003", "account.address.locality"),
    (sale("DE", buyer={"postal_code": None}), "DE-R-009", "customer.billing_address.postal_code"),
    (
        sale("DE", shipping_address=Address(country_code="DE", locality="Bonn")),
        "DE-R-011",
        "shipping_address.postal_code",
    ),
    (sale("DK", seller={"registration_number": None}), "DK-R-002", "account.registration_number"),
    (sale("DK", seller={"registration_number": "ApS 7"}), "DK-R-002", "account.registration_number"),
    (sale("SE", seller={"tax_number": "F-skatt"}), "SE-R-005", "account.tax_number"),
    (sale("SE", seller={"vat_number": "SE5560360793"}), "SE-R-001", "account.vat_number"),
    (sale("SE", lines=(line(vat_rate=240_000),)), "SE-R-006", "order_lines.vat_rate"),
    (sale("NO", seller={"vat_number": "NO995525828"}), "NO-R-001", "account.vat_number"),
    (sale("NO", seller={"vat_number": "NO995525829MVA"}), "NO-R-001", "account.vat_number"),
    (sale("IT", seller={"tax_number": "123"}), "IT-R-001", "account.tax_number"),
    (sale("IT", seller={"tax_number": "rssmra80a01h501u"}), "IT-R-001", "account.tax_number"),
    (sale("IT", seller={"address_line_1": None}), "IT-R-002", "account.address.address_line_1"),
    (sale("IT", seller={"locality": None}), "IT-R-003", "account.address.locality"),
    (sale("IT", seller={"postal_code": None}), "IT-R-004", "account.address.postal_code"),
    (sale("IS", seller={"registration_number": "7"}), "IS-R-002", "account.registration_number"),
    (sale("IS", seller={"postal_code": None}), "IS-R-003", "account.address.postal_code"),
    (sale("IS", buyer={"registration_number": None}), "IS-R-004", "customer.registration_number"),
    (sale("IS", buyer={"address_line_1": None}), "IS-R-005", "customer.billing_address.address_line_1"),
    (sale("GR"), "GR-R-001-1", "account.invoice_number_format"),
    (
        sale("SE", buyer={"electronic_address": ElectronicAddress("0007", "5560360794")}),
        "PEPPOL-COMMON-R049",
        "customer.electronic_address",
    ),
]


@pytest.mark.parametrize(("planted", "rule", "field"), PLANTED, ids=lambda each: str(each)[:30])
def test_what_a_country_asks_for_is_a_problem_of_peppol_there(
    planted: Snapshot, rule: str, field: str
) -> None:
    assert (rule, field) in [(each.rule, each.field) for each in problems_of(planted, PEPPOL)]
    assert rule not in [each.rule for each in problems_of(planted, EInvoiceFormat.FACTUR_X)]


@pytest.mark.parametrize("country", [each for each in NUMBERS if each != "GR"])
def test_what_is_complete_has_no_problem(country: str) -> None:
    assert problems_of(sale(country), PEPPOL) == []


def test_the_buyers_country_does_not_count_alone() -> None:
    """A seller in Belgium need not know what is asked for within the Netherlands, or within Germany."""
    abroad = party("NL", BUYER_PARTY, postal_code=None, address_line_1=None, registration_number="7")
    seller = replace(SELLER_PARTY, address=replace(SELLER_PARTY.address, country_code="BE"))
    assert problems_of(invoice(seller=seller, buyer=abroad), PEPPOL) == []


@pytest.mark.parametrize(
    ("country", "number", "said"),
    [
        ("NL", "12345678", ("12345678", "0106")),
        ("NL", "Amsterdam 7", None),
        ("SE", "556036-0793", ("5560360793", "0007")),
        ("SE", "556036-0794", None),
        ("NO", "995 525 828", ("995525828", "0192")),
        ("NO", "995 525 829", ("995 525 829", None)),
        ("IS", "560903-2050", ("5609032050", "0196")),
        ("DE", "HRB 12345", ("HRB 12345", None)),
    ],
)
def test_a_registration_number_has_its_countrys_scheme(country: str, number: str, said: Any) -> None:
    found = content_of(sale(country, seller={"registration_number": number})).seller.legal_id
    assert (found and (found.value, found.scheme)) == said


@pytest.mark.parametrize(
    ("iban", "means"), [("NL91ABNA0417164300", "58"), (None, "1")], ids=["account", "none"]
)
def test_a_means_of_payment_that_denmark_takes(iban: str | None, means: str) -> None:
    danish = sale("DK", seller={"iban": iban}, currency="DKK")
    assert content_of(danish).payment.means == means


@pytest.mark.parametrize(
    ("scheme", "right", "wrong"),
    [
        ("0007", "5560360793", "5560360739"),
        ("0088", "7300010000001", "7300010000002"),
        ("0096", "1234567890", "123456789"),
        ("0151", "51824753556", "51824753566"),
        ("0151", "51824753556", "01234567822"),
        ("0184", "DK13585628", "1358562"),
        ("0192", "995525828", "995525882"),
        ("0192", "995525828", "000000000"),
        ("0198", "DK13585628", "13585628"),
        ("0208", "0428759497", "0428759479"),
    ],
)
def test_check_digits(scheme: str, right: str, wrong: str) -> None:
    assert broken_rule(right, scheme) is None
    assert broken_rule(wrong, scheme)
    assert broken_rule("x", scheme)
    assert broken_rule(wrong, "9999") is None
