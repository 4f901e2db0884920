"""Schemes of electronic addresses (BT-34-1, BT-49-1) that a format's own list lacks, and EN 16931's has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from documents.einvoice.content import Content
from documents.einvoice.formats import EInvoiceFormat
from documents.einvoice.problem import Problem, Problems
from invoicing.electronic_addresses import EMAIL


class Refused(NamedTuple):
    """The schemes that the format does not take, and its rules for the seller's and the buyer's."""

    name: str
    schemes: frozenset[str]
    of_seller: str
    of_buyer: str


_NOT_IN_PEPPOL = """
0037 0147 0154 0158 0170 0177 0193 0194 0202 0203 0205 0212 0213 0215 0217 0219 0220 AN AQ AS AU EM
"""
REFUSED: Mapping[EInvoiceFormat, Refused] = {
    EInvoiceFormat.PEPPOL_UBL: Refused(
        "Peppol", frozenset(_NOT_IN_PEPPOL.split()), *["PEPPOL-EN16931-CL008"] * 2
    ),
    EInvoiceFormat.FACTUR_X: Refused(
        "Factur-X", frozenset(("0219", "0220")), "FX-SCH-A-000582", "FX-SCH-A-000571"
    ),
}
"""By the rules of Peppol BIS Billing 2026.5 and of Factur-X 1.09. XRechnung has EN 16931's own list."""


def refused_schemes(content: Content, wanted: EInvoiceFormat) -> Problems:
    """A problem for each party whose electronic address the format does not take."""
    refused = REFUSED.get(wanted)
    if refused is None:
        return
    for trader, rule, party in (
        (content.seller, refused.of_seller, "account"),
        (content.buyer, refused.of_buyer, "customer"),
    ):
        address = trader.electronic_address
        if address is not None and address.scheme in refused.schemes:
            yield Problem(rule, f"{party}.electronic_address", _why(refused.name, address.scheme))


def _why(name: str, scheme: str) -> str:
    if scheme == EMAIL:
        return f"{name} delivers to no e-mail address: give an address of {name}."
    return f"{name} takes no electronic address of the scheme {scheme}: give one of another scheme."
