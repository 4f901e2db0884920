"""A year of work: orders of time entries, invoiced whole, in parts and together, and credited in parts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from invoicing.errors import InvoicingError
from invoicing.invoices import from_orders
from invoicing.invoices.credit import LineCredit
from invoicing.invoices.queries import Issued
from invoicing.orders import intake, returns, shipping
from invoicing.orders.actions import Action
from invoicing.orders.items import ItemType
from invoicing.orders.returns import Contra
from invoicing.orders.values import CreateOrderValues, OrderItemValues
from invoicing.snapshot import Line
from invoicing.storage.database import Database
from invoicing.storage.tables import Order
from tools.services_year.firm import OPENED, Client, Firm

ENTRIES = 20
"""The most time entries of an order."""

_PRICES = (9_950, 12_500, 8_725, "5785.12", "0.175", "3333.333333", 14_875)
_RATES = (21, 21, 21, 9, "6.625")
_QUARTERS = 40


@dataclass(slots=True)
class Year:
    """The year so far. Time goes on with every command, so the dates of invoices never run backwards."""

    database: Database
    firm: Firm
    random: Random
    now: datetime = OPENED
    entries: int = 0
    counts: Counter[str] = field(default_factory=Counter)

    def run(self, entries: int) -> None:
        """Works until there are so many time entries, in about a year."""
        step = timedelta(days=355) * (ENTRIES / 2) / entries
        while self.entries < entries:
            self.now += step
            client = self.random.choice(self.firm.clients)
            orders = [self._order(client) for _ in range(self.random.choice((1, 1, 1, 2, 3)))]
            self._credit(self._invoice(orders))

    def summary(self) -> str:
        return ", ".join(f"{count:,} {what}" for what, count in sorted(self.counts.items()))

    def _order(self, client: Client) -> Order:
        entries = [self._entry() for _ in range(self.random.randint(1, ENTRIES - 1))]
        self.entries += len(entries)
        self.counts["time entries"] += len(entries)
        given: CreateOrderValues = {
            "customer_id": client.id,
            "currency": client.currency,
            "is_including_vat": client.is_including_vat,
            "invoice_after_shipment": self.random.random() < 0.4,
            "items": [*entries, *self._discounts(entries)],
        }
        self.counts["orders"] += 1
        return self.database.write(intake.create_order, self.firm.principal, given, now=self.now)

    def _entry(self) -> OrderItemValues:
        quarters = self.random.randint(1, _QUARTERS)
        return {
            "name": "Advice",
            "unit": "HUR",
            "quantity": f"{quarters / 4:.2f}",
            "unit_price": self.random.choice(_PRICES),
            "vat_rate": self.random.choice(_RATES),
            "supply": "SERVICES",
        }

    def _discounts(self, entries: Sequence[OrderItemValues]) -> list[OrderItemValues]:
        """None, one or two, of at most a fifth of what was ordered each."""
        least = sum(int(float(str(each["unit_price"])) * float(str(each["quantity"]))) for each in entries)
        amounts = [self.random.randint(0, least // 5) for _ in range(self.random.choice((0, 0, 1, 2)))]
        return [
            {"type": ItemType.DISCOUNT, "name": "Agreed discount", "quantity": 1, "unit_price": -amount}
            for amount in amounts
            if amount
        ]

    def _invoice(self, orders: Sequence[Order]) -> list[Issued]:
        """All of the orders on one invoice, or each of them after each part of the work was delivered."""
        at_once = [order for order in orders if not order.invoice_after_shipment]
        issued = [self._issue([id for order in at_once for id in self._open_items(order)])] if at_once else []
        for order in orders:
            if order.invoice_after_shipment:
                issued += self._in_parts(order)
        return issued

    def _in_parts(self, order: Order) -> list[Issued]:
        issued = []
        while items := self._open_items(order):
            some = self.random.sample(items, self.random.randint(1, len(items)))
            parts: list[tuple[str, str | None]] = [(id, None) for id in some]
            if self.random.random() < 0.5:
                parts[0] = (some[0], self._part_of(order, some[0]))
            _, shipped = self.database.write(
                shipping.ship_items, self.firm.principal, order.id, parts, shipped_at=self.now
            )
            issued.append(self._issue([item.id for item in shipped]))
        return issued

    def _part_of(self, order: Order, item_id: str) -> str | None:
        """Some quarters of an hour of the item, or all of it."""
        items = self.database.read(intake.items_of, self.firm.principal, order.id)
        quarters = next(item.quantity for item in items if item.id == item_id) // 250_000
        part = self.random.randint(1, quarters)
        return None if part == quarters else f"{part / 4:.2f}"

    def _open_items(self, order: Order) -> list[str]:
        items = self.database.read(intake.items_of, self.firm.principal, order.id)
        return [item.id for item in items if item.type != ItemType.DISCOUNT and item.invoice_id is None]

    def _issue(self, ids: Sequence[str]) -> Issued:
        self.counts["invoices"] += 1
        return self.database.write(from_orders.invoice_items, self.firm.principal, ids, now=self.now)

    def _credit(self, invoices: Sequence[Issued]) -> None:
        """Gives some of it back: of lines, by the return of an item, or all that is left."""
        for invoice in invoices:
            while self.random.random() < 0.3:
                credit = self.random.choice(
                    (self._credit_lines, self._credit_lines, self._return, self._credit_all)
                )
                try:
                    credit(invoice)
                except InvoicingError as refusal:
                    self.counts[f"credits refused: {refusal.code}"] += 1
                else:
                    self.counts["credits"] += 1

    def _credit_lines(self, invoice: Issued) -> None:
        lines = invoice.frozen().lines
        some = self.random.sample(lines, self.random.randint(1, len(lines)))
        asked = [self._line_credit(line) for line in some]
        self.database.write(
            from_orders.credit_invoice, self.firm.principal, invoice.id, asked, reason=None, now=self.now
        )

    def _line_credit(self, line: Line) -> LineCredit:
        if self.random.random() < 0.5:
            return LineCredit(line.id, amount=self.random.randint(1, max(line.total // 3, 1)))
        return LineCredit(line.id, quantity="0.25")

    def _credit_all(self, invoice: Issued) -> None:
        self.database.write(
            from_orders.credit_invoice, self.firm.principal, invoice.id, None, reason=None, now=self.now
        )

    def _return(self, invoice: Issued) -> None:
        line = self.random.choice(invoice.frozen().lines)
        _, contras = self.database.write(
            returns.undo_items,
            self.firm.principal,
            Action.RETURN,
            str(line.order_id),
            [Contra(str(line.order_item_id), quantity="0.25")],
            now=self.now,
        )
        self._issue([contra.id for contra in contras])
