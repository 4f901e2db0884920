"""Converts an order's lines to the values that createOrder takes."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, lru_cache, partial
from typing import Required, TypedDict, cast
from zoneinfo import ZoneInfo

import orjson

from invoicing import checks
from invoicing.checks import AddressValues, ElectronicAddressValues
from invoicing.errors import InvoicingError, MalformedId, ValidationError
from invoicing.importing import cells
from invoicing.importing.columns import ADDRESS_COLUMNS, DETAIL_COLUMNS, LATER_COLUMNS, ORDER_COLUMNS, Row
from invoicing.importing.dates import DatePattern
from invoicing.importing.lines import Line
from invoicing.importing.numbers import Decimals
from invoicing.importing.rejects import Flaw, FlawedOrder, Reject, flaw_of, rejects_of_order
from invoicing.importing.sale import ExpectedTotals
from invoicing.orders.items import MAX_ITEMS, item_row
from invoicing.orders.values import CreateOrderValues, OrderItemValues
from invoicing.storage.tables import Account
from invoicing.vat.categories import Category

DIGEST_KEY = "import"
"""The key in an order's `meta` that holds the digest of its lines."""

UNIT_PRICE_IN_MINOR_UNITS = "unit_price_in_minor_units"
"""Not in any file: a price that is derived from a line's amount, with up to six decimals."""

_FIELD_OF_ITEM = re.compile(r"items\.(\d+)\.(\w+)")
_ORDER_COLUMNS = frozenset(ORDER_COLUMNS)
_CUSTOMER_FIELDS = {"customer_name": "name", "customer_email": "email", **DETAIL_COLUMNS}
_TEXT_COLUMNS = ("sku", "name", "description", "unit", "vat_category", "exemption_reason")


@dataclass(frozen=True)
class Terms:
    """How lines are read: what they do not say themselves. `vat_rate` is in percent.

    Without `decimals` a number is read where only one reading is possible; without `dates` they are ISO 8601.
    """

    seller: Account
    currency: str
    including_vat: bool
    vat_rate: float | None
    now: datetime
    decimals: Decimals | None = None
    dates: DatePattern | None = None
    untaxed: Category | None = None

    @cached_property
    def timezone(self) -> ZoneInfo:
        return ZoneInfo(self.seller.timezone)

    @cached_property
    def digest_prefix(self) -> str:
        return f"{self.currency} {self.including_vat} {self.vat_rate}"


class CustomerDetails(TypedDict, total=False):
    """What the file says of a customer; a new one needs a name."""

    handle: Required[str]
    name: str
    email: str
    vat_number: str
    legal_name: str
    registration_number: str
    contact_name: str
    phone_number: str
    electronic_address: ElectronicAddressValues
    billing_address: AddressValues | None


@dataclass(frozen=True, slots=True)
class ImportedOrder:
    """An order to store. `customer` has the values of its customer; None for a guest.

    `lines` are the file's, `places` says from which of them each item is; None if each line is an item.
    `expected` is what the order must come to, if the file says it.
    """

    id: str
    lines: Sequence[Line]
    values: CreateOrderValues
    customer: CustomerDetails | None
    created_at: datetime
    digest: str
    places: Sequence[int] | None = None
    expected: ExpectedTotals | None = None

    def rejects(self, flawed: FlawedOrder) -> list[Reject]:
        return rejects_of_order(self.lines, flawed.at_places(self.places))


def read_order(lines: Sequence[Line], terms: Terms, *, has_own_billing: bool = False) -> ImportedOrder:
    """The order that these lines make. Raises FlawedOrder if they cannot.

    A guest's order has its own billing name and address; with `has_own_billing` a customer's has too.
    """
    if len(lines) > MAX_ITEMS:
        too_many = Flaw("too_many_items", f"An order takes at most {MAX_ITEMS} lines (it has {len(lines)}).")
        raise FlawedOrder(dict.fromkeys(range(len(lines)), too_many))
    order = order_fields(lines)
    id = lines[0].order
    try:
        values = _values(order, terms)
        if has_own_billing or "customer_handle" not in order:
            values["billing_name"], values["billing_address"] = _own_billing(order)
        values["id"] = _id(order, id)
        customer = _customer(order)
        created_at = order_date(order, terms)
    except InvoicingError as error:
        raise FlawedOrder(dict.fromkeys(range(len(lines)), flaw_of(error))) from error
    rows, values["items"] = _items(lines, str(values["currency"]), terms)
    digest = _digest(rows, terms)
    values["meta"] = {DIGEST_KEY: digest}
    return ImportedOrder(id, lines, values, customer, created_at, digest)


def flaws_of_order(order: ImportedOrder, error: InvoicingError, seller: Account) -> FlawedOrder:
    """The lines that caused the refusal of an order: all of them, if no single one did."""
    found: dict[int, Flaw] = {}
    for at, item in enumerate(order.values["items"]):
        try:
            item_row(item, seller.default_vat_rate, at="")
        except InvoicingError as item_error:
            found[at] = flaw_of(item_error)
    if not found and (of_item := _FIELD_OF_ITEM.fullmatch(error.field or "")):
        place, field = of_item.groups()
        found[int(place)] = Flaw(f"invalid_{field}", str(error).replace(f"items.{place}", "The line", 1))
    return FlawedOrder(found or dict.fromkeys(range(len(order.values["items"])), flaw_of(error)))


def order_fields(lines: Sequence[Line]) -> Row:
    """The order's own columns. Its lines must agree, except on the date, of which the first counts."""
    if flawed := {at: line.flaw for at, line in enumerate(lines) if line.flaw is not None}:
        raise FlawedOrder(flawed)
    order: dict[str, str] = {}
    for at, line in enumerate(lines):
        if order.items() <= line.row.items() and len(_ORDER_COLUMNS.intersection(line.row)) == len(order):
            continue
        for column, cell in line.row.items():
            if column in _ORDER_COLUMNS and order.setdefault(column, cell) != cell and column != "order_date":
                message = f"{column} is “{cell[:40]}”, but “{order[column][:40]}” on an earlier line."
                raise FlawedOrder({at: Flaw("contradiction", message)})
    return order


def _id(order: Row, derived: str) -> str:
    if order.get("order_id", derived) != derived:
        raise MalformedId("order_id must be 1 to 200 characters of A-Z a-z 0-9 _ . @ : -", field="id")
    return derived


def _values(order: Row, terms: Terms) -> CreateOrderValues:
    """All but the id and the items."""
    country = order.get("ship_to_country")
    values: CreateOrderValues = {
        "number": order.get("order_number"),
        "currency": checks.currency(order.get("currency") or terms.currency, "currency"),
        "is_including_vat": terms.including_vat,
        "shipping_address": {"country_code": country} if country else None,
        "purchase_order_number": order.get("purchase_order_number"),
        "buyer_reference": order.get("buyer_reference"),
        "items": (),
    }
    if "delivery_date" in order:
        values["delivery_date"] = cells.day(order["delivery_date"], "delivery_date", terms.dates)
    return values


def _own_billing(order: Row) -> tuple[str | None, AddressValues | None]:
    for column, field in DETAIL_COLUMNS.items():
        if column in order and "customer_handle" not in order:
            raise ValidationError(f"{field} needs a customer_handle too.", field=field)
    address: AddressValues = {**_address(order), "email": order.get("customer_email")}
    return order.get("customer_name"), address if any(address.values()) else None


def _customer(order: Row) -> CustomerDetails | None:
    if "customer_handle" not in order:
        return None
    fields: dict[str, object] = {
        field: order[column] for column, field in _CUSTOMER_FIELDS.items() if column in order
    }
    if "electronic_address" in fields:
        fields["electronic_address"] = cells.electronic_address(
            str(fields["electronic_address"]), "electronic_address"
        )
    handle = checks.handle(order["customer_handle"], "handle")
    return cast(CustomerDetails, {"handle": handle, **fields, "billing_address": _address(order) or None})


def _address(order: Row) -> AddressValues:
    parts = {part: order[column] for column, part in ADDRESS_COLUMNS.items() if column in order}
    return cast(AddressValues, parts)


def order_date(order: Row, terms: Terms) -> datetime:
    if "order_date" not in order:
        return terms.now
    return cells.instant(order["order_date"], "order_date", terms.timezone, terms.now, terms.dates)


def _items(lines: Sequence[Line], currency: str, terms: Terms) -> tuple[list[Row], list[OrderItemValues]]:
    """The rows with plain numbers, and what they say."""
    rows: list[Row] = []
    items: list[OrderItemValues] = []
    found: dict[int, Flaw] = {}
    for at, line in enumerate(lines):
        try:
            row = with_plain_numbers(line.row, currency, terms.decimals)
            items.append({"id": f"{line.order}:{at + 1}", **_item(row, currency, terms)})
            rows.append(row)
        except InvoicingError as error:
            found[at] = flaw_of(error)
    if found:
        raise FlawedOrder(found)
    return rows, items


def with_plain_numbers(row: Row, currency: str, decimals: Decimals | None) -> Row:
    """The row with its numbers as digits with a decimal point; the same row if they are that already."""
    plain: dict[str, str] = {}
    for column, read in _readers(currency, decimals):
        if (cell := row.get(column)) is not None and (digits := read(cell)) != cell:
            plain[column] = digits
    return {**row, **plain} if plain else row


@lru_cache(1_000)
def _readers(currency: str, decimals: Decimals | None) -> Sequence[tuple[str, Callable[[str], str]]]:
    """How each column with numbers is read. Cached by the cell, as a shop has few different prices."""
    amount = partial(cells.plain_amount, currency=currency, decimals=decimals)
    read = {
        "quantity": partial(cells.plain_quantity, decimals=decimals),
        "unit_price": amount,
        "discount": amount,
        "vat_rate": partial(cells.plain_percentage, decimals=decimals),
    }
    return tuple(
        (column, lru_cache(10_000)(partial(reader, column=column))) for column, reader in read.items()
    )


def _item(row: Row, currency: str, terms: Terms) -> OrderItemValues:
    item = cast(OrderItemValues, {name: row[name] for name in _TEXT_COLUMNS if name in row})
    if "item_supply" in row:
        item["supply"] = row["item_supply"].upper()
    if "item_type" in row:
        item["type"] = row["item_type"].upper()
    if "quantity" in row:
        item["quantity"] = cells.quantity(row["quantity"], "quantity")
    if UNIT_PRICE_IN_MINOR_UNITS in row:
        item["unit_price"] = row[UNIT_PRICE_IN_MINOR_UNITS]
    if "unit_price" in row:
        item["unit_price"] = cells.amount(row["unit_price"], "unit_price", currency)
    if "discount" in row:
        item["discount"] = cells.amount(row["discount"], "discount", currency)
    if "vat_rate" in row:
        item["vat_rate"] = cells.percentage(row["vat_rate"], "vat_rate")
    elif terms.vat_rate is not None and row.get("vat_category", Category.S) == Category.S:
        item["vat_rate"] = terms.vat_rate
    return item


def _digest(rows: Sequence[Row], terms: Terms) -> str:
    content = orjson.dumps([terms.digest_prefix, *map(_as_before, rows)], option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(content).hexdigest()[:32]


def _as_before(row: Row) -> Row:
    """The row without the columns that earlier versions did not read."""
    if LATER_COLUMNS.isdisjoint(row):
        return row
    return {column: cell for column, cell in row.items() if column not in LATER_COLUMNS}
