"""The seller, the buyer and where the goods go, in the terms of EN 16931 (BG-4, BG-7, BG-13)."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from documents.einvoice.codes import VAT_PREFIXES, country_code
from documents.einvoice.identifiers import broken_rule
from invoicing.snapshot import Address, ElectronicAddress, Party, Snapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class LegalId:
    """A legal registration (BT-30, BT-47); `scheme` is an ISO 6523 ICD code, None where there is none."""

    value: str
    scheme: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """BG-6, BG-9."""

    name: str | None
    phone: str | None
    email: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Trader:
    name: str
    trading_name: str | None
    address: Address
    electronic_address: ElectronicAddress | None
    vat_number: str | None
    tax_number: str | None
    legal_id: LegalId | None
    contact: Contact | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """Where and when (BG-13, BT-72); `address` only if its country is known (BR-57)."""

    name: str | None
    date: str | None
    address: Address | None


_WITH_LETTERS = re.compile(r"[A-Z]{2}[0-9A-Z+*]{2,}")
_SWISS = re.compile(r"CHE-?[0-9]{3}\.?[0-9]{3}\.?[0-9]{3}[A-Z]*")  # CHE-123.456.788MWST
_ICD = (  # ISO 6523, by country: what a number of that kind looks like
    ("NL", re.compile(r"[0-9]{8}"), "0106"),
    ("NL", re.compile(r"[0-9]{20}"), "0190"),
    ("BE", re.compile(r"[01][0-9]{9}"), "0208"),
    ("FR", re.compile(r"[0-9]{9}"), "0002"),
    ("FR", re.compile(r"[0-9]{14}"), "0009"),
    ("SE", re.compile(r"[0-9]{10}"), "0007"),
    ("NO", re.compile(r"[0-9]{9}"), "0192"),
    ("DK", re.compile(r"[0-9]{8}"), "0184"),
    ("FI", re.compile(r"[0-9]{7}-?[0-9]"), "0212"),
    ("IS", re.compile(r"[0-9]{10}"), "0196"),
)
_ONLY_WITH_SCHEME = ("NL", "DK", "SE", "IS")


def seller_of(invoice: Snapshot, *, without_vat_number: bool) -> Trader:
    """`without_vat_number`, as what is outside the scope of VAT has none (BR-O-02)."""
    return _trader(invoice.seller, without_vat_number)


def buyer_of(invoice: Snapshot, *, without_vat_number: bool) -> Trader:
    """Numbers and prefixes as the seller's (BR-O-03)."""
    return _trader(invoice.buyer, without_vat_number)


def delivery_of(invoice: Snapshot) -> Delivery | None:
    """Where it was shipped to.

    What leaves the country went to the buyer's, where no other is known: by that country `vat.treatment`
    allowed it (BR-IC-12).
    """
    date = None if invoice.delivery_date is None else invoice.delivery_date.isoformat()
    address = invoice.shipping_address
    if any(row.category in ("K", "G") for row in invoice.vat):
        if address is None:
            address = invoice.buyer.address
        elif not address.country_code:
            address = replace(address, country_code=invoice.buyer.address.country_code)
    if address is None or not address.country_code:
        return None if date is None else Delivery(name=None, date=date, address=None)
    return Delivery(name=address.organisation or address.name, date=date, address=_said(address))


def has_prefix(vat_number: str) -> bool:
    """Whether it begins with a country's letters (BR-CO-09), and not with any, as Mexican ones do."""
    return _WITH_LETTERS.fullmatch(vat_number) is not None and vat_number[:2] in VAT_PREFIXES


def _plain(vat_number: str) -> str:
    """A Swiss number without its punctuation, which other countries' do not have."""
    return re.sub("[-.]", "", vat_number) if _SWISS.fullmatch(vat_number) else vat_number


def _trader(party: Party, without_vat_number: bool) -> Trader:
    name = party.legal_name or party.name
    number = _plain(party.vat_number or "")
    return Trader(
        name=name,
        trading_name=party.name if party.name and party.name != name else None,
        address=_said(party.address),
        electronic_address=party.electronic_address,
        vat_number=number if has_prefix(number) and not without_vat_number else None,
        tax_number=party.tax_number,
        legal_id=_legal_id(party.registration_number, party.address.country_code),
        contact=_contact(party),
    )


def _said(address: Address) -> Address:
    code = country_code(address.country_code)
    return address if code == address.country_code else replace(address, country_code=code)


def _contact(party: Party) -> Contact | None:
    if not (party.contact_name or party.phone_number or party.email):
        return None
    return Contact(name=party.contact_name, phone=party.phone_number, email=party.email)


def _legal_id(number: str | None, country: str | None) -> LegalId | None:
    """With the scheme of its country; without one, where Peppol takes a number of another form (NL-R-003)."""
    if not number:
        return None
    plain = re.sub(r"[\s.]" if country == "FI" else r"[\s.-]", "", number)
    for of_country, form, scheme in _ICD:
        if of_country == country and form.fullmatch(plain) and broken_rule(plain, scheme) is None:
            return LegalId(value=plain, scheme=scheme)
    return None if country in _ONLY_WITH_SCHEME else LegalId(value=number, scheme=None)
