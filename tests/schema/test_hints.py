"""What a plan reads straight from stored JSON is what the objects made of it would show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, asdict, fields
from enum import Enum
from typing import Any

import orjson
import pytest
import strawberry
from hypothesis import given
from hypothesis import strategies as st

from invoicing.snapshot import Line, VatRow
from invoicing.stored_snapshot import read_line
from schema import schema_under
from schema.execution.documents import Rules
from schema.hints import USUAL, Key, Shape
from schema.types.invoice_line import STORED_LINE, InvoiceLine
from schema.types.shared import STORED_VAT, VatAmount

LEAST = {
    "id": "l",
    "name": "Tea",
    "quantity": 1_500_000,
    "unit_price": 1_000,
    "subtotal": 1_500,
    "total": 1_500,
    "total_ex_vat": 1_240,
    "vat_amount": 260,
    "vat_rate": 210_000,
}
FULL = Line(
    **LEAST,  # type: ignore[arg-type]
    unit="KGM",
    unit_price_rest=250_000,
    discount=7,
    discount_reason="Summer",
    vat_category="AE",
    exemption_reason="Reverse charge",
    supply="SERVICES",
    sku="T-1",
    description="Green",
    order_id="o",
    order_item_id="i",
)


NUMBERS = st.one_of(
    st.integers(-(2**60), 2**60),
    st.integers(-100, 100).map(lambda whole: whole * 1_000_000),
    st.floats(),
    st.booleans(),
    st.text(),
    st.none(),
)


def evaluated(expression: str, value: Any) -> Any:
    return eval(expression.format("value"), {"value": value})  # noqa: S307


@given(NUMBERS)
@pytest.mark.parametrize("name", USUAL)
def test_a_scalars_usual_values_are_written_as_it_would_write_them(name: str, value: Any) -> None:
    condition, written = USUAL[name]
    if evaluated(condition, value):
        scalar: Any = schema_under(Rules()).graphql_schema.type_map[name]
        made, wanted = evaluated(written, value), scalar.serialize(value)
        assert (made, type(made)) == (wanted, type(wanted))


@pytest.mark.parametrize(
    ("name", "value"),
    [("Money", 2**53), ("Quantity", 1_500_000), ("Float", float("nan")), ("Float", True), ("Int", 2**31)],
)
def test_what_is_not_usual_is_given_to_the_scalar(name: str, value: Any) -> None:
    assert not evaluated(USUAL[name][0], value)


def shown(row: Mapping[str, Any], shape: Shape) -> dict[str, Any]:
    """What a plan reads of a row."""
    found: dict[str, Any] = {}
    for name, of in shape.items():
        if isinstance(of, Mapping):
            found[name] = shown(row, of)
        else:
            found[name] = row.get(of.name, of.default) if isinstance(of, Key) else of(row)
    return found


def of_object(value: Any, shape: Shape) -> dict[str, Any]:
    """The same of the object."""
    found: dict[str, Any] = {}
    for name, of in shape.items():
        own = getattr(value, name)
        found[name] = of_object(own, of) if isinstance(of, Mapping) else own
        if isinstance(own, Enum):
            found[name] = own.value
    return found


@pytest.mark.parametrize("row", [LEAST, orjson.loads(orjson.dumps(asdict(FULL)))])
def test_a_stored_line_is_read_as_its_object_shows_it(row: dict[str, Any]) -> None:
    assert shown(row, STORED_LINE) == of_object(InvoiceLine.of(read_line(row)), STORED_LINE)


def test_least_is_the_least_that_a_line_has() -> None:
    assert {each.name for each in fields(Line) if each.default is MISSING} == {*LEAST}


def test_all_of_a_line_can_be_read_from_its_row_but_its_period() -> None:
    assert {each.name for each in _fields(InvoiceLine)} - {*STORED_LINE} == {"service_period"}


def test_a_stored_row_of_the_vat_is_read_as_its_object_shows_it() -> None:
    row = {"category": "S", "rate": 55_000, "base": 1_000, "amount": 55}
    made = VatRow(**row)  # type: ignore[arg-type]
    value = VatAmount.of(made.rate, made.category, made.base, made.amount)
    assert {each.name for each in _fields(VatAmount)} == {*STORED_VAT}
    assert shown(row, STORED_VAT) == of_object(value, STORED_VAT)


def _fields(kind: type) -> Any:
    return strawberry.types.get_object_definition(kind, strict=True).fields
