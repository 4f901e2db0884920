"""Accounts, references and VAT numbers as they are printed: in groups, which are easier to type."""

from __future__ import annotations

import re

from documents.paper.fonts import NO_BREAK_SPACE
from invoicing.snapshot import PaymentReference, Snapshot


def in_fours(number: str) -> str:
    """An IBAN, or a creditor reference, in groups of four: the print format of ISO 13616."""
    return _grouped(number, 4)


def printed_reference(reference: PaymentReference) -> str:
    """A QRR is in groups of five from its end."""
    if reference.type == "QRR":
        return f"{reference.value[:2]}{NO_BREAK_SPACE}{_grouped(reference.value[2:], 5)}"
    return in_fours(reference.value)


def quoted(invoice: Snapshot) -> str:
    """What a transfer quotes."""
    reference = invoice.payment_reference
    return invoice.number if reference is None else printed_reference(reference)


def printed_vat_number(number: str) -> str:
    """As it is kept; a Swiss one with the space before its MWST, TVA or IVA, CHE-123.456.788 MWST."""
    return re.sub(r"(?<=[0-9])(?=(?:MWST|TVA|IVA|TPV)$)", NO_BREAK_SPACE, number)


def _grouped(number: str, size: int) -> str:
    plain = "".join(number.split())
    return NO_BREAK_SPACE.join(plain[start : start + size] for start in range(0, len(plain), size))
