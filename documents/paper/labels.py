"""The fixed words of an invoice, from one file per language: documents/labels/<language>.toml.

To add a language, add its file. It must have every field below, and no other.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from decimal import Decimal
from functools import cache, lru_cache
from typing import Any

from babel import Locale

from documents.paper.languages import FOLDER, locale
from documents.paper.tax_name import with_tax_name
from invoicing.decimals import decimal_text


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels:
    """The words of one locale. Those with {fields} are filled in by `str.format`."""

    locale: Locale
    plurals: list[str]  # the categories of CLDR that a list of plural forms has, in its order
    invoice: str
    credit: str
    paid_mark: str
    copy_mark: str
    number: str
    credit_number: str
    issued: str
    credit_issued: str
    due: str
    credited: str
    credit_reason: str
    order: str
    orders: str
    orders_listed: str
    numbers_listed: str
    purchase_order: str
    purchase_orders: str
    delivered: str
    service_period: str
    cost_center: str
    reference: str
    billed_to: str
    shipped_to: str
    contact: str
    seller_contact: str
    vat_number: str
    tax_number: str
    registration_number: str
    prices_excluding: str
    prices_including: str
    description: str
    quantity: str
    unit_price: str
    discount: str
    discount_for: str
    vat: str
    amount: str
    price_reduction: str
    other_items: str
    continued: str
    carried_forward: str
    brought_forward: str
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
    set_off: str
    paid_back: str
    rounding: str
    paid: str
    amount_due: str
    amount_credited: str
    paid_in_full: str
    copy_note: str
    note: str
    page: str
    categories: dict[str, str]  # by UNTDID 5305
    notes: dict[str, str]  # by UNTDID 5305, the text that the law requires
    payment_methods: dict[str, str]  # by the codes of payments that have no name of their own
    vat_words: dict[str, str]  # the words for VAT in these, and what another {tax} makes of them
    units: dict[str, list[str]]  # by UN/ECE Recommendation 20: a form for each of `plurals`, or one for all

    @property
    def language(self) -> str:
        """ISO 639."""
        language: str = self.locale.language
        return language

    def payment_method(self, code: str) -> str:
        """The way of paying: as it is called where it is no code of ours, nothing where it is only OTHER."""
        return "" if code == "OTHER" else self.payment_methods.get(code, code)

    def title(self, type: str) -> str:
        return self.credit if type == "CREDIT" else self.invoice

    def unit(self, code: str, quantity: int) -> str:
        """The unit's name after a quantity in millionths; for a code that is not listed, the code itself."""
        forms = self.units.get(code)
        if forms is None:
            return code
        return forms[0] if len(forms) == 1 else forms[self._plural(abs(quantity))]

    def _plural(self, quantity: int) -> int:
        """Which plural form a number takes; a category that the language's list leaves out takes the last."""
        category = _category(self.locale, quantity)
        return self.plurals.index(category) if category in self.plurals else -1


@lru_cache(maxsize=4096)
def _category(where: Locale, quantity: int) -> str:
    """CLDR's name for the form that this many millionths take."""
    category: str = where.plural_form(Decimal(decimal_text(quantity)))
    return category


@lru_cache(maxsize=256)
def labels(tag: str, tax_name: str | None = None) -> Labels:
    """The words of a BCP 47 tag. A `tax_name` takes the place of the language's own word for VAT."""
    where = locale(tag)
    words = _words(where.language)
    if tax_name is not None:
        words = with_tax_name(words, tax_name, where.language)
    return Labels(locale=where, **words)


@cache
def _words(language: str) -> dict[str, Any]:
    return tomllib.loads((FOLDER / f"{language}.toml").read_text(encoding="utf-8"))
