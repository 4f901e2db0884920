"""The result of an import: what happened to each line, and what was created."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from invoicing.importing.dialect import Dialect
from invoicing.importing.returns import ReturnedBatch
from invoicing.importing.store import StoredBatch
from invoicing.invoices.queries import Issued
from invoicing.units import code_of


@dataclass
class Summary:
    """Amounts are minor units by currency: `ordered` as in the file, but with VAT if it is a shop's export;
    `invoiced` and `credited` with VAT.

    `skipped` are the lines of orders that a shop has not sold after all, or has paid back.
    `returned` counts the lines of cancellations that were matched, `repriced` those of them that name another
    price than that of the sale, at which they are credited. `not_invoiced` are the ids of orders whose VAT
    category the law does not allow, `unknown_units` are units that no e-invoice can say, with their items.
    """

    lines: int
    ignored_columns: Sequence[str]
    dialect: Dialect
    imported: int = 0
    returned: int = 0
    repriced: int = 0
    existing: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)
    items: int = 0
    orders: int = 0
    existing_orders: int = 0
    customers: int = 0
    ordered: Counter[str] = field(default_factory=Counter)
    invoices: int = 0
    not_invoiced: list[str] = field(default_factory=list)
    invoiced: Counter[str] = field(default_factory=Counter)
    unknown_units: Counter[str] = field(default_factory=Counter)
    credits: int = 0
    credited: Counter[str] = field(default_factory=Counter)

    @property
    def accounted(self) -> int:
        came_in = self.imported + self.returned + self.existing
        return came_in + self.rejected.total() + self.skipped.total()

    @property
    def is_all_rejected(self) -> bool:
        """Whether nothing of the file came in, now or before, and something of it should have."""
        return bool(self.rejected) and not self.imported + self.returned + self.existing

    def add_orders(self, stored: StoredBatch) -> None:
        self.imported += sum(len(order.lines) for order in stored.imported)
        self.items += len(stored.items)
        self.existing += sum(len(order.lines) for order in stored.existing)
        self.orders += len(stored.orders)
        self.existing_orders += len(stored.existing)
        self.customers += len(stored.customers)
        currencies = {row["id"]: row["currency"] for row in stored.orders}
        totals = {order.id: order.expected.total for order in stored.imported if order.expected}
        for id, total in totals.items():
            self.ordered[currencies[id]] += total
        for item in stored.items:
            if item["order_id"] not in totals:
                self.ordered[currencies[item["order_id"]]] += item["subtotal"] - item["discount"]
            if code_of(item["unit"]) is None:
                self.unknown_units[item["unit"]] += 1

    def add_returns(self, returned: ReturnedBatch) -> None:
        self.returned += len(returned.lines)
        self.repriced += len(returned.repriced)
        self.existing += len(returned.existing)

    def add_invoice(self, issued: Issued) -> None:
        self.invoices += 1
        self.invoiced[issued.currency] += issued.total

    def add_credit(self, issued: Issued) -> None:
        self.credits += 1
        self.credited[issued.currency] -= issued.total
