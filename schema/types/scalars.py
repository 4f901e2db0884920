"""The scalars: how amounts, currencies, instants and days are read and written."""

from datetime import UTC, date, datetime
from typing import NewType

import strawberry
from graphql import FloatValueNode, IntValueNode, StringValueNode, ValueNode
from strawberry.types.scalar import ScalarDefinition

from invoicing.decimals import MILLION, json_number, read_quantity, read_unit_price, written
from invoicing.money import MAX_AMOUNT
from schema.hints import USUAL

Money = NewType("Money", int)
Currency = NewType("Currency", str)
Quantity = NewType("Quantity", int)
"""Millionths where it is shown; where it is taken, the number as it was written."""
UnitPrice = NewType("UnitPrice", int)
"""The same, of a minor unit."""


def check_money(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError(f"Money is whole minor units, an integer: 2499 is € 24,99 (it is {value!r}).")
    if abs(value) > MAX_AMOUNT:
        raise ValueError(f"Money is within ±(2^53−1) (it is {value}).")
    return value


def quantity_as_written(value: object) -> int | str:
    try:
        return written(read_quantity(value))
    except ValueError as error:
        raise ValueError(f"Quantity {error}.") from None


def unit_price_as_written(value: object) -> int | str:
    try:
        return written(read_unit_price(value))
    except ValueError as error:
        raise ValueError(f"UnitPrice {error}.") from None


def _digits(node: ValueNode, name: str) -> str:
    """The digits of a number in a document, which no float has held."""
    if isinstance(node, IntValueNode | FloatValueNode | StringValueNode):
        return node.value
    raise ValueError(f"{name} must be a number or a string.")


def quantity_literal(node: ValueNode, _: object = None) -> int | str:
    return quantity_as_written(_digits(node, "Quantity"))


def unit_price_literal(node: ValueNode, _: object = None) -> int | str:
    return unit_price_as_written(_digits(node, "UnitPrice"))


def check_currency(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError(f"Currency is an ISO 4217 code such as EUR (it is {value!r}).")
    return value


def read_instant(value: object) -> datetime:
    try:
        moment = datetime.fromisoformat(str(value))
        if moment.tzinfo is not None:
            return moment.astimezone(UTC)
    except (ValueError, OverflowError):  # OverflowError: in UTC it is before the first year or after the last
        pass
    raise ValueError(f"DateTime is RFC 3339 with a time zone: 2026-03-31T12:00:00Z (it is {value!r}).")


def read_day(value: object) -> date:
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise ValueError(f"Date is written 2026-03-31 (it is {value!r}).") from None


def write_instant(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def unchanged(value: object) -> object:
    """What the domain returns needs no check."""
    return value


SCALARS: dict[object, ScalarDefinition] = {
    Money: strawberry.scalar(
        name="Money",
        description=(
            "Whole minor units of the currency beside it: 2499 is € 24,99 (and JPY 2499 is ¥ 2,499). "
            "An integer within ±(2^53−1)."
        ),
        serialize=check_money,
        parse_value=check_money,
    ),
    Quantity: strawberry.scalar(
        name="Quantity",
        description=(
            "A decimal with up to 6 places, within ±10⁹: a JSON number, whole where it is whole (3, 1.5). "
            "A string is taken too."
        ),
        serialize=json_number,
        parse_value=quantity_as_written,
        parse_literal=quantity_literal,
    ),
    UnitPrice: strawberry.scalar(
        name="UnitPrice",
        description=(
            "Minor units of the currency beside it with up to 6 decimals: 2499, or 0.175 (€ 0,00175). "
            "A JSON number; a string is taken too. Within ±(2^53−1), with decimals within ±10⁹."
        ),
        serialize=json_number,
        parse_value=unit_price_as_written,
        parse_literal=unit_price_literal,
    ),
    Currency: strawberry.scalar(
        name="Currency",
        description="ISO 4217 code, upper case.",
        serialize=unchanged,
        parse_value=check_currency,
    ),
    datetime: strawberry.scalar(
        name="DateTime",
        description="RFC 3339 instant in UTC.",
        serialize=write_instant,
        parse_value=read_instant,
        specified_by_url="https://www.rfc-editor.org/rfc/rfc3339",
    ),
    date: strawberry.scalar(
        name="Date",
        description="A day, as in ISO 8601: 2026-03-31.",
        serialize=date.isoformat,
        parse_value=read_day,
    ),
}

_IN_MILLIONTHS = f"{{0}}.__class__ is int and {{0}} % {MILLION} == 0", f"{{0}} // {MILLION}"
USUAL |= {
    "Money": (f"{{0}}.__class__ is int and {-MAX_AMOUNT} <= {{0}} <= {MAX_AMOUNT}", "{0}"),
    "Quantity": _IN_MILLIONTHS,
    "UnitPrice": _IN_MILLIONTHS,
}
