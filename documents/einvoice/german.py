"""What Germany asks for: in XRechnung of everybody, in Peppol between parties in Germany."""

from __future__ import annotations

import re
from typing import NamedTuple

from documents.einvoice.content import Content
from documents.einvoice.fields import of_invoice
from documents.einvoice.problem import Problem, Problems
from invoicing.snapshot import Address


class Rules(NamedTuple):
    """The names that the same rules have in a format; of addresses, for the town and the postal code."""

    format: str
    reference: str
    contact: str
    phone: str
    email: str
    seller: tuple[str, str]
    buyer: tuple[str, str]
    delivery: tuple[str, str]


XRECHNUNG = Rules(
    "XRechnung",
    "BR-DE-15",
    "BR-DE-5",
    "BR-DE-27",
    "BR-DE-28",
    ("BR-DE-3", "BR-DE-4"),
    ("BR-DE-8", "BR-DE-9"),
    ("BR-DE-10", "BR-DE-11"),
)
PEPPOL = Rules(
    "Peppol within Germany",
    "DE-R-015",
    "DE-R-005",
    "DE-R-006",
    "DE-R-007",
    ("DE-R-003", "DE-R-004"),
    ("DE-R-008", "DE-R-009"),
    ("DE-R-010", "DE-R-011"),
)


def german(content: Content, rules: Rules) -> Problems:
    contact = content.seller.contact
    if not content.buyer_reference:
        yield Problem(
            rules.reference,
            "customer.buyer_reference",
            f"{rules.format} needs the buyer's reference, for public buyers the Leitweg-ID.",
        )
    needs = f"{rules.format} needs the contact's"
    if contact is None or not contact.name:
        yield Problem(rules.contact, "account.contact_name", f"{rules.format} needs the name of a contact.")
    if contact is None or len(re.findall("[0-9]", contact.phone or "")) < 3:
        yield Problem(rules.phone, "account.phone_number", f"{needs} phone number.")
    if contact is None or not _is_email(contact.email):
        yield Problem(rules.email, "account.email", f"{needs} e-mail address.")
    yield from _address(content.seller.address, rules.seller, "account.address", rules.format)
    yield from _address(content.buyer.address, rules.buyer, "customer.billing_address", rules.format)
    if content.delivery is not None and content.delivery.address is not None:
        field = of_invoice(content, "shipping_address")
        yield from _address(content.delivery.address, rules.delivery, field, rules.format)


def _address(address: Address, rules: tuple[str, str], field: str, format: str) -> Problems:
    if not address.locality:
        yield Problem(rules[0], f"{field}.locality", f"{format} needs the town.")
    if not address.postal_code:
        yield Problem(rules[1], f"{field}.postal_code", f"{format} needs the postal code.")


def _is_email(text: str | None) -> bool:
    return text is not None and re.fullmatch(r"[^@\s]+@([^@.\s]+\.)+[^@.\s]+", text) is not None
