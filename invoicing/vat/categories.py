"""VAT categories, and which rate and which exemption reason go with each."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from invoicing.decimals import decimal_text
from invoicing.errors import ValidationError


class Category(StrEnum):
    """Why a line bears the VAT it bears: the codes of UNTDID 5305 that EN 16931 takes."""

    S = "S"
    """Standard or reduced: taxed, at a rate above zero."""
    Z = "Z"
    """Zero: taxed, at a rate of nought."""
    E = "E"
    """Exempt: the law excuses this supply from VAT."""
    AE = "AE"
    """Reverse charge: the buyer accounts for the VAT."""
    K = "K"
    """Goods or services to a business in another EU country."""
    G = "G"
    """Export: the goods leave the EU."""
    O = "O"  # noqa: E741 (the norm's own letter)
    """Outside the scope of VAT."""

    @property
    def is_zero_rated(self) -> bool:
        """Whether the rate must be 0; only for S it must be more (BR-S-05, BR-Z-05, BR-E-05 and so on)."""
        return self is not Category.S


def rate_and_category(clean: Mapping[str, Any], default_rate: int, *, at: str) -> dict[str, Any]:
    """A line's rate and category; where one is not given, it follows from the other.

    ValidationError if they contradict each other (BR-S-05, BR-Z-05, BR-E-05 and so on).
    """
    category = clean.get("vat_category")
    zero = category is not None and Category(category).is_zero_rated
    rate = clean.get("vat_rate", 0 if zero else default_rate)
    category = category or (Category.S if rate else Category.Z)
    if Category(category).is_zero_rated == (rate > 0):
        raise ValidationError(
            f"{at}vat_rate must be above 0 in category S and 0 in every other; "
            f"it is {decimal_text(rate, 4)} in category {category}.",
            field=f"{at}vat_rate",
        )
    return {"vat_rate": rate, "vat_category": str(category)}


def check_exemption_reason(line: Mapping[str, Any], *, at: str) -> None:
    """Refuses an exemption reason on a line that bears VAT (BR-S-10, BR-Z-10)."""
    if line.get("exemption_reason") and line["vat_category"] in (Category.S, Category.Z):
        raise ValidationError(
            f"{at}exemption_reason is for the categories E, AE, K, G and O; this item bears VAT.",
            field=f"{at}exemption_reason",
        )
