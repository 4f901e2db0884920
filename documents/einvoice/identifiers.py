"""Check digits of numbers that have a scheme of ISO 6523, as Peppol checks them (PEPPOL-COMMON-R040 …)."""

from __future__ import annotations

import re
from collections.abc import Callable


def _has_sum(weights: str, modulus: int) -> Callable[[str], bool]:
    """Whether the digits times their weights, given as digits, come to a multiple of `modulus`."""
    factors = [int(weight) for weight in weights.split()]
    return lambda number: (
        len(number) == len(factors)
        and sum(int(digit) * factor for digit, factor in zip(number, factors, strict=True)) % modulus == 0
    )


def _is_swedish(number: str) -> bool:
    """Luhn's algorithm."""
    doubled = [int(digit) * (2 - place % 2) for place, digit in enumerate(number)]
    return len(number) == 10 and sum(part // 10 + part % 10 for part in doubled) % 10 == 0


def _is_belgian(number: str) -> bool:
    return len(number) == 10 and 97 - int(number[:8]) % 97 == int(number[8:])


def _is_australian(number: str) -> bool:
    first = str((int(number[0]) - 1) % 10)
    return _has_sum("10 1 3 5 7 9 11 13 15 17 19", 89)(first + number[1:])


_CHECKS: dict[str, tuple[str, Callable[[str], bool]]] = {
    "0007": ("PEPPOL-COMMON-R049", _is_swedish),
    "0088": ("PEPPOL-COMMON-R040", _has_sum("1 3 1 3 1 3 1 3 1 3 1 3 1", 10)),
    "0096": ("PEPPOL-COMMON-R052", lambda number: len(number) == 10),
    "0151": ("PEPPOL-COMMON-R050", _is_australian),
    "0192": ("PEPPOL-COMMON-R041", _has_sum("3 2 7 6 5 4 3 2 1", 11)),
    "0208": ("PEPPOL-COMMON-R043", _is_belgian),
}


def broken_rule(value: str, scheme: str | None) -> str | None:
    """The rule that the number breaks; None if it is right, or not known to be wrong."""
    if scheme not in _CHECKS:
        return None
    rule, is_right = _CHECKS[scheme]
    return None if re.fullmatch("[0-9]+", value) and is_right(value) else rule
