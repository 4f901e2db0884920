"""Orders of any kind, and all that is done to them in any sequence: what is listed succeeds, nothing else."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import Table, select

from invoicing import actions, issuing, orders, shipping, undoing
from invoicing.access import Principal
from invoicing.actions import Action, Block
from invoicing.crediting import LineCredit
from invoicing.database import Database
from invoicing.errors import InvoicingError
from invoicing.items import totals
from invoicing.queries import Issued
from invoicing.tables import Order, OrderItem, invoice_lines, invoices, order_items
from invoicing.tables import orders as orders_table
from invoicing.undoing import Contra
from invoicing.verifying import verify
from tests import factories
from tests.invoicing.test_actions import CODES, STEPS

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


CODES_IN_ORDER = [(block, CODES[block]) for block in Block]


@dataclass
class Left:
    """An invoiced line and what is left of it: total, net and VAT."""

    id: str
    quantity: int
    pieces: int
    whole: tuple[int, int, int]
    amounts: tuple[int, int, int]

    @classmethod
    def of(cls, line: Any) -> Left:
        amounts = line.total, line.total_ex_vat, line.vat_amount
        return cls(line.id, line.quantity, line.quantity, amounts, amounts)

    def less(self, line: Any) -> None:
        total, net, tax = self.amounts
        self.amounts = total + line.total, net + line.total_ex_vat, tax + line.vat_amount
        self.pieces -= line.credited_quantity or 0

    @property
    def is_spent(self) -> bool:
        return self.amounts[0] == 0 and (self.whole[0] != 0 or self.pieces == 0)


def some_of(rows: list[OrderItem]) -> st.SearchStrategy[list[OrderItem]]:
    return st.lists(st.sampled_from(rows), unique=True, min_size=1)


class Shop(RuleBasedStateMachine):
    """One account of a database that all examples share."""

    database: ClassVar[Database]
    placed = Bundle("placed")

    def __init__(self) -> None:
        super().__init__()
        self.principal: Principal
        self.ordered: dict[str, tuple[int, int]] = {}
        self.issued: list[Issued] = []

    @initialize(flow=st.sampled_from(["DIRECT", "GUIDED"]))
    def open_shop(self, flow: str) -> None:
        self.principal = factories.principal(self.database, contra_flow=flow)
        for id in ("ann", "bob"):
            factories.customer(self.database, self.principal, id=id)

    @precondition(lambda self: len(self.ordered) < 3)
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
            (row.id, choice.draw(st.one_of(st.none(), st.integers(1, max(row.quantity, 1)))))
            for row in self.chosen(rows, Action.SHIP, order, choice)
        ]
        expected = self.expected(Action.SHIP, {order_id: (order, rows)}, [id for id, _ in parcels])
        assert expected == self.told(
            shipping.ship_items, order_id, parcels, shipped_at=factories.NOW, now=None
        )

    @rule(order_id=placed, action=st.sampled_from([Action.CANCEL, Action.RETURN]), choice=st.data())
    def undo(self, order_id: str, action: Action, choice: st.DataObject) -> None:
        order, rows = self.look(order_id)
        asked = [
            Contra(row.id, choice.draw(st.one_of(st.none(), st.integers(1, max(row.quantity, 1)))))
            for row in self.chosen(rows, action, order, choice)
        ]
        ids = [each.item_id for each in asked]
        expected = self.expected(action, {order_id: (order, rows)}, ids)
        assert expected == self.told(undoing.undo_items, action, order_id, asked)
        if expected == "DONE" and any(row.invoice_id for row in rows if row.id in ids):
            assert not actions.is_done(self.look(order_id)[1])

    @rule(order_id=placed, step=st.sampled_from(STEPS), choice=st.data())
    def handle(self, order_id: str, step: Action, choice: st.DataObject) -> None:
        order, rows = self.look(order_id)
        ids = [row.id for row in self.chosen(rows, step, order, choice)]
        expected = self.expected(step, {order_id: (order, rows)}, ids)
        assert expected == self.told(undoing.handle_items, step, order_id, ids)

    @precondition(lambda self: self.sales())
    @rule(way=st.sampled_from(["full", "quantity", "amount"]), choice=st.data())
    def credit(self, way: str, choice: st.DataObject) -> None:
        sale = choice.draw(st.sampled_from(self.sales()))
        left = self.left()
        asked, expected = None, "DONE"
        if way == "full":
            mine = [left[line.id] for line in sale.frozen().lines]
            expected = "NOTHING_TO_CREDIT" if all(each.is_spent for each in mine) else "DONE"
        else:
            line = left[choice.draw(st.sampled_from(sale.frozen().lines)).id]
            asked, fits = self.part(line, way, choice)
            expected = "DONE" if fits else "CREDIT_TOO_HIGH"
        options = {"reason": "because"}
        assert expected == self.told(issuing.credit_invoice, sale.id, asked, **options)

    @precondition(lambda self: self.ordered)
    @rule(choice=st.data())
    def do_what_is_listed(self, choice: st.DataObject) -> None:
        """Any action of any order, each as likely, with some of its items."""
        for _ in range(choice.draw(st.integers(2, 6))):
            self.do_one(choice)

    def do_one(self, choice: st.DataObject) -> None:
        looked = [self.look(id) for id in self.ordered]
        listed = [(order, each) for order, rows in looked for each in actions.possible(order, rows)]
        if not listed:
            return
        order, entry = choice.draw(st.sampled_from(listed))
        ids = choice.draw(st.lists(st.sampled_from(entry.ids), unique=True, min_size=1))
        if entry.action is Action.INVOICE:
            contras = {row.id for _, rows in looked for row in rows if row.contra_of}
            ids = [id for id in ids if (id in contras) == (ids[0] in contras)]
            told = self.told(issuing.invoice_items, ids)
        elif entry.action is Action.SHIP:
            told = self.told(
                shipping.ship_items, order.id, [(id, None) for id in ids], shipped_at=factories.NOW, now=None
            )
        elif entry.action in STEPS:
            told = self.told(undoing.handle_items, entry.action, order.id, ids)
        else:
            told = self.told(undoing.undo_items, entry.action, order.id, [Contra(id) for id in ids])
        assert told == "DONE"

    def part(self, line: Left, way: str, choice: st.DataObject) -> tuple[list[LineCredit], bool]:
        if way == "quantity":
            quantity = choice.draw(st.integers(1, line.quantity + 1))
            return [LineCredit(line.id, quantity=quantity)], not line.is_spent and quantity <= line.pieces
        most = abs(line.amounts[0]) + 1
        amount = choice.draw(st.integers(1, most)) * (-1 if line.amounts[0] < 0 else 1)
        return [LineCredit(line.id, amount=amount)], abs(amount) < most

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
            contras = {row.id for row in rows if row.contra_of}
            sold = [id for id in open_now[0].ids if id not in contras]
            on_paper = [line.order_item_id for line in self.issued[-1].frozen().lines]
            assert on_paper == (sold or open_now[0].ids)
            assert self.issued[-1].type == ("INVOICE" if sold else "CREDIT")

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
        contras = {row.id for _, rows in looked.values() for row in rows if row.contra_of}
        if action is Action.INVOICE and contras & set(ids) and not contras.issuperset(ids):
            return "MIXED_SALE_AND_CREDIT"
        covered = [order for order, rows in looked.values() if {row.id for row in rows} & set(ids)]
        for code, differ in (
            ("MIXED_CUSTOMERS", {order.customer_id or order.id for order in covered}),
            ("MIXED_CURRENCIES", {order.currency for order in covered}),
            ("MIXED_VAT_MODES", {order.is_including_vat for order in covered}),
        ):
            if len(differ) > 1:
                return code
        reasons = {
            self.reason(action, order, row, actions.blocked(order, rows))
            for order, rows in looked.values()
            for row in rows
            if row.id in ids
        }
        return next((code for block, code in CODES_IN_ORDER if block in reasons), "DONE")

    def reason(
        self, action: Action, order: Order, row: OrderItem, blocked: Sequence[actions.Blocked]
    ) -> Block | None:
        """Null where the item is listed; what is neither listed nor told is not the item's kind."""
        listed = [id for each in actions.possible(order, [row]) if each.action is action for id in each.ids]
        told = [each.reason for each in blocked if each.action is action and each.id == row.id]
        assert len(listed) + len(told) <= 1
        if listed or told:
            return told[0] if told else None
        return Block.NOT_INVOICED if row.undone_as is None or action in STEPS else Block(row.undone_as)

    def chosen(
        self, rows: list[OrderItem], action: Action, order: Order, choice: st.DataObject
    ) -> list[OrderItem]:
        """Some of the items; more often than not, only those that the action is open to."""
        ids = {id for each in actions.possible(order, rows) if each.action is action for id in each.ids}
        open_now = [row for row in rows if row.id in ids]
        wide: bool = choice.draw(st.sampled_from([False, False, False, True]))
        among = rows if wide or not open_now else open_now
        return choice.draw(some_of(among))

    def sales(self) -> list[Issued]:
        return [invoice for invoice in self.issued if invoice.type == "INVOICE"]

    def left(self) -> dict[str, Left]:
        """What is left of each invoiced line, from the lines alone."""
        lines = self.rows(invoice_lines)
        found = {line.id: Left.of(line) for line in lines if line.credited_line_id is None}
        for line in lines:
            if line.credited_line_id is not None:
                found[line.credited_line_id].less(line)
        return found

    @invariant()
    def credits_never_exceed_what_they_credit(self) -> None:
        for line in self.left().values():
            for amount, whole in zip(line.amounts, line.whole, strict=True):
                assert 0 <= amount * (1 if whole >= 0 else -1) <= abs(whole)
            assert 0 <= line.pieces <= line.quantity
            if line.whole[0] and line.amounts[0] == 0:
                assert line.amounts == (0, 0, 0)

    @invariant()
    def an_item_is_undone_once_by_its_mirror(self) -> None:
        rows = {row.id: row for row in self.rows(order_items)}
        contras = [row for row in rows.values() if row.contra_of]
        assert len({row.contra_of for row in contras}) == len(contras)
        for row in contras:
            undone = rows[row.contra_of]
            assert (row.quantity, row.discount) == (-undone.quantity, -undone.discount)
            assert undone.invoice_id
            assert undone.undone_as == row.undone_as
        kinds = {invoice.id: invoice.type for invoice in self.issued}
        for row in rows.values():
            if row.invoice_id:
                assert kinds[row.invoice_id] == ("CREDIT" if row.contra_of else "INVOICE")

    @invariant()
    def an_order_comes_to_what_counts(self) -> None:
        items: dict[str, list[Any]] = defaultdict(list)
        for row in self.rows(order_items):
            gone = row.undone_as and not row.contra_of and not row.invoice_id
            if not gone:
                items[row.order_id].append(row)
        for order in self.rows(orders_table):
            assert order.total == totals(order, items[order.id]).total

    @invariant()
    def the_books_are_right(self) -> None:
        assert self.database.read(verify, self.principal.account_id).findings == []

    @invariant()
    def each_item_is_on_one_invoice_at_most(self) -> None:
        lines = self.rows(invoice_lines)
        assert set(Counter(line.order_item_id for line in lines if line.order_item_id).values()) <= {1}
        on_paper: Counter[str] = Counter()
        for line in lines:
            if line.credited_line_id is None:
                on_paper[line.invoice_id] += line.quantity
        marked: Counter[str] = Counter()
        for row in self.rows(order_items):
            if row.invoice_id and not row.contra_of:
                marked[row.invoice_id] += row.quantity
        assert marked == on_paper

    @invariant()
    def quantities_and_discounts_are_kept_over_splits(self) -> None:
        kept: dict[str, list[Any]] = defaultdict(list)
        for row in self.rows(order_items):
            if row.contra_of:
                continue
            assert row.quantity > 0
            assert row.discount >= 0
            kept[row.order_id].append(row)
        sums = {
            id: (sum(r.quantity for r in rows), sum(r.discount for r in rows)) for id, rows in kept.items()
        }
        assert sums == self.ordered

    @invariant()
    def an_order_is_done_when_nothing_is_left_to_do(self) -> None:
        items: dict[str, list[Any]] = defaultdict(list)
        for row in self.rows(order_items):
            items[row.order_id].append(row)
        for order in self.rows(orders_table):
            left = {entry.action for entry in actions.possible(order, items[order.id])} - {Action.RETURN}
            assert actions.is_done(items[order.id]) == (not left)

    @invariant()
    def numbers_have_no_gap(self) -> None:
        for type in ("INVOICE", "CREDIT"):
            found = sorted(row.sequence for row in self.rows(invoices) if row.type == type)
            assert found == list(range(1, sum(made.type == type for made in self.issued) + 1))

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
            phases=[Phase.explicit, Phase.generate, Phase.shrink],
            max_examples=25,
            stateful_step_count=30,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
