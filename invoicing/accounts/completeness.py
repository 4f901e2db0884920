"""What an invoice must say about its seller (2006/112/EC art. 226 (3) and (5)), and what is not there yet."""

from __future__ import annotations

from collections.abc import Sequence

from invoicing.errors import SellerIncomplete
from invoicing.storage.tables import Account


def missing_fields(seller: Account) -> list[str]:
    """The seller's fields that every invoice needs and that are empty.

    `address.address_line_1` is the street or the PO box; `vat_number` is missing where there is no
    `tax_number` either. As SQL: orders/lawful_sql.
    """
    found = {
        "legal_name": seller.legal_name,
        "address.address_line_1": seller.address.get("address_line_1"),
        "address.locality": seller.address.get("locality"),
        "address.country_code": seller.address.get("country_code"),
        "vat_number": seller.vat_number or seller.tax_number,
    }
    return [name for name, value in found.items() if not value]


def seller_incomplete(seller: Account) -> SellerIncomplete | None:
    """Why this seller can issue no invoice yet; None if it can. The field is the first that is missing."""
    missing = missing_fields(seller)
    if not missing:
        return None
    return SellerIncomplete(
        f"The seller's {in_words(missing)} must be set before an invoice is issued: use updateAccount.",
        field=f"account.{missing[0]}",
        more={"missing": missing},
    )


def in_words(missing: Sequence[str]) -> str:
    """The fields as part of a sentence: "legal_name, address.locality and vat_number (or tax_number)"."""
    names = ["vat_number (or tax_number)" if name == "vat_number" else name for name in missing]
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
