"""A cell's text as a value of an order."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache

from invoicing.checks import ElectronicAddressValues
from invoicing.decimals import read_quantity, written
from invoicing.errors import ValidationError
from invoicing.importing.dates import DatePattern
from invoicing.importing.numbers import Decimals, NoNumber, plain_number, stands_for
from invoicing.money import from_major

_DECIMAL = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,18})?")
_AMOUNT = "must be an amount such as 1234.50"
_NUMBER = "must be a number such as 12 or 1.5"
_PERCENTAGE = "must be a percentage such as 5.5"


def plain_amount(cell: str, column: str, currency: str, decimals: Decimals | None) -> str:
    """An amount as somebody wrote it, perhaps with the currency, as digits with a decimal point."""
    digits, sign = _plain(cell, column, decimals, _AMOUNT)
    if sign and not stands_for(sign, currency):
        raise _refusal(cell, column, f"must be an amount in {currency}, the currency of the order")
    return digits


def plain_quantity(cell: str, column: str, decimals: Decimals | None) -> str:
    digits, sign = _plain(cell, column, decimals, _NUMBER)
    if sign:
        raise _refusal(cell, column, _NUMBER)
    return digits


def plain_percentage(cell: str, column: str, decimals: Decimals | None) -> str:
    digits, sign = _plain(cell, column, decimals, _PERCENTAGE)
    if sign not in ("", "%"):
        raise _refusal(cell, column, _PERCENTAGE)
    return digits


def _plain(cell: str, column: str, decimals: Decimals | None, rule: str) -> tuple[str, str]:
    try:
        return plain_number(cell, decimals)
    except NoNumber as error:
        raise _refusal(cell, column, error.rule or rule) from None


def quantity(cell: str, column: str) -> int | str:
    """The number, of either sign: whole, or its digits."""
    try:
        return _quantity(cell)
    except NoNumber:
        raise _refusal(cell, column, _NUMBER) from None
    except ValueError as error:
        raise ValidationError(f"{column} {error}.", field=column) from error


def amount(cell: str, column: str, currency: str) -> int:
    """Takes major units with a decimal point; returns minor units, exactly."""
    try:
        return _minor(cell, currency)
    except NoNumber:
        raise _refusal(cell, column, _AMOUNT) from None
    except ValueError as error:
        raise ValidationError(f"{column}: {error}", field=column) from error


# Cached, as a shop has few different prices and quantities.
@lru_cache(10_000)
def _minor(cell: str, currency: str) -> int:
    return from_major(_decimal(cell), currency)


@lru_cache(10_000)
def _quantity(cell: str) -> int | str:
    return written(read_quantity(_decimal(cell)))


def _decimal(cell: str) -> str:
    if not _DECIMAL.fullmatch(cell):
        raise NoNumber
    return cell


def percentage(cell: str, column: str) -> int | str:
    if not _DECIMAL.fullmatch(cell):
        raise _refusal(cell, column, _PERCENTAGE)
    return int(cell) if cell.isdigit() else cell


def day(cell: str, column: str, pattern: DatePattern | None = None) -> date:
    try:
        return date.fromisoformat(cell) if pattern is None else pattern.read(cell).date()
    except ValueError:
        example = "2024-02-29" if pattern is None else pattern.example
        raise _refusal(cell, column, f"must be a date such as {example}") from None


def electronic_address(cell: str, column: str) -> ElectronicAddressValues:
    """A scheme and what is under it, as Peppol writes them: 0106:12345678."""
    scheme, colon, under = cell.partition(":")
    if not colon:
        raise _refusal(cell, column, "must be a scheme of the EAS list and a number, such as 0106:12345678")
    return {"scheme": scheme, "value": under}


def instant(
    cell: str, column: str, timezone: tzinfo, now: datetime, pattern: DatePattern | None = None
) -> datetime:
    """A date or a moment, in the given time zone if it names none; at most one day in the future."""
    try:
        given = datetime.fromisoformat(cell) if pattern is None else pattern.read(cell)
        moment = (given if given.tzinfo else given.replace(tzinfo=timezone)).astimezone(UTC)
        moment.astimezone(timezone)  # its day there has to be one that can be written
    except (ValueError, OverflowError):
        example = "2024-02-29 or 2024-02-29T13:45" if pattern is None else pattern.example
        raise _refusal(cell, column, f"must be a date such as {example}") from None
    if moment > now + timedelta(days=1):
        raise _refusal(cell, column, "must not lie in the future")
    return moment


def _refusal(cell: str, column: str, rule: str) -> ValidationError:
    return ValidationError(f"{column} {rule} (it is “{cell[:40]}”).", field=column)
