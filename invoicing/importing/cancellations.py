"""Cancellation documents as they stand in the file: what they take back, whose it was, and when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from invoicing import checks
from invoicing.errors import InvoicingError, ValidationError
from invoicing.importing import cells
from invoicing.importing.columns import Row
from invoicing.importing.lines import Line
from invoicing.importing.matching import Asked
from invoicing.importing.orders import Terms, agreed, dated
from invoicing.importing.rejects import Flaw, Flawed, Reject, Rejects, flaw, rejected

_GUEST = Flaw("no_customer", "The line names no customer, so whose purchase it takes back cannot be told.")


@dataclass(slots=True)
class Cancelled:
    """All lines of one document for one product: taken back together, or rejected together."""

    sku: str
    lines: list[Line] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)

    @property
    def quantity(self) -> int:
        return sum(each.quantity for each in self.asked)


@dataclass(frozen=True, slots=True)
class Cancellation:
    """A document; `customer` is the handle, `currency` and `including_vat` how its prices are to be read."""

    number: str
    line: int
    customer: str
    currency: str
    including_vat: bool
    at: datetime
    products: Sequence[Cancelled]


def cancellation(lines: Sequence[Line], terms: Terms, rejects: Rejects) -> Cancellation | None:
    """None if nothing of it can be read. Unlike an order's, each of its lines stands for itself."""
    rejects.add([Reject(line.number, line.fields, line.flaw) for line in lines if line.flaw is not None])
    sound = [line for line in lines if line.flaw is None]
    if not sound:
        return None
    try:
        return _cancellation(agreed(sound), sound, terms, rejects)
    except Flawed as flawed:
        rejects.add(rejected(sound, flawed))
    except InvoicingError as error:
        rejects.add(rejected(sound, _of_all(sound, flaw(error))))
    return None


def _cancellation(order: Row, sound: Sequence[Line], terms: Terms, rejects: Rejects) -> Cancellation:
    number = checks.text(64)(order.get("order_number"), "number")
    currency = checks.currency(order.get("currency") or terms.currency, "currency")
    at = dated(order, terms)
    if "customer_handle" not in order:
        raise _of_all(sound, _GUEST)
    handle = checks.handle(order["customer_handle"], "handle")
    products = _products(sound, currency, rejects)
    return Cancellation(number, sound[0].number, handle, currency, terms.including_vat, at, products)


def _products(sound: Sequence[Line], currency: str, rejects: Rejects) -> list[Cancelled]:
    products: dict[str, Cancelled] = {}
    for line in sound:
        try:
            asked = _asked(line.row, currency)
        except InvoicingError as error:
            rejects.add([Reject(line.number, line.fields, flaw(error))])
            continue
        product = products.setdefault(line.row["sku"], Cancelled(line.row["sku"]))
        product.lines.append(line)
        product.asked.append(asked)
    return list(products.values())


def _asked(row: Row, currency: str) -> Asked:
    checks.text(200)(row.get("sku"), "sku")
    quantity = cells.whole(row.get("quantity", ""), "quantity")
    if quantity >= 0:
        raise ValidationError("quantity must be below 0 on a cancellation.", field="quantity")
    return Asked(-quantity, cells.amount(row.get("unit_price", ""), "unit_price", currency))


def _of_all(lines: Sequence[Line], found: Flaw) -> Flawed:
    return Flawed(dict.fromkeys(range(len(lines)), found))
