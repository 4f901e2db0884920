"""Money as whole minor units: one way to round; conversion to and from major units for front doors."""

from collections.abc import Sequence
from decimal import Context, Decimal, Inexact, InvalidOperation

from invoicing.currencies import minor_digits

MAX_AMOUNT = 2**53 - 1
"""The largest amount in minor units: up to here every JSON reader, JavaScript's too, is exact."""

# More digits than MAX_AMOUNT has. Rounding is an error here, whatever the caller's own decimal context.
_EXACT = Context(prec=40, traps=[Inexact, InvalidOperation])


def divide(numerator: int, denominator: int) -> int:
    """The quotient rounded half away from zero, so that a credit is the exact mirror of its invoice."""
    size = abs(denominator)
    quotient, remainder = divmod(abs(numerator), size)
    if 2 * remainder >= size:
        quotient += 1
    return quotient if (numerator < 0) == (denominator < 0) else -quotient


def portion(amount: int, part: int, whole: int) -> int:
    """`part` out of `whole` of an amount, rounded.

    To divide an amount into pieces, take for each piece the difference of two portions: up to and including
    the piece, and up to it. Then the pieces add up to exactly the amount.
    """
    return divide(amount * part, whole)


def shares(total: int, amounts: Sequence[int], part: int, whole: int) -> list[int]:
    """`part` out of `whole` of each amount, rounded by largest remainder so that they add up to `total`."""
    parts = [amount * part // whole for amount in amounts]
    missing = total - sum(parts)
    if missing:
        remainders = [amount * part % whole for amount in amounts]
        # The sort is stable, in reverse too: of equal remainders the earlier comes first.
        by_loss = sorted(range(len(amounts)), key=remainders.__getitem__, reverse=True)
        for place in by_loss[:missing]:
            parts[place] += 1
    return parts


def between(value: int, one: int, other: int) -> int:
    """The value or, where it is not between the two limits, the nearer of them."""
    return min(max(value, min(one, other)), max(one, other))


def shares_within(
    total: int, amounts: Sequence[int], part: int, whole: int, limits: Sequence[int]
) -> list[int]:
    """The same, each share between zero and its limit, also where `total` is further off than by rounding.

    ValueError if the limits together are too narrow for it.
    """
    parts = [between(amount * part // whole, 0, limit) for amount, limit in zip(amounts, limits, strict=True)]
    by_loss = sorted(range(len(amounts)), key=lambda place: -(amounts[place] * part % whole))
    while missing := total - sum(parts):
        step = 1 if missing > 0 else -1
        raised = [
            place
            for place in by_loss[::step]
            if between(parts[place] + step, 0, limits[place]) != parts[place]
        ]
        if not raised:
            raise ValueError(f"{total} cannot be shared out within {limits}.")
        for place in raised[: abs(missing)]:
            parts[place] += step
    return parts


def to_major(amount: int, currency: str) -> Decimal:
    """Minor units as major units, exactly, with all of the currency's decimals: 2400 is 24.00 euros."""
    return Decimal(f"{amount}e-{minor_digits(currency)}")


def from_major(value: Decimal | str, currency: str) -> int:
    """Major units as minor units, exactly: "24.99" euros is 2499. Zeros at the end do not count as decimals.

    ValueError if the value is not a number, has more decimals than the currency or exceeds MAX_AMOUNT.
    """
    digits = minor_digits(currency)
    try:
        amount = int(_EXACT.scaleb(_EXACT.quantize(Decimal(value), Decimal(f"1e-{digits}")), digits))
    except Inexact:
        raise ValueError(f"{value} has more decimals than the {digits} of {currency}.") from None
    except (InvalidOperation, ValueError):
        raise ValueError(f"{value!r} is not an amount of {currency}.") from None
    if abs(amount) > MAX_AMOUNT:
        raise ValueError(f"{value} {currency} is too large an amount.")
    return amount
