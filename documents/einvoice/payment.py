"""How an invoice is to be paid (BG-16)."""

from __future__ import annotations

from dataclasses import dataclass

from invoicing.snapshot import Snapshot

_SEPA_TRANSFER, _TRANSFER, _AS_AGREED, _NOT_SAID = "58", "30", "57", "1"  # UNTDID 4461


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """`means` is a code of UNTDID 4461. A transfer has an account (BR-61)."""

    means: str
    reference: str  # BT-83
    iban: str | None = None
    bic: str | None = None
    account_name: str | None = None


def payment_of(invoice: Snapshot, *, is_to_be_paid: bool) -> Payment:
    """By transfer, where something is to be paid to an account; otherwise as was agreed.

    Within Denmark Peppol takes neither 30 nor 57 (DK-R-005). No SEPA transfer reaches a QR-IBAN.
    """
    seller = invoice.seller
    is_danish = seller.address.country_code == invoice.buyer.address.country_code == "DK"
    if not (seller.iban and is_to_be_paid and invoice.type == "INVOICE"):
        return Payment(means=_NOT_SAID if is_danish else _AS_AGREED, reference=invoice.number)
    is_to_qr_iban = invoice.payment_reference is not None and invoice.payment_reference.type == "QRR"
    is_sepa = invoice.currency == "EUR" and not is_to_qr_iban
    return Payment(
        means=_SEPA_TRANSFER if is_sepa or is_danish else _TRANSFER,
        reference=invoice.quoted,
        iban=seller.iban.replace(" ", ""),
        bic=None if seller.bic is None else seller.bic.replace(" ", ""),
        account_name=seller.legal_name or seller.name,
    )
