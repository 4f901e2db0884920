"""A cell's text as a value of an order."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache

from invoicing.checks import ElectronicAddressValues
from invoicing.decimals import read_quantity, written
from invoicing.errors import ValidationError
from invoicing.money import from_major

# Cached, as a shop has few different prices and quantities.
_minor = lru_cache(10_000)(from_major)
_quantity = lru_cache(10_000)(lambda cell: written(read_quantity(cell)))

_DECIMAL = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,18})?")


def quantity(cell: str, column: str) -> int | str:
    """The number, of either sign: whole, or its digits."""
    if not _DECIMAL.fullmatch(cell):
        raise _refusal(cell, column, "must be a number such as 12 or 1.5, without thousands separators")
    try:
        return _quantity(cell)
    except ValueError as error:
        raise ValidationError(f"{column} {error}.", field=column) from error


def amount(cell: str, column: str, currency: str) -> int:
    """Takes major units with a decimal point; returns minor units, exactly."""
    if not _DECIMAL.fullmatch(cell):
        raise _refusal(cell, column, "must be an amount such as 1234.50, without thousands separators")
    try:
        return _minor(cell, currency)
    except ValueError as error:
        raise ValidationError(f"{column}: {error}", field=column) from error


def percentage(cell: str, column: str) -> int | str:
    if not _DECIMAL.fullmatch(cell):
        raise _refusal(cell, column, "must be a percentage such as 5.5")
    return int(cell) if cell.isdigit() else cell


def day(cell: str, column: str) -> date:
    try:
        return date.fromisoformat(cell)
    except ValueError:
        raise _refusal(cell, column, "must be a date such as 2024-02-29") from None


def electronic_address(cell: str, column: str) -> ElectronicAddressValues:
    """A scheme and what is under it, as Peppol writes them: 0106:12345678."""
    scheme, colon, under = cell.partition(":")
    if not colon:
        raise _refusal(cell, column, "must be a scheme of the EAS list and a number, such as 0106:12345678")
    return {"scheme": scheme, "value": under}


def instant(cell: str, column: str, timezone: tzinfo, now: datetime) -> datetime:
    """A date or a moment, in the given time zone if it names none; at most one day in the future."""
    try:
        given = datetime.fromisoformat(cell)
        moment = (given if given.tzinfo else given.replace(tzinfo=timezone)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise _refusal(cell, column, "must be a date such as 2024-02-29 or 2024-02-29T13:45") from None
    if moment > now + timedelta(days=1):
        raise _refusal(cell, column, "must not lie in the future")
    return moment


def _refusal(cell: str, column: str, rule: str) -> ValidationError:
    return ValidationError(f"{column} {rule} (it is “{cell[:40]}”).", field=column)
