"""What an import would do, without doing it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from invoicing.access import Principal
from invoicing.importing.cancellations import Cancellation
from invoicing.importing.columns import Format, columns
from invoicing.importing.csv_file import Source
from invoicing.importing.lines import group_by_order, index_orders, read_lines
from invoicing.importing.orders import ImportedOrder, Terms
from invoicing.importing.rejects import Reject, Rejects
from invoicing.importing.run import batches, read_orders
from invoicing.importing.store import ImportedCustomer, StoredBatch, previewed_batch
from invoicing.importing.summary import Summary
from invoicing.importing.totals import totals_of
from invoicing.orders.lawful import RULED
from invoicing.storage.database import Database
from invoicing.vat.arithmetic import Totals
from invoicing.vat.countries import country_of

SHOWN = 10


@dataclass(frozen=True, slots=True)
class PreviewedOrder:
    """An order as it would be stored. `buyer` is the billing name, or the customer's name or handle."""

    row: Mapping[str, Any]
    items: Sequence[Mapping[str, Any]]
    buyer: str
    country: str | None
    is_new_customer: bool
    totals: Totals


@dataclass
class Preview:
    """`orders` are the first that would be imported, `rejects` the first lines that would not.

    `cancellations` counts the documents: they are matched to their sales in the import alone. `ruled` counts
    the orders with a VAT category that the law allows between some parties only: whether between these is
    found out when they are invoiced.
    """

    summary: Summary
    orders: list[PreviewedOrder] = field(default_factory=list)
    rejects: Sequence[Reject] = ()
    cancellations: int = 0
    ruled: int = 0


def preview_orders(
    database: Database, principal: Principal, source: Source, expected: Format, terms: Terms
) -> Preview:
    """Reads the whole file and compares it with the database; writes nothing. Raises UnreadableFile."""
    header = source.header()
    expected = expected.fitting(header)
    file_columns = columns(header, expected)
    order_index = index_orders(source, file_columns)
    preview = Preview(Summary(order_index.lines, file_columns.ignored, source.dialect))
    summary, cancellations = preview.summary, list[Cancellation]()
    made: dict[str, ImportedCustomer] = {}
    with Rejects(None, header, summary.rejected, summary.skipped) as rejected_lines:
        orders = group_by_order(read_lines(source, file_columns, expected), order_index.last_lines)
        for batch in batches(read_orders(orders, expected, terms, rejected_lines, cancellations)):
            stored = database.read(previewed_batch, principal, batch, terms, made)
            rejected_lines.add(stored.rejects)
            summary.add_orders(stored)
            preview.ruled += len({item["order_id"] for item in stored.items if item["vat_category"] in RULED})
            preview.orders += _previewed(stored, SHOWN - len(preview.orders))
    preview.rejects, preview.cancellations = rejected_lines.first, len(cancellations)
    return preview


def _previewed(stored: StoredBatch, most: int) -> list[PreviewedOrder]:
    if not most:
        return []
    items: dict[str, list[Mapping[str, Any]]] = {}
    for item in stored.items:
        items.setdefault(item["order_id"], []).append(item)
    new = {row["handle"] for row in stored.customers}
    return [
        _order(order, row, items[row["id"]], new)
        for order, row in zip(stored.imported[:most], stored.orders[:most], strict=True)
    ]


def _order(
    order: ImportedOrder, row: Mapping[str, Any], items: Sequence[Mapping[str, Any]], new: set[Any]
) -> PreviewedOrder:
    customer = order.customer or {"handle": ""}
    buyer = row["billing_name"] or customer.get("name") or customer["handle"]
    country = country_of(row["billing_address"] or customer.get("billing_address"))
    return PreviewedOrder(row, items, buyer, country, customer["handle"] in new, totals_of(row, items))
