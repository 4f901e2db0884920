"""Whose forms Chinese characters have: those of Japan, Korea, China, Taiwan and Hong Kong differ."""

from __future__ import annotations

from contextvars import ContextVar

from invoicing.snapshot import Snapshot

region: ContextVar[str] = ContextVar("region", default="SC")
"""Of the document that is made now, for texts that do not say it by other letters."""
_BY_LANGUAGE = {
    "ja": "JP",
    "ko": "KR",
    "zh_hant": "TC",
    "zh_tw": "TC",
    "zh_hk": "HK",
    "zh_mo": "HK",
    "zh": "SC",
}
_BY_COUNTRY = {"JP": "JP", "KR": "KR", "TW": "TC", "HK": "HK", "MO": "HK", "CN": "SC", "SG": "SC"}


def region_of(invoice: Snapshot) -> str:
    """By the buyer's language, or the first country that has such characters."""
    tag = invoice.locale.strip().replace("-", "_").lower()
    if by_language := next((_BY_LANGUAGE[each] for each in _BY_LANGUAGE if _begins(tag, each)), None):
        return by_language
    parties = invoice.buyer.address, invoice.shipping_address, invoice.seller.address
    countries = (address.country_code for address in parties if address is not None)
    return next((_BY_COUNTRY[each] for each in countries if each in _BY_COUNTRY), "SC")


def _begins(tag: str, language: str) -> bool:
    return tag == language or tag.startswith(f"{language}_")
