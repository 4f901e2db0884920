"""Countries and currencies by the lists of EN 16931, which lack some that can be invoiced here."""

from __future__ import annotations

_COUNTRIES = {
    "AC": "SH",
    "CP": "FR",
    "CQ": "GG",
    "DG": "IO",
    "EA": "ES",
    "IC": "ES",
    "TA": "SH",
    "XK": "1A",
}
"""Parts of countries that have codes of their own in CLDR, and Kosovo."""

NOT_IN_CII = "SS"
"""South Sudan: the list of the rules for CII does not have it."""

_CURRENCIES = """
AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CLP
CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG
HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL
MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR
RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS
UAH UGX USD UYU UZS VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG
"""
CURRENCIES = frozenset(_CURRENCIES.split())
"""Without those that are of the past (ISO 4217, list three), and what only some of the rules have."""


def country_code(code: str | None) -> str | None:
    """The code by which EN 16931 knows the country (BR-CL-14)."""
    return None if code is None else _COUNTRIES.get(code, code)
