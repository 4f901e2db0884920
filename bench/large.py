"""Row 11: an order of 1,000 items from creation to refund, by the domain's commands without HTTP."""

from __future__ import annotations

import itertools
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from bench import shop
from bench.bare import Bare, Transaction, Work, check_inserts, command, record_statements
from bench.homes import KINDS, Home
from bench.results import Result, Run
from bench.shop import NOW
from invoicing.access import Principal
from invoicing.audit.actions import AuditAction
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
_INSERTS = {"order_items": ITEMS, "invoices": 2, "invoice_lines": 800, "payments": 2, "audit_entries": 7}
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
    with ExitStack() as open_things:
        home, other = (open_things.enter_context(run.homes.fresh(kind)) for _ in range(2))
        database = open_things.enter_context(home.database())
        principal = shop.open_shop(database).principal
        walks = _recorded_walks(other, run.rounds + 1)
        bare = open_things.enter_context(closing(Bare(other, list(itertools.chain(*walks)))))
        ours, limits = [], []
        for number, steps in enumerate(walks):
            ours.append(_run_walk(database, _OrderWalk(principal, number)))
            limits.append(_replay(bare, len(steps)))
        return ours[1:], limits[1:]  # the first round warms both up


def _recorded_walks(home: Home, count: int) -> list[list[Transaction]]:
    with home.database() as database:
        principal = shop.open_shop(database).principal
        walks = [_OrderWalk(principal, number).steps() for number in range(count)]
        recorded = iter(record_statements(database, itertools.chain(*walks)))
    found = [list(itertools.islice(recorded, len(walk))) for walk in walks]
    for steps in found:
        check_inserts(itertools.chain(*steps), _INSERTS)
    return found


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
        steps: list[tuple[AuditAction, Callable[..., object]]] = [
            (AuditAction.CREATE_ORDER, self._order),
            (AuditAction.SHIP_ORDER_ITEMS, self._ship),
            (AuditAction.INVOICE_ORDER, self._invoice),
            (AuditAction.RETURN_ORDER_ITEMS, self._return),
            (AuditAction.INVOICE_ORDER, self._invoice),
            (AuditAction.RECORD_PAYMENT, self._pay),
            (AuditAction.REFUND_PAYMENT, self._refund),
        ]
        return [command(self.principal, action, step, now=NOW) for action, step in steps]

    @property
    def _id(self) -> str:
        return shop.tag("A", self.number)

    @property
    def _items(self) -> list[str]:
        return shop.item_ids("A", self.number, ITEMS)

    def _order(self, connection: Connection, principal: Principal, *, now: datetime) -> object:
        values: CreateOrderValues = {
            **shop.order_values("A", self.number, ITEMS),
            "invoice_after_shipment": True,
        }
        return intake.create_order(connection, principal, values, now=now)

    def _ship(self, connection: Connection, principal: Principal, *, now: datetime) -> object:
        items_to_ship = [
            (id, None if place % 4 < 2 else 2) for place, id in enumerate(self._items) if place < 800
        ]
        return shipping.ship_items(connection, principal, self._id, items_to_ship, shipped_at=now)

    def _invoice(self, connection: Connection, principal: Principal, *, now: datetime) -> object:
        """Invoices the shipped items; the second time, credits the returned ones."""
        return from_orders.invoice_order(connection, principal, self._id, now=now)

    def _return(self, connection: Connection, principal: Principal, *, now: datetime) -> object:
        returned = [Contra(id, 1) for place, id in enumerate(self._items) if place < 600 and place % 4 < 2]
        order, _ = returns.undo_items(connection, principal, Action.RETURN, self._id, returned, now=now)
        self.total = order.total
        return order

    def _pay(self, connection: Connection, principal: Principal, *, now: datetime) -> object:
        values: RecordPaymentValues = {
            "order_id": self._id,
            "amount": self.total,
            "method": "BANK_TRANSFER",
            "idempotency_key": f"pay-{self._id}",
        }
        payment = manual.record_payment(connection, principal, values, now=now)
        self.payment_id = payment.id
        return payment

    def _refund(self, connection: Connection, principal: Principal, *, now: datetime) -> object:
        values: RefundPaymentValues = {
            "amount": 10_000,
            "manual_transfer": _TRANSFER,
            "idempotency_key": f"refund-{self._id}",
        }
        return refunds.begin_refund(connection, principal, self.payment_id, values, gateways=(), now=now)
