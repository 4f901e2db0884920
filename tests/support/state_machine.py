"""A shop for state machines, with expectations computed from its rows alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import Connection, Table, select

from invoicing.access import Principal
from invoicing.decimals import MILLION, price_of, read_quantity, read_unit_price, subtotal_of, written
from invoicing.errors import InvoicingError, ValidationError
from invoicing.invoices import from_orders
from invoicing.invoices.one_time import Made
from invoicing.invoices.queries import Issued
from invoicing.ledger import queries as ledger_queries
from invoicing.money import between, divide
from invoicing.orders import actions, intake, returns, shipping
from invoicing.orders.actions import Action
from invoicing.orders.lawful import Parties
from invoicing.orders.returns import Contra
from invoicing.orders.splitting import ItemPart
from invoicing.storage.database import Database
from invoicing.storage.tables import (
    Order,
    OrderItem,
    allocations,
    invoice_lines,
    invoices,
    order_items,
    payments,
)
from invoicing.storage.tables import orders as orders_table
from invoicing.verify.books import verify
from tests.invoicing.orders.test_actions import STEPS
from tests.support import factories
from tests.support.till import Till

BUYERS = ("ann", "bob", None)
UNKNOWN_ID = "nowhere"
TABLES = (orders_table, order_items, invoices, invoice_lines, payments, allocations)

items = st.builds(
    lambda quantity, price, discount, kind, rate: factories.item(
        quantity=written(quantity),
        unit_price=written(price),
        discount=min(discount, subtotal_of(price, quantity)),
        type=kind,
        vat_rate=rate,
    ),
    st.one_of(st.integers(1, 5).map(lambda many: many * MILLION), st.integers(1, 5 * MILLION)),
    st.one_of(st.integers(0, 3_000).map(lambda price: price * MILLION), st.integers(0, 3 * MILLION)),
    st.integers(0, 500),
    st.sampled_from(["PRODUCT", "PRODUCT", "PRODUCT", "SHIPPING"]),
    st.sampled_from([0, 9, 21, 6.625]),
)
rebates = st.builds(
    lambda name, quantity, price, rate: factories.item(
        name=name, quantity=quantity, unit_price=-price, type="DISCOUNT", vat_rate=rate
    ),
    st.sampled_from(["Spring", "Club"]),
    st.integers(1, 2),
    st.integers(0, 700),
    st.sampled_from([None, None, 0, 9, 21]),
)


def _subtotal(item: Mapping[str, Any]) -> int:
    return subtotal_of(read_unit_price(item["unit_price"]), read_quantity(item["quantity"]))


def quantities(most: int) -> st.SearchStrategy[int | str]:
    """A quantity up to so many millionths, as a caller writes it: often of whole pieces."""
    most = max(most, 1)
    pieces = st.integers(1, max(most // MILLION, 1)).map(lambda many: min(many * MILLION, most))
    return st.one_of(st.integers(1, most), pieces).map(written)


def ship(
    connection: Connection,
    principal: Principal,
    order_id: str,
    parcels: Sequence[ItemPart],
    *,
    now: datetime,
) -> Any:
    return shipping.ship_items(connection, principal, order_id, parcels, shipped_at=now)


@dataclass
class Uncredited:
    """An invoiced line, and what is not credited of it: total, net and VAT."""

    id: str
    group: tuple[str, str, int]
    quantity: int
    pieces: int
    price: int
    subtotal: int
    whole: tuple[int, int, int]
    amounts: tuple[int, int, int]

    @classmethod
    def of(cls, line: Any) -> Uncredited:
        amounts = line.total, line.total_ex_vat, line.vat_amount
        group = line.invoice_id, line.vat_category, line.vat_rate
        price = price_of(line)
        return cls(line.id, group, line.quantity, line.quantity, price, line.subtotal, amounts, amounts)

    def less(self, line: Any) -> None:
        total, net, tax = self.amounts
        self.amounts = total + line.total, net + line.total_ex_vat, tax + line.vat_amount
        self.pieces -= line.credited_quantity or 0

    @property
    def is_spent(self) -> bool:
        return self.amounts[0] == 0 and (self.whole[0] != 0 or self.pieces == 0)

    def worth(self, pieces: int) -> int | None:
        """What is credited with these pieces; the last takes what is left. None where less is left of it."""
        gone = self.quantity - self.pieces
        worth = self._so_far(gone + pieces) - self._so_far(gone)
        if worth != between(worth, 0, self.amounts[0]):
            return None
        return self.amounts[0] if pieces == self.pieces else worth

    def _so_far(self, gone: int) -> int:
        """What so much of the line came to: its total in proportion to price × quantity."""
        if gone == self.quantity or self.subtotal == 0:
            return self.whole[0] if gone == self.quantity else 0
        subtotal = between(subtotal_of(self.price, gone), 0, self.subtotal)
        return divide(self.whole[0] * subtotal, self.subtotal)


class Shop(RuleBasedStateMachine):
    """One account of a database shared by all examples. Two customers have a card; guests have none."""

    database: ClassVar[Database]
    placed = Bundle("placed")

    def __init__(self) -> None:
        super().__init__()
        self.till: Till
        self.ordered: dict[str, tuple[int, ...]] = {}
        self.issued: list[Issued] = []
        self.cached_rows: dict[str, Sequence[Any]] = {}
        self.cached_parties: dict[str, Parties] = {}

    @property
    def principal(self) -> Principal:
        return self.till.principal

    @initialize(flow=st.sampled_from(["DIRECT", "GUIDED"]))
    def open_shop(self, flow: str) -> None:
        self.till = Till(self.database, factories.principal(self.database, contra_flow=flow))
        for id in ("ann", "bob"):
            self.till.buyer(id, f"{id}'s card")

    @precondition(lambda self: len(self.ordered) < 3)
    @rule(
        target=placed,
        buyer=st.sampled_from(BUYERS),
        after_shipment=st.booleans(),
        including_vat=st.sampled_from([True, True, False]),
        currency=st.sampled_from(["EUR", "EUR", "JPY"]),
        goods=st.lists(items, min_size=1, max_size=4),
        off=st.lists(rebates, max_size=2),
    )
    def order(
        self,
        buyer: str | None,
        after_shipment: bool,
        including_vat: bool,
        currency: str,
        goods: list[Any],
        off: list[Any],
    ) -> str:
        """Without its discounts if they are larger than what they apply to."""
        values: dict[str, Any] = {"customer_id": buyer} if buyer else {"billing_name": "Guest"}
        values |= {"invoice_after_shipment": after_shipment, "is_including_vat": including_vat}
        values["currency"] = currency
        try:
            given = [*off[:1], *goods, *off[1:]]
            made = factories.order(self.database, self.principal, items=given, **values)
        except ValidationError:
            off = []
            made = factories.order(self.database, self.principal, items=goods, **values)
        self.ordered[made.id] = (
            sum(read_quantity(each["quantity"]) for each in [*goods, *off]),
            sum(each["discount"] for each in goods),
            sum(_subtotal(each) for each in [*goods, *off]),
            -sum(_subtotal(each) for each in off),
        )
        self.cached_rows = {}
        return made.id

    def run_command(self, command: Any, *args: Any, as_: Principal | None = None, **options: Any) -> str:
        """Runs a command; returns DONE, or the code of its refusal."""
        self.cached_rows, self.cached_parties = {}, {}
        try:
            made = self.database.write(command, as_ or self.principal, *args, now=factories.NOW, **options)
        except InvoicingError as refusal:
            return refusal.code
        issued = made.invoice if isinstance(made, Made) else made
        if isinstance(issued, Issued):
            self.issued.append(issued)
        return "DONE"

    @staticmethod
    def command_for(action: Action, order_id: str, ids: Sequence[str]) -> tuple[Any, ...]:
        """The command and its arguments that do this action to all of these items."""
        if action is Action.INVOICE:
            return from_orders.invoice_items, ids
        if action is Action.SHIP:
            return ship, order_id, [(id, None) for id in ids]
        if action in STEPS:
            return returns.handle_items, action, order_id, ids
        return returns.undo_items, action, order_id, [Contra(id) for id in ids]

    def read_order(self, order_id: str) -> tuple[Order, list[OrderItem]]:
        order = self.database.read(intake.find_order, self.principal, order_id)
        return order, list(self.database.read(intake.items_of, self.principal, order_id))

    def possible(self, order: Order, rows: Sequence[OrderItem]) -> list[actions.Possible]:
        return actions.ItemActions(order, rows, self.parties(order)).possible()

    def parties(self, order: Order) -> Parties:
        """Seller and buyer, read once after each command."""
        if order.id not in self.cached_parties:
            self.cached_parties[order.id] = factories.parties(self.database, self.principal, order)
        return self.cached_parties[order.id]

    def rows(self, table: Table) -> Sequence[Any]:
        """The account's rows. All tables are read together, once after each command."""
        if not self.cached_rows:
            self.cached_rows = self.database.read(self._rows)
        return self.cached_rows[table.name]

    def _rows(self, connection: Connection) -> dict[str, Sequence[Any]]:
        mine = [
            select(table).where(table.c.account_id == self.principal.account_id).order_by(table.c.id)
            for table in TABLES
        ]
        return {table.name: connection.execute(each).all() for table, each in zip(TABLES, mine, strict=True)}

    def sales(self) -> list[Issued]:
        return [invoice for invoice in self.issued if invoice.type == "INVOICE"]

    def items_by_order(self) -> dict[str, list[Any]]:
        found: dict[str, list[Any]] = defaultdict(list)
        for row in self.rows(order_items):
            found[row.order_id].append(row)
        return found

    def listed(self, order_id: str, action: Action) -> list[str]:
        found = self.possible(*self.read_order(order_id))
        return next((entry.ids for entry in found if entry.action is action), [])

    def left(self) -> dict[str, Uncredited]:
        """What is left of each invoiced line, computed from the lines alone."""
        lines = self.rows(invoice_lines)
        found = {line.id: Uncredited.of(line) for line in lines if line.credited_line_id is None}
        for line in lines:
            if line.credited_line_id is not None:
                found[line.credited_line_id].less(line)
        return found

    def outstanding(self) -> dict[str, int]:
        """What is still owed on each invoice, computed from payments and allocations alone."""
        found = {row.id: row.total + row.rounding for row in self.rows(invoices)}
        moved = {row.id: row for row in self.rows(payments)}
        for row in moved.values():
            if (row.type, row.status) == ("PAYMENT", "PAID") and row.invoice_id:
                found[row.invoice_id] -= row.amount
        for row in self.rows(allocations):
            payment = moved.get(row.payment_id)
            if payment is None:  # a credit invoice is set off
                found[row.invoice_id] -= row.amount
                found[row.credit_invoice_id] += row.amount
            elif payment.type == "REFUND":
                found[row.invoice_id] += row.amount
            elif payment.order_id:
                found[row.invoice_id] -= row.amount
        return found

    def invoices_of(self, items_of_order: Sequence[Any]) -> set[str]:
        """The invoices of an order's items, and those that credit their lines."""
        names = {name for row in items_of_order for name in (row.id, row.invoiced_as) if name}
        lines = self.rows(invoice_lines)
        sold = {line.id: line.invoice_id for line in lines if line.order_item_id in names}
        return {*sold.values()} | {line.invoice_id for line in lines if line.credited_line_id in sold}

    def closed(self) -> set[str]:
        """The orders whose status is CLOSED."""
        ids = list(self.ordered)
        if not ids:
            return set()
        unsettled = self.database.read(ledger_queries.unsettled_by_order, self.principal, ids)
        items = self.items_by_order()
        return {id for id in ids if actions.is_closed(items[id], unsettled.get(id, ()))}

    def teardown(self) -> None:
        if self.ordered:
            assert self.database.read(verify, self.principal.account_id).findings == []


def run_machine(machine: type[Shop], database: Database, *, examples: int, steps: int) -> None:
    run_state_machine_as_test(
        type(machine.__name__, (machine,), {"database": database}),
        settings=settings(
            derandomize=True,
            phases=[Phase.explicit, Phase.generate, Phase.shrink],
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
