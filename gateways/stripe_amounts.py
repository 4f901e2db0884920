"""Amounts as Stripe counts them, which for some currencies is not as CLDR does."""

from __future__ import annotations

from invoicing.money import minor_digits

# https://docs.stripe.com/currencies, “Minor units in API amounts”. ISK and UGX are among its “Special cases”:
# they have no decimals, and are counted in hundredths all the same, as all that is not listed here.
_WHOLE = tuple("BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF".split())  # noqa: SIM905
_THOUSANDTHS = ("BHD", "JOD", "KWD", "OMR", "TND")
_PARTS = {**dict.fromkeys(_WHOLE, 1), **dict.fromkeys(_THOUSANDTHS, 1000)}
_STEPS = {**dict.fromkeys(_THOUSANDTHS, 10), "ISK": 100, "UGX": 100}
"""Stripe takes only multiples of these."""


def counted(amount: int, currency: str) -> int:
    """Minor units as Stripe counts them, exactly. ValueError with a sentence if it cannot take them."""
    parts: int = 10 ** minor_digits(currency)
    theirs, rest = divmod(amount * _PARTS.get(currency, 100), parts)
    if rest or theirs % _STEPS.get(currency, 1):
        raise ValueError(f"Stripe does not take such small parts of {currency}: round the amount.")
    return theirs
