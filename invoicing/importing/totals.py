"""Refuses an order that would come to another total than the file says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any

from invoicing.importing.orders import ImportedOrder
from invoicing.importing.rejects import Flaw, FlawedOrder
from invoicing.money import to_major
from invoicing.orders.applied import is_applied
from invoicing.orders.items import taxable
from invoicing.vat import arithmetic


def totals_of(order: Mapping[str, Any], items: Sequence[Mapping[str, Any]]) -> arithmetic.Totals:
    """What the rows of an order come to, as if all of it were on one invoice."""
    given = [SimpleNamespace(**item) for item in items]
    amounts = [taxable(item) for item in given if not is_applied(item)]
    return arithmetic.compute(amounts, including_vat=order["is_including_vat"])


def check_totals(order: ImportedOrder, row: Mapping[str, Any], items: Sequence[Mapping[str, Any]]) -> None:
    """The total must be the file's to the cent; the VAT may differ by how the lines were rounded."""
    if (expected := order.expected) is None:
        return
    totals, currency = totals_of(row, items), str(row["currency"])
    if totals.total != expected.total:
        raise _flawed(order, "total_differs", "total", totals.total, expected.total, currency)
    if expected.vat is not None and abs(totals.total_vat - expected.vat) > expected.tolerance:
        raise _flawed(order, "vat_differs", "VAT", totals.total_vat, expected.vat, currency)


def _flawed(
    order: ImportedOrder, reason: str, what: str, ours: int, theirs: int, currency: str
) -> FlawedOrder:
    message = (
        f"The {what} would be {to_major(ours, currency)} {currency}, but the file says "
        f"{to_major(theirs, currency)} {currency}."
    )
    return FlawedOrder(dict.fromkeys(range(len(order.values["items"])), Flaw(reason, message)))
