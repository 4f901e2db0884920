"""Amounts in Stripe's units, which differ from ISO 4217's minor units for some currencies."""

from __future__ import annotations

from invoicing.currencies import minor_digits

# https://docs.stripe.com/currencies, “Minor units in API amounts”. ISK and UGX are among its “Special cases”:
# they have no decimals but are counted in hundredths, like every currency that is not listed here.
_WHOLE = tuple("BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF".split())  # noqa: SIM905
_THOUSANDTHS = ("BHD", "JOD", "KWD", "OMR", "TND")
_PARTS = {**dict.fromkeys(_WHOLE, 1), **dict.fromkeys(_THOUSANDTHS, 1000)}
_STEPS = {**dict.fromkeys(_THOUSANDTHS, 10), "ISK": 100, "UGX": 100}
"""Stripe takes only multiples of these."""


def stripe_amount(amount: int, currency: str) -> int:
    """The exact amount in Stripe's units. Raises ValueError, with a sentence, if Stripe cannot take it."""
    parts: int = 10 ** minor_digits(currency)
    converted, rest = divmod(amount * _PARTS.get(currency, 100), parts)
    if rest or converted % _STEPS.get(currency, 1):
        raise ValueError(f"Stripe does not take such small parts of {currency}: round the amount.")
    return converted
