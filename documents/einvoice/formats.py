"""The formats of e-invoices, and what each writes of itself (BT-23, BT-24)."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

_EN16931 = "urn:cen.eu:en16931:2017"
_PEPPOL_PROCESS = "urn:fdc:peppol.eu:2017:poacc:billing:01:1.0"
_XRECHNUNG = f"{_EN16931}#compliant#urn:xeinkauf.de:kosit:xrechnung_3.0"


class EInvoiceFormat(StrEnum):
    PEPPOL_UBL = "PEPPOL_UBL"
    """Peppol BIS Billing 3."""
    XRECHNUNG_UBL = "XRECHNUNG_UBL"
    XRECHNUNG_CII = "XRECHNUNG_CII"
    """XRechnung 3.0, in either syntax."""
    FACTUR_X = "FACTUR_X"
    """Factur-X 1 = ZUGFeRD 2, profile EN 16931: the XML inside of the PDF."""

    @property
    def is_xrechnung(self) -> bool:
        return self in (EInvoiceFormat.XRECHNUNG_UBL, EInvoiceFormat.XRECHNUNG_CII)

    @property
    def is_ubl(self) -> bool:
        """UBL 2.1; otherwise CII D16B."""
        return self in (EInvoiceFormat.PEPPOL_UBL, EInvoiceFormat.XRECHNUNG_UBL)


class Profile(NamedTuple):
    """What a file says that it follows."""

    specification: str  # BT-24
    process: str | None  # BT-23


PROFILES = {
    EInvoiceFormat.PEPPOL_UBL: Profile(
        f"{_EN16931}#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0", _PEPPOL_PROCESS
    ),
    EInvoiceFormat.XRECHNUNG_UBL: Profile(_XRECHNUNG, _PEPPOL_PROCESS),
    EInvoiceFormat.XRECHNUNG_CII: Profile(_XRECHNUNG, _PEPPOL_PROCESS),
    EInvoiceFormat.FACTUR_X: Profile(_EN16931, None),
}
