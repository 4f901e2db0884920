"""Numbers that have a scheme of ISO 6523, as Peppol checks their form and digits (PEPPOL-COMMON-R040 …).

What its rules only warn of is not here.
"""

from __future__ import annotations

import re
from collections.abc import Callable


def _has_form(form: str) -> Callable[[str], bool]:
    return lambda number: re.fullmatch(form, number) is not None


def _has_sum(weights: str, modulus: int, rest: int = 0) -> Callable[[str], bool]:
    """Whether the digits times their weights, given as digits, divided by `modulus` leave `rest`."""
    factors = [int(weight) for weight in weights.split()]
    return lambda number: (
        re.fullmatch(f"[0-9]{{{len(factors)}}}", number) is not None
        and sum(int(digit) * factor for digit, factor in zip(number, factors, strict=True)) % modulus == rest
    )


def _is_swedish(number: str) -> bool:
    """Luhn's algorithm."""
    if not re.fullmatch("[0-9]{10}", number):
        return False
    doubled = [int(digit) * (2 - place % 2) for place, digit in enumerate(number)]
    return sum(part // 10 + part % 10 for part in doubled) % 10 == 0


def _is_belgian(number: str) -> bool:
    return re.fullmatch("[0-9]{10}", number) is not None and 97 - int(number[:8]) % 97 == int(number[8:])


_has_norwegian_sum = _has_sum("3 2 7 6 5 4 3 2 1", 11)


def _is_norwegian(number: str) -> bool:
    return _has_norwegian_sum(number) and int(number) > 0


_CHECKS: dict[str, tuple[str, Callable[[str], bool]]] = {
    "0007": ("PEPPOL-COMMON-R049", _is_swedish),
    "0088": ("PEPPOL-COMMON-R040", _has_sum("1 3 1 3 1 3 1 3 1 3 1 3 1", 10)),
    "0096": ("PEPPOL-COMMON-R052", _has_form("[0-9]{10}")),
    "0151": (  # the first digit counts less one
        "PEPPOL-COMMON-R050",
        _has_sum("10 1 3 5 7 9 11 13 15 17 19", 89, rest=10),
    ),
    "0184": ("PEPPOL-COMMON-R042", _has_form("(DK)?[0-9]{8}")),
    "0192": ("PEPPOL-COMMON-R041", _is_norwegian),
    "0198": ("PEPPOL-COMMON-R053", _has_form("DK[0-9]{8}")),
    "0208": ("PEPPOL-COMMON-R043", _is_belgian),
}


def broken_rule(value: str, scheme: str | None) -> str | None:
    """The rule that the number breaks; None if it is right, or not known to be wrong."""
    if scheme not in _CHECKS:
        return None
    rule, is_right = _CHECKS[scheme]
    return None if is_right(value) else rule
