"""What an invoice must say about its seller (2006/112/EC art. 226 (3) and (5)), and what is not there yet."""

from __future__ import annotations

from invoicing.accounts.country_defaults import country_defaults
from invoicing.errors import SellerIncomplete
from invoicing.storage.tables import Account


def missing(seller: Account) -> list[str]:
    """The fields that are not filled in yet. While there are any, nothing is invoiced.

    `address.address_line_1` is the street or the PO box; a `tax_number` takes the place of a `vat_number`.
    """
    found = {
        "legal_name": seller.legal_name,
        "address.address_line_1": seller.address.get("address_line_1"),
        "address.locality": seller.address.get("locality"),
        "address.country_code": seller.address.get("country_code"),
        "vat_number": seller.vat_number or seller.tax_number,
    }
    return [name for name, value in found.items() if not value]


def check_seller_is_complete(seller: Account) -> None:
    """Refuses to invoice for a seller of whom the invoice could not say all that it must."""
    if fields := missing(seller):
        raise SellerIncomplete(
            f"Nothing is invoiced before the seller's {', '.join(fields)} are set: updateAccount does it.",
            field=f"account.{fields[0]}",
            ids=fields,
        )


def tax_currency_of(seller: Account) -> str:
    """The currency in which the seller owes VAT: as set, else that of the country, else the default one."""
    if seller.tax_currency is not None:
        return seller.tax_currency
    country = seller.address.get("country_code")
    return country_defaults(country).default_currency if country else seller.default_currency
