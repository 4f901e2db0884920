"""Cancellation documents as the file has them: what they take back, from which customer, and when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from invoicing import checks
from invoicing.decimals import MILLION, read_quantity
from invoicing.errors import InvoicingError, ValidationError
from invoicing.importing import cells
from invoicing.importing.columns import Row
from invoicing.importing.lines import Line
from invoicing.importing.matching import Requested
from invoicing.importing.orders import Terms, order_date, order_fields, with_plain_numbers
from invoicing.importing.rejects import Flaw, FlawedOrder, Reject, Rejects, flaw_of, rejects_of_order

_GUEST = Flaw("no_customer", "The line names no customer, so it is not known whose purchase it takes back.")


@dataclass(slots=True)
class CancelledProduct:
    """All lines of one document for one product: they are taken back together or rejected together."""

    sku: str
    lines: list[Line] = field(default_factory=list)
    requested: list[Requested] = field(default_factory=list)

    @property
    def quantity(self) -> int:
        return sum(each.quantity for each in self.requested)


@dataclass(frozen=True, slots=True)
class Cancellation:
    """A document. `customer` is the handle; `currency` and `including_vat` tell what its prices mean."""

    number: str
    line: int
    customer: str
    currency: str
    including_vat: bool
    at: datetime
    products: Sequence[CancelledProduct]


def read_cancellation(lines: Sequence[Line], terms: Terms, rejects: Rejects) -> Cancellation | None:
    """None if no line of it can be read. Unlike those of an order, its lines are rejected one by one."""
    rejects.add([Reject(line.number, line.fields, line.flaw) for line in lines if line.flaw is not None])
    readable = [line for line in lines if line.flaw is None]
    if not readable:
        return None
    try:
        return _cancellation(order_fields(readable), readable, terms, rejects)
    except FlawedOrder as flawed:
        rejects.add(rejects_of_order(readable, flawed))
    except InvoicingError as error:
        rejects.add(rejects_of_order(readable, _on_all_lines(readable, flaw_of(error))))
    return None


def _cancellation(order: Row, readable: Sequence[Line], terms: Terms, rejects: Rejects) -> Cancellation:
    number = checks.text(64)(order.get("order_number"), "number")
    currency = checks.currency(order.get("currency") or terms.currency, "currency")
    at = order_date(order, terms)
    if "customer_handle" not in order:
        raise _on_all_lines(readable, _GUEST)
    handle = checks.handle(order["customer_handle"], "handle")
    products = _products(readable, currency, terms, rejects)
    return Cancellation(number, readable[0].number, handle, currency, terms.including_vat, at, products)


def _products(
    readable: Sequence[Line], currency: str, terms: Terms, rejects: Rejects
) -> list[CancelledProduct]:
    products: dict[str, CancelledProduct] = {}
    for line in readable:
        try:
            row = with_plain_numbers(line.row, currency, terms.decimals)
            requested = _requested(row, currency)
        except InvoicingError as error:
            rejects.add([Reject(line.number, line.fields, flaw_of(error))])
            continue
        product = products.setdefault(line.row["sku"], CancelledProduct(line.row["sku"]))
        product.lines.append(line)
        product.requested.append(requested)
    return list(products.values())


def _requested(row: Row, currency: str) -> Requested:
    checks.text(200)(row.get("sku"), "sku")
    quantity = read_quantity(cells.quantity(row.get("quantity", ""), "quantity"))
    if quantity >= 0:
        raise ValidationError("quantity must be below 0 on a cancellation.", field="quantity")
    price = cells.amount(row.get("unit_price", ""), "unit_price", currency)
    return Requested(-quantity, price * MILLION)


def _on_all_lines(lines: Sequence[Line], flaw_of_all: Flaw) -> FlawedOrder:
    return FlawedOrder(dict.fromkeys(range(len(lines)), flaw_of_all))
