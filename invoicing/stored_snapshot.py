"""A snapshot as it is stored: JSON on the invoice's row.

One without a `version` has whole quantities and rates in basis points: it is converted when it is read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from datetime import date
from operator import attrgetter
from typing import Any

import orjson

from invoicing.snapshot import (
    VERSION,
    Address,
    Branding,
    CreditedInvoice,
    ElectronicAddress,
    Line,
    Logo,
    OrderReference,
    Party,
    PaymentReference,
    Period,
    PrintedPayment,
    PrintedSetOff,
    Snapshot,
    VatInTaxCurrency,
    VatRow,
)


def dump(snapshot: Snapshot) -> str:
    """As it is stored: without what is None and is read as None where it is missing, a third of all."""
    stored = _given(snapshot)
    for name in _READ_BY_NAME:
        stored.setdefault(name, None)
    stored["lines"] = [_given(line) for line in snapshot.lines]
    for name, party in (("seller", snapshot.seller), ("buyer", snapshot.buyer)):
        stored[name] = {**_given(party), "address": _given(party.address)}
    return orjson.dumps(stored).decode()


_READ_BY_NAME = ("due_on", "shipping_address")
"""Of a snapshot: servers of before expect them, though they may be None."""

_FIELDS = {
    kind: (names := [each.name for each in fields(kind)], attrgetter(*names))
    for kind in (Snapshot, Line, Party, Address)
}


def _given(value: Snapshot | Line | Party | Address) -> dict[str, Any]:
    """A dataclass without those of its fields that are None, as they are by default."""
    names, values_of = _FIELDS[value.__class__]
    return {name: part for name, part in zip(names, values_of(value), strict=True) if part is not None}


def load(stored: str | bytes) -> Snapshot:
    value = load_stored(stored)
    return _read(value, tuple(map(read_line, value["lines"])))


def load_stored(stored: str | bytes) -> dict[str, Any]:
    """The JSON of a snapshot, as one of today's version: what `read_without_lines` and `read_line` read."""
    value: dict[str, Any] = orjson.loads(stored)
    if "version" not in value:
        convert_first_version(value)
    return value


def read_without_lines(value: Mapping[str, Any]) -> Snapshot:
    """The snapshot with no lines: there may be thousands, and to read them all takes a tenth of a second."""
    return _read({**value}, ())


def _read(value: dict[str, Any], lines: tuple[Line, ...]) -> Snapshot:
    value["lines"] = lines
    value["seller"] = _party(value["seller"])
    value["buyer"] = _party(value["buyer"])
    value["vat"] = tuple(VatRow(**row) for row in value["vat"])
    value["orders"] = tuple(_order(order) for order in value["orders"])
    value["credits"] = tuple(_credited_invoice(invoice) for invoice in value.get("credits", ()))
    if (tax := value.get("vat_in_tax_currency")) is not None:
        value["vat_in_tax_currency"] = VatInTaxCurrency(**tax)
    value["payments"] = tuple(_payment(payment) for payment in value.get("payments", ()))
    if (set_off := value.get("set_off")) is not None:
        value["set_off"] = tuple(PrintedSetOff(**each) for each in set_off)
    if (reference := value.get("payment_reference")) is not None:
        value["payment_reference"] = PaymentReference(**reference)
    value["branding"] = _branding(value.get("branding"))
    value["issued_on"] = date.fromisoformat(value["issued_on"])
    value["due_on"] = _date(value["due_on"])
    value["delivery_date"] = _date(value.get("delivery_date"))
    value["service_period"] = read_period(value.get("service_period"))
    if value["shipping_address"] is not None:
        value["shipping_address"] = Address(**value["shipping_address"])
    return Snapshot(**value)


def convert_first_version(value: dict[str, Any]) -> None:
    """Turns a stored snapshot without decimals into one of version 2."""
    value["version"] = VERSION
    for line in value["lines"]:
        line["quantity"] *= 1_000_000
        line["vat_rate"] *= 100
        if line.get("credited_quantity") is not None:
            line["credited_quantity"] *= 1_000_000
    for row in value["vat"]:
        row["rate"] *= 100


def _party(value: dict[str, Any]) -> Party:
    electronic = value.get("electronic_address")
    return Party(
        **{
            **value,
            "address": Address(**value["address"]),
            "electronic_address": None if electronic is None else ElectronicAddress(**electronic),
        }
    )


def _branding(value: dict[str, Any] | None) -> Branding | None:
    if value is None:
        return None
    logo = value.get("logo")
    return Branding(**{**value, "logo": None if logo is None else Logo(**logo)})


def read_line(value: Mapping[str, Any]) -> Line:
    """A line as it is stored."""
    if (period := value.get("service_period")) is not None:
        return Line(**{**value, "service_period": read_period(period)})
    return Line(**value)


def read_period(value: Mapping[str, str] | None) -> Period | None:
    """A period as it is stored, with its days as ISO 8601."""
    if value is None:
        return None
    return Period(start=date.fromisoformat(value["start"]), end=date.fromisoformat(value["end"]))


def _order(value: dict[str, Any]) -> OrderReference:
    return OrderReference(**{**value, "delivery_date": _date(value["delivery_date"])})


def _credited_invoice(value: dict[str, Any]) -> CreditedInvoice:
    return CreditedInvoice(**{**value, "issued_on": date.fromisoformat(value["issued_on"])})


def _payment(value: dict[str, Any]) -> PrintedPayment:
    return PrintedPayment(**{**value, "paid_on": date.fromisoformat(value["paid_on"])})


def _date(value: str | None) -> date | None:
    return None if value is None else date.fromisoformat(value)
