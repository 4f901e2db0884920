"""What Peppol asks of sellers in some countries beside its own rules (NL-R, DE-R, SE-R …)."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from documents.einvoice.content import Content
from documents.einvoice.fields import of_line
from documents.einvoice.german import PEPPOL, german
from documents.einvoice.identifiers import broken_rule
from documents.einvoice.problem import Problem, Problems
from documents.einvoice.traders import Trader
from invoicing.snapshot import Address

_SELLER, _BUYER = "account.address", "customer.billing_address"
_PARTS = {"address_line_1": "street", "locality": "town", "postal_code": "postal code"}
_STREET_AND_CODE = ("address_line_1", "postal_code")
_SWEDISH_RATES = (60_000, 120_000, 250_000)  # ten-thousandths of a percent


def national(content: Content) -> Problems:
    """By the country of the seller's address or, where the rules go by it, of the VAT number."""
    country = content.seller.address.country_code or ""
    of_vat = (content.seller.vat_number or country)[:2]
    for each in {country, of_vat}:
        if each in _RULES:
            yield from _RULES[each](content)


def _is_domestic(content: Content) -> bool:
    return content.buyer.address.country_code == content.seller.address.country_code


def _missing(
    address: Address, rules: Sequence[str], field: str, parts: Sequence[str] = tuple(_PARTS)
) -> Problems:
    """A problem for each part that is not there: under the rule of its place, or the only one."""
    for place, part in enumerate(parts):
        if not getattr(address, part):
            rule = rules[min(place, len(rules) - 1)]
            yield Problem(rule, f"{field}.{part}", f"Peppol needs the {_PARTS[part]} here.")


def _no_legal_id(trader: Trader, rule: str, party: str, kind: str) -> Problems:
    if trader.legal_id is None:
        yield Problem(rule, f"{party}.registration_number", f"Peppol needs the {kind} here.")


def _dutch(content: Content) -> Problems:
    yield from _missing(content.seller.address, ["NL-R-002"], _SELLER)
    if _is_domestic(content):
        yield from _missing(content.buyer.address, ["NL-R-004"], _BUYER)
    if content.is_credit and not content.preceding:
        yield Problem("NL-R-001", "invoice_id", "It does not say which invoice it credits.")


def _german(content: Content) -> Problems:
    if _is_domestic(content):
        yield from german(content, PEPPOL)


def _danish(content: Content) -> Problems:
    yield from _no_legal_id(content.seller, "DK-R-002", "account", "seller's CVR number, of 8 digits,")


def _swedish(content: Content) -> Problems:
    seller = content.seller
    if seller.tax_number and seller.legal_id and seller.tax_number.upper() != "GODKÄND FÖR F-SKATT":
        yield Problem("SE-R-005", "account.tax_number", "Peppol takes only “Godkänd för F-skatt” here.")
    number = seller.vat_number or ""
    if not number.startswith("SE"):
        return
    if not re.fullmatch("SE[0-9]{12}", number):
        yield Problem("SE-R-001", "account.vat_number", "A Swedish VAT number has 12 digits.")
    if any(item.category == "S" and item.rate not in _SWEDISH_RATES for item in content.items):
        field = of_line(content, "vat_rate")
        yield Problem("SE-R-006", field, "Peppol takes only 6, 12 and 25 % of sellers in Sweden.")


def _norwegian(content: Content) -> Problems:
    number = re.fullmatch("NO([0-9]{9})MVA", content.seller.vat_number or "NO995525828MVA")
    if number is None or broken_rule(number[1], "0192"):
        yield Problem("NO-R-001", "account.vat_number", "A Norwegian one is NO, nine digits and MVA.")


def _italian(content: Content) -> Problems:
    yield from _missing(content.seller.address, ["IT-R-002", "IT-R-003", "IT-R-004"], _SELLER)
    if content.seller.tax_number and not re.fullmatch("[A-Z0-9]{11,16}", content.seller.tax_number):
        message = "An Italian one has 11 to 16 digits and capital letters."
        yield Problem("IT-R-001", "account.tax_number", message)


def _icelandic(content: Content) -> Problems:
    kind = "kennitala, of 10 digits,"
    yield from _no_legal_id(content.seller, "IS-R-002", "account", kind)
    yield from _missing(content.seller.address, ["IS-R-003"], _SELLER, _STREET_AND_CODE)
    if _is_domestic(content):
        yield from _no_legal_id(content.buyer, "IS-R-004", "customer", kind)
        yield from _missing(content.buyer.address, ["IS-R-005"], _BUYER, _STREET_AND_CODE)


def _greek(_: Content) -> Problems:
    yield Problem(
        "GR-R-001-1",
        "account.invoice_number_format",
        "Of sellers in Greece Peppol wants numbers that only the tax office's system gives.",
    )


_RULES: dict[str, Callable[[Content], Problems]] = {
    "DE": _german,
    "DK": _danish,
    "EL": _greek,
    "GR": _greek,
    "IS": _icelandic,
    "IT": _italian,
    "NL": _dutch,
    "NO": _norwegian,
    "SE": _swedish,
}
