"""The QR code from which a banking app fills in a transfer: EPC069-12, version 002 (GiroCode)."""

from __future__ import annotations

from stdnum import bic as bics
from stdnum import iban as ibans

from invoicing.snapshot import Snapshot

SEPA = (
    "AD AL AT BE BG CH CY CZ DE DK EE ES FI FR GB GI GR HR HU IE IS IT LI LT LU LV MC MD ME MK MT NL NO PL "
    "PT RO RS SE SI SK SM VA"
)
MOST = 99_999_999_999  # cents
NAME, REMITTANCE = 70, 140  # characters at most


def credit_transfer(invoice: Snapshot) -> str | None:
    """The code's text; None where there is none: another currency than the euro, or no account in SEPA.

    A QR-IBAN is none: only Swiss payments reach it. A creditor reference (ISO 11649) has a line of its own.
    """
    reference = invoice.payment_reference
    account = ibans.compact(invoice.seller.iban or "")
    is_sayable = invoice.currency == "EUR" and invoice.currency_decimals in (None, 2)
    if not is_sayable or not 0 < invoice.left_to_pay <= MOST:
        return None
    if account[:2] not in SEPA.split() or not ibans.is_valid(account, check_country=False):
        return None
    if reference is not None and reference.type == "QRR":
        return None
    bank = bics.compact(invoice.seller.bic or "")
    return "\n".join(
        [
            "BCD",
            "002",
            "1",  # UTF-8
            "SCT",
            bank if bics.is_valid(bank) else "",
            _in_one_line(invoice.seller.legal_name or invoice.seller.name, NAME),
            account,
            f"EUR{invoice.left_to_pay // 100}.{invoice.left_to_pay % 100:02}",
            "",  # no purpose
            "" if reference is None else reference.value,
            _in_one_line(invoice.number, REMITTANCE) if reference is None else "",
        ]
    )


def _in_one_line(text: str, most: int) -> str:
    return " ".join(text.split())[:most].rstrip()
