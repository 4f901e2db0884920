"""The reference that a Swiss QR-bill carries, by which the bank tells the seller what was paid.

It is made of the same year and sequence as the invoice's number. An account has each pair once among its
invoices, whatever format its numbers have had, so no two of its references are the same.
"""

from __future__ import annotations

from invoicing.numbering import NumberInSeries
from invoicing.snapshot import PaymentReference, Snapshot

_HOME = ("CH", "LI")
_QR_IIDS = range(30_000, 32_000)  # the banks' numbers that only QR-IBANs have
_CARRIES = (0, 9, 4, 6, 8, 2, 7, 1, 3, 5)


def payment_reference(invoice: Snapshot, taken: NumberInSeries) -> PaymentReference | None:
    """The reference, where it asks for francs or euros to an account in Switzerland or Liechtenstein.

    None for a buyer elsewhere who pays euros to an IBAN: a SEPA transfer, from whatever bank. A QR-IBAN takes
    nothing but its own kind of reference.
    """
    account = "".join((invoice.seller.iban or "").split())
    is_asked = invoice.type == "INVOICE" and invoice.left_to_pay > 0
    if not is_asked or account[:2] not in _HOME or invoice.currency not in ("CHF", "EUR"):
        return None
    year = taken.period or "0"
    if is_qr_iban(account):
        return PaymentReference("QRR", qr_reference(f"{year:0>4}{taken.sequence:022}"))
    if invoice.currency == "EUR" and invoice.buyer.address.country_code not in (None, *_HOME):
        return None
    return PaymentReference("SCOR", creditor_reference(f"{year:0>4}{taken.sequence:08}"))


def is_qr_iban(account: str) -> bool:
    """Whether this IBAN, without blanks, is a QR-IBAN: its bank's number says so."""
    bank = account[4:9]
    return account[:2] in _HOME and bank.isdecimal() and int(bank) in _QR_IIDS


def qr_reference(digits: str) -> str:
    """Up to 26 digits as a QRR: 27, the last of them a check digit (modulo 10, recursive)."""
    padded = digits.rjust(26, "0")
    carry = 0
    for digit in padded:
        carry = _CARRIES[(carry + int(digit)) % 10]
    return f"{padded}{-carry % 10}"


def creditor_reference(body: str) -> str:
    """Up to 21 letters and digits as a creditor reference (ISO 11649), with its two check digits."""
    number = int("".join(str(int(char, 36)) for char in f"{body}RF00"))
    return f"RF{98 - number % 97:02}{body}"
