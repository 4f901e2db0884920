"""Invoices with a Swiss QR-bill."""

from __future__ import annotations

from typing import Any

from invoicing.snapshot import Address, Party, PaymentReference, Snapshot
from tests.support.snapshots import invoice

QR_IBAN, IBAN = "CH4431999123000889012", "CH5800791123000889012"
REFERENCE = PaymentReference("QRR", "202500000000000000000000012")
SELLER = Party(
    name="Mug & Co",
    legal_name="Mug & Co AG",
    iban=QR_IBAN,
    address=Address(
        address_line_1="Musterstrasse 123", postal_code="8000", locality="Seldwyla", country_code="CH"
    ),
)
BUYER = Party(
    name="Simon Müller",
    address=Address(
        address_line_1="Grosse Marktgasse 28a", postal_code="9490", locality="Vaduz", country_code="LI"
    ),
)


def swiss(reference: PaymentReference | None = REFERENCE, **values: Any) -> Snapshot:
    """An invoice in francs to an account in Switzerland."""
    given = {"currency": "CHF", "currency_decimals": 2, "seller": SELLER, "buyer": BUYER, "locale": "de-CH"}
    return invoice(**{**given, "payment_reference": reference, **values})
