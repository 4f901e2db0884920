"""The fixed words of an invoice, from one file per language: documents/labels/<language>.toml.

To add a language, add its file. It must have every field below, and no other.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path

from babel import Locale
from babel.plural import PluralRule

from invoicing.decimals import decimal_text

FOLDER = Path(__file__).parents[1] / "labels"
FALLBACK = "en"


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels:
    """The words of one language. Those with {fields} are filled in by `str.format`."""

    language: str
    invoice: str
    credit: str
    number: str
    credit_number: str
    issued: str
    due: str
    credited: str
    order: str
    orders: str
    purchase_order: str
    purchase_orders: str
    delivered: str
    service_period: str
    cost_center: str
    reference: str
    billed_to: str
    shipped_to: str
    contact: str
    vat_number: str
    tax_number: str
    registration_number: str
    prices_excluding: str
    prices_including: str
    description: str
    quantity: str
    unit_price: str
    discount: str
    vat: str
    amount: str
    price_reduction: str
    other_items: str
    continued: str
    vat_rate: str
    vat_base: str
    vat_amount: str
    total_ex_vat: str
    total_vat: str
    vat_in_tax_currency: str
    total: str
    total_credit: str
    payment: str
    pay_by: str
    pay: str
    iban: str
    bic: str
    payment_reference: str
    no_payment: str
    rounding: str
    paid: str
    amount_due: str
    amount_credited: str
    paid_in_full: str
    note: str
    page: str
    categories: dict[str, str]  # by UNTDID 5305
    notes: dict[str, str]  # by UNTDID 5305, the text that the law requires
    units: dict[str, list[str]]  # by UN/ECE Recommendation 20: singular, plural

    def title(self, type: str) -> str:
        return self.credit if type == "CREDIT" else self.invoice

    def unit(self, code: str, quantity: int) -> str:
        """The unit's name after a quantity in millionths; for a code that is not listed, the code itself."""
        names = self.units.get(code)
        if names is None:
            return code
        return names[_plural_rule(self.language)(Decimal(decimal_text(abs(quantity)))) != "one"]


@cache
def _plural_rule(language: str) -> PluralRule:
    return Locale(language).plural_form


@cache
def languages() -> frozenset[str]:
    return frozenset(file.stem for file in FOLDER.glob("*.toml"))


@cache
def labels(language: str) -> Labels:
    """The words of an ISO 639 language, or the English ones if it has no file."""
    known = language if language in languages() else FALLBACK
    words = tomllib.loads((FOLDER / f"{known}.toml").read_text(encoding="utf-8"))
    return Labels(language=known, **words)
