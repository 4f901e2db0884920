"""Row 11: an order of 1,000 items from creation to refund, by the domain's commands without HTTP."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection

from bench import shop
from bench.bare import Bare, Work, record_statements
from bench.homes import KINDS
from bench.results import Result, Run
from bench.shop import NOW
from invoicing.access import Principal
from invoicing.invoices import from_orders
from invoicing.orders import intake, returns, shipping
from invoicing.orders.actions import Action
from invoicing.orders.returns import Contra
from invoicing.orders.values import CreateOrderValues
from invoicing.payments import manual, refunds
from invoicing.payments.values import ManualTransferValues, RecordPaymentValues, RefundPaymentValues
from invoicing.storage.database import Database

MAX_SECONDS = 1.0
ITEMS = 1_000
_TRANSFER: ManualTransferValues = {"method": "BANK_TRANSFER", "payment_date": NOW.date()}


def results(run: Run) -> Iterator[Result]:
    for kind in KINDS:
        ours, limits = _times(run, kind)
        took, limit = statistics.median(ours), statistics.median(limits)
        ratios = [limit / seconds for seconds, limit in zip(ours, limits, strict=True)]
        yield Result(
            f"an order of {ITEMS:,} items, shipped, invoiced, returned, credited, paid, refunded, {kind}",
            f"{took:.2f} s",
            f"{limit:.2f} s",
            f"{statistics.median(ratios):.3f} ({min(ratios):.3f}-{max(ratios):.3f})",
            f"< {MAX_SECONDS:g} s",
            took < MAX_SECONDS,
        )


def _times(run: Run, kind: str) -> tuple[list[float], list[float]]:
    """The seconds of each round: for an order, and for the same statements without the product."""
    with run.homes.fresh(kind) as home, run.homes.fresh(kind) as other, home.database() as database:
        principal = shop.open_shop(database).principal
        with other.database() as bare_database:
            other_principal = shop.open_shop(bare_database).principal
            walks = [_OrderWalk(other_principal, number) for number in range(run.rounds + 1)]
            steps = record_statements(bare_database, (step for walk in walks for step in walk.steps()))
        bare = Bare(other, steps)
        ours, limits = [], []
        for number in range(run.rounds + 1):
            ours.append(_run_walk(database, _OrderWalk(principal, number)))
            limits.append(_replay(bare, len(steps) // len(walks)))
        return ours[1:], limits[1:]  # the first round warms both up


def _run_walk(database: Database, walk: _OrderWalk) -> float:
    start = time.perf_counter()
    for step in walk.steps():
        database.write(step)
    return time.perf_counter() - start


def _replay(bare: Bare, steps: int) -> float:
    rate, _ = bare.run(steps, 60)
    return steps / rate


@dataclass(slots=True)
class _OrderWalk:
    """The commands on an order: some items are shipped, some of those returned, also parts of quantities."""

    principal: Principal
    number: int
    total: int = 0
    payment_id: str = ""

    def steps(self) -> list[Work]:
        return [self._order, self._ship, self._invoice, self._return, self._invoice, self._pay, self._refund]

    @property
    def _id(self) -> str:
        return shop.tag("A", self.number)

    @property
    def _items(self) -> list[str]:
        return shop.item_ids("A", self.number, ITEMS)

    def _order(self, connection: Connection) -> None:
        values: CreateOrderValues = {
            **shop.order_values("A", self.number, ITEMS),
            "invoice_after_shipment": True,
        }
        intake.create_order(connection, self.principal, values, now=NOW)

    def _ship(self, connection: Connection) -> None:
        items_to_ship = [
            (id, None if place % 4 < 2 else 2) for place, id in enumerate(self._items) if place < 800
        ]
        shipping.ship_items(connection, self.principal, self._id, items_to_ship, shipped_at=NOW)

    def _invoice(self, connection: Connection) -> None:
        """Invoices the shipped items; the second time, credits the returned ones."""
        from_orders.invoice_order(connection, self.principal, self._id, now=NOW)

    def _return(self, connection: Connection) -> None:
        returned = [Contra(id, 1) for place, id in enumerate(self._items) if place < 600 and place % 4 < 2]
        order, _ = returns.undo_items(connection, self.principal, Action.RETURN, self._id, returned, now=NOW)
        self.total = order.total

    def _pay(self, connection: Connection) -> None:
        values: RecordPaymentValues = {
            "order_id": self._id,
            "amount": self.total,
            "method": "BANK_TRANSFER",
            "idempotency_key": f"pay-{self._id}",
        }
        self.payment_id = manual.record_payment(connection, self.principal, values, now=NOW).id

    def _refund(self, connection: Connection) -> None:
        values: RefundPaymentValues = {
            "amount": 10_000,
            "manual_transfer": _TRANSFER,
            "idempotency_key": f"refund-{self._id}",
        }
        refunds.begin_refund(connection, self.principal, self.payment_id, values, gateways=(), now=NOW)
