"""What an import did: where each line went, and what came of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from invoicing.importing.returns import Returned
from invoicing.importing.store import Stored
from invoicing.invoices.queries import Issued


@dataclass
class Summary:
    """Amounts are minor units by currency: ordered as quoted, invoiced and credited with VAT.

    `returned` are lines of cancellations that were matched, `repriced` those of them that name another
    price than the one they are credited at: the one it was sold for.
    """

    lines: int
    ignored_columns: Sequence[str]
    imported: int = 0
    returned: int = 0
    repriced: int = 0
    there: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    orders: int = 0
    orders_there: int = 0
    customers: int = 0
    ordered: Counter[str] = field(default_factory=Counter)
    invoices: int = 0
    invoiced: Counter[str] = field(default_factory=Counter)
    credits: int = 0
    credited: Counter[str] = field(default_factory=Counter)

    @property
    def accounted(self) -> int:
        return self.imported + self.returned + self.there + self.rejected.total()

    def add(self, stored: Stored) -> None:
        self.imported += len(stored.items)
        self.there += sum(len(order.lines) for order in stored.there)
        self.orders += len(stored.orders)
        self.orders_there += len(stored.there)
        self.customers += len(stored.customers)
        currencies = {row["id"]: row["currency"] for row in stored.orders}
        for item in stored.items:
            quoted = item["unit_price"] * item["quantity"] - item["discount"]
            self.ordered[currencies[item["order_id"]]] += quoted

    def take_back(self, returned: Returned) -> None:
        self.returned += len(returned.lines)
        self.repriced += len(returned.repriced)
        self.there += len(returned.there)

    def bill(self, issued: Issued) -> None:
        self.invoices += 1
        self.invoiced[issued.currency] += issued.total

    def credit(self, issued: Issued) -> None:
        self.credits += 1
        self.credited[issued.currency] -= issued.total
