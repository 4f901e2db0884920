"""Which codes are currencies, and how many decimals each has: ISO 4217, list one, as published on 2026-01-01.

CLDR, which Babel brings, counts the decimals that people use (RSD 0); contracts, banks and e-invoices count
ISO's (RSD 2). CLDR's are taken only for the money of the past, of which ISO's list says nothing (ITL 0).
"""

from __future__ import annotations

from functools import cache

from babel.core import get_global
from babel.numbers import get_currency_precision

_MINOR_UNITS = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF",
    2: "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY "
    "COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR "
    "ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK "
    "MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP "
    "SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VES WST XCD XCG YER ZAR "
    "ZMW ZWG",
    3: "BHD IQD JOD KWD LYD OMR TND",
}
_DIGITS = {code: digits for digits, codes in _MINOR_UNITS.items() for code in codes.split()}


@cache
def _tenders() -> frozenset[str]:
    territories = get_global("territory_currencies").values()
    return frozenset(code for uses in territories for code, _, _, is_tender in uses if is_tender)


def is_currency(code: str) -> bool:
    """Whether this is an ISO 4217 code, in upper case, of money that is or was legal tender (CLDR).

    Metals, funds, test codes (XAU, CHE, XTS) and "no currency" (XXX) are not.
    """
    return code in _tenders()


def minor_digits(currency: str) -> int:
    """The number of decimals of a currency: JPY 0, EUR 2, KWD 3. ValueError if it is not one."""
    if not is_currency(currency):
        raise ValueError(f"{currency!r} is not an ISO 4217 currency.")
    digits = _DIGITS.get(currency)
    return get_currency_precision(currency) if digits is None else digits
