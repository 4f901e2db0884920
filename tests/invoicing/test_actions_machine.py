"""Orders of any kind, shipped and invoiced in any sequence: what actions list succeeds, nothing else does."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any, ClassVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import Table, select

from invoicing import actions, issuing, orders, shipping
from invoicing.access import Principal
from invoicing.actions import Action, Block
from invoicing.database import Database
from invoicing.errors import InvoicingError
from invoicing.queries import Issued
from invoicing.tables import Order, OrderItem, invoice_lines, invoices, order_items
from invoicing.tables import orders as orders_table
from tests import factories

REFUSALS = {
    Block.ALREADY_INVOICED: "ITEM_ALREADY_INVOICED",
    Block.NOT_SHIPPED: "ITEM_NOT_SHIPPED",
    Block.ALREADY_SHIPPED: "ITEM_ALREADY_SHIPPED",
}
BUYERS = ("ann", "bob", None)
NOWHERE = "nowhere"

items = st.builds(
    lambda quantity, price, discount, kind, rate: factories.item(
        quantity=quantity,
        unit_price=-price if kind == "DISCOUNT" else price,
        discount=0 if kind == "DISCOUNT" else min(discount, price * quantity),
        type=kind,
        vat_rate=rate,
    ),
    st.integers(1, 5),
    st.integers(0, 3_000),
    st.integers(0, 500),
    st.sampled_from(["PRODUCT", "PRODUCT", "PRODUCT", "SHIPPING", "DISCOUNT"]),
    st.sampled_from([0, 9, 21]),
)


class Shop(RuleBasedStateMachine):
    """One account of a database that all examples share."""

    database: ClassVar[Database]
    placed = Bundle("placed")

    def __init__(self) -> None:
        super().__init__()
        self.principal: Principal = factories.principal(self.database)
        for id in ("ann", "bob"):
            factories.customer(self.database, self.principal, id=id)
        self.ordered: dict[str, tuple[int, int]] = {}
        self.issued: list[Issued] = []

    @rule(
        target=placed,
        buyer=st.sampled_from(BUYERS),
        after_shipment=st.booleans(),
        including_vat=st.sampled_from([True, True, False]),
        currency=st.sampled_from(["EUR", "EUR", "JPY"]),
        given=st.lists(items, min_size=1, max_size=4),
    )
    def order(
        self, buyer: str | None, after_shipment: bool, including_vat: bool, currency: str, given: list[Any]
    ) -> str:
        values: dict[str, Any] = {"customer_id": buyer} if buyer else {"billing_name": "Guest"}
        values |= {"invoice_after_shipment": after_shipment, "is_including_vat": including_vat}
        made = factories.order(self.database, self.principal, currency=currency, items=given, **values)
        self.ordered[made.id] = (sum(i["quantity"] for i in given), sum(i["discount"] for i in given))
        return made.id

    @rule(order_id=placed, choice=st.data())
    def ship(self, order_id: str, choice: st.DataObject) -> None:
        order, rows = self.look(order_id)
        parcels = [
            (row.id, choice.draw(st.one_of(st.none(), st.integers(1, row.quantity))))
            for row in choice.draw(st.lists(st.sampled_from(rows), unique=True, min_size=1))
        ]
        expected = self.expected(Action.SHIP, {order_id: (order, rows)}, [id for id, _ in parcels])
        assert expected == self.told(
            shipping.ship_items, order_id, parcels, shipped_at=factories.NOW, now=None
        )

    @rule(order_ids=st.lists(placed, min_size=1, max_size=3, unique=True), choice=st.data())
    def invoice(self, order_ids: list[str], choice: st.DataObject) -> None:
        looked = {id: self.look(id) for id in order_ids}
        every = [row.id for _, rows in looked.values() for row in rows]
        listed = [
            id
            for order, rows in looked.values()
            for entry in actions.possible(order, rows)
            if entry.action is Action.INVOICE
            for id in entry.ids
        ]
        kinds = [st.lists(st.sampled_from([*every, NOWHERE]), max_size=4), st.just(listed)]
        if listed:
            kinds.append(st.lists(st.sampled_from(listed), unique=True, min_size=1))
        ids = choice.draw(st.one_of(kinds))
        assert self.expected(Action.INVOICE, looked, ids) == self.told(issuing.invoice_items, ids)

    @rule(order_id=placed)
    def invoice_whole(self, order_id: str) -> None:
        order, rows = self.look(order_id)
        open_now = [entry for entry in actions.possible(order, rows) if entry.action is Action.INVOICE]
        expected = "DONE" if open_now else "NOTHING_TO_INVOICE"
        assert self.told(issuing.invoice_order, order_id) == expected
        if open_now:
            assert [line.order_item_id for line in self.issued[-1].frozen().lines] == open_now[0].ids

    def look(self, order_id: str) -> tuple[Order, list[OrderItem]]:
        order = self.database.read(orders.find_order, self.principal, order_id)
        return order, list(self.database.read(orders.items_of, self.principal, order_id))

    def told(self, command: Any, *args: Any, **options: Any) -> str:
        options = {"now": factories.NOW, **options}
        given = {name: value for name, value in options.items() if value is not None}
        try:
            made = self.database.write(command, self.principal, *args, **given)
        except InvoicingError as refusal:
            return refusal.code
        if isinstance(made, Issued):
            self.issued.append(made)
        return "DONE"

    def expected(
        self, action: Action, looked: dict[str, tuple[Order, list[OrderItem]]], ids: list[str]
    ) -> str:
        """What the lists of the orders say will come of it."""
        if not ids:
            return "NO_ITEMS"
        if len(set(ids)) < len(ids):
            return "DUPLICATE_ITEM"
        if NOWHERE in ids:
            return "ITEM_NOT_FOUND"
        covered = [order for order, rows in looked.values() if {row.id for row in rows} & set(ids)]
        for code, differ in (
            ("MIXED_CUSTOMERS", {order.customer_id or order.id for order in covered}),
            ("MIXED_CURRENCIES", {order.currency for order in covered}),
            ("MIXED_VAT_MODES", {order.is_including_vat for order in covered}),
        ):
            if len(differ) > 1:
                return code
        reasons = {
            entry.reason
            for order, rows in looked.values()
            for entry in actions.blocked(order, rows)
            if entry.action is action and entry.id in ids
        }
        return next((code for block, code in REFUSALS.items() if block in reasons), "DONE")

    @invariant()
    def each_item_is_on_one_invoice_at_most(self) -> None:
        lines = self.rows(invoice_lines)
        assert set(Counter(line.order_item_id for line in lines).values()) <= {1}
        on_paper: Counter[str] = Counter()
        for line in lines:
            on_paper[line.invoice_id] += line.quantity
        marked: Counter[str] = Counter()
        for row in self.rows(order_items):
            if row.invoice_id:
                marked[row.invoice_id] += row.quantity
        assert marked == on_paper

    @invariant()
    def quantities_and_discounts_are_kept_over_splits(self) -> None:
        kept: dict[str, list[Any]] = defaultdict(list)
        for row in self.rows(order_items):
            assert row.quantity > 0
            assert row.discount >= 0
            kept[row.order_id].append(row)
        sums = {
            id: (sum(r.quantity for r in rows), sum(r.discount for r in rows)) for id, rows in kept.items()
        }
        assert sums == self.ordered

    @invariant()
    def an_order_is_closed_when_nothing_is_left_to_do(self) -> None:
        items: dict[str, list[Any]] = defaultdict(list)
        for row in self.rows(order_items):
            items[row.order_id].append(row)
        for order in self.rows(orders_table):
            closed = actions.is_closed(items[order.id])
            assert closed == (not actions.possible(order, items[order.id]))

    @invariant()
    def numbers_have_no_gap(self) -> None:
        found = sorted(row.sequence for row in self.rows(invoices))
        assert found == list(range(1, len(self.issued) + 1))

    def rows(self, table: Table) -> Sequence[Any]:
        mine = select(table).where(table.c.account_id == self.principal.account_id)
        return self.database.read(lambda connection: connection.execute(mine).all())


def test_whatever_is_listed_succeeds_and_whatever_is_not_is_refused(database: Database) -> None:
    class Here(Shop):
        pass

    Here.database = database
    run_state_machine_as_test(
        Here,
        settings=settings(
            derandomize=True,
            max_examples=25,
            stateful_step_count=15,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
