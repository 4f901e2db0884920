"""What an invoice must say about its seller (2006/112/EC art. 226 (3) and (5)), and what is not there yet."""

from __future__ import annotations

from invoicing.storage.tables import Account


def missing_fields(seller: Account) -> list[str]:
    """The seller's fields that every invoice needs and that are empty.

    `address.address_line_1` is the street or the PO box.
    """
    found = {
        "legal_name": seller.legal_name,
        "address.address_line_1": seller.address.get("address_line_1"),
        "address.locality": seller.address.get("locality"),
        "address.country_code": seller.address.get("country_code"),
        "vat_number": seller.vat_number,
    }
    return [name for name, value in found.items() if not value]
