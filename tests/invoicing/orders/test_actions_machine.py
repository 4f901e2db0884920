"""Orders of any kind, and all that is done to them in any sequence: what is listed succeeds, nothing else."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import (
    invariant,
    precondition,
    rule,
)

from invoicing.decimals import read_quantity
from invoicing.invoices import from_orders
from invoicing.invoices.credit import LineCredit
from invoicing.invoices.queries import Issued
from invoicing.money import portion
from invoicing.orders import actions, returns
from invoicing.orders.actions import Action, Block
from invoicing.orders.items import totals
from invoicing.orders.returns import Contra
from invoicing.storage.database import Database
from invoicing.storage.tables import Order, OrderItem, invoice_lines, invoices, order_items
from invoicing.storage.tables import orders as orders_table
from invoicing.vat.arithmetic import WHOLE
from invoicing.verify.books import verify
from tests.invoicing.orders.test_actions import CODES, STEPS
from tests.support.state_machine import UNKNOWN_ID, Shop, Uncredited, quantities, run_machine, ship
from tests.support.state_machine_money import Money

CODES_IN_ORDER = [(block, CODES[block]) for block in Block]


def some_of(rows: list[OrderItem]) -> st.SearchStrategy[list[OrderItem]]:
    return st.lists(st.sampled_from(rows), unique=True, min_size=1)


class Items(Shop):
    """What is done to items: their order's actions are the only word on what comes of it."""

    @rule(order_id=Shop.placed, choice=st.data())
    def ship(self, order_id: str, choice: st.DataObject) -> None:
        order, rows = self.read_order(order_id)
        parcels = [
            (row.id, choice.draw(st.one_of(st.none(), quantities(row.quantity))))
            for row in self.chosen(rows, Action.SHIP, order, choice)
        ]
        expected = self.expected(Action.SHIP, {order_id: (order, rows)}, [id for id, _ in parcels])
        assert expected == self.run_command(ship, order_id, parcels)

    @rule(order_id=Shop.placed, action=st.sampled_from([Action.CANCEL, Action.RETURN]), choice=st.data())
    def undo(self, order_id: str, action: Action, choice: st.DataObject) -> None:
        order, rows = self.read_order(order_id)
        asked = [
            Contra(row.id, choice.draw(st.one_of(st.none(), quantities(row.quantity))))
            for row in self.chosen(rows, action, order, choice)
        ]
        ids = [each.item_id for each in asked]
        expected = self.expected(action, {order_id: (order, rows)}, ids)
        closed = self.closed()
        assert expected == self.run_command(returns.undo_items, action, order_id, asked)
        if expected == "DONE" and (order_id in closed or any(r.invoice_id for r in rows if r.id in ids)):
            assert order_id not in self.closed()

    @rule(order_id=Shop.placed, step=st.sampled_from(STEPS), choice=st.data())
    def handle(self, order_id: str, step: Action, choice: st.DataObject) -> None:
        order, rows = self.read_order(order_id)
        ids = [row.id for row in self.chosen(rows, step, order, choice)]
        expected = self.expected(step, {order_id: (order, rows)}, ids)
        assert expected == self.run_command(returns.handle_items, step, order_id, ids)

    @precondition(lambda self: self.sales())
    @rule(way=st.sampled_from(["full", "quantity", "amount"]), choice=st.data())
    def credit(self, way: str, choice: st.DataObject) -> None:
        sale = choice.draw(st.sampled_from(self.sales()))
        mine = [self.left()[line.id] for line in sale.frozen().lines]
        asked = None
        if way == "full":
            has_left = any(any(sums[1:]) for sums in self.by_group(mine).values())
            is_free = any(each.whole[0] == 0 and each.pieces for each in mine)
            expected = {"DONE" if has_left or is_free else "NOTHING_TO_CREDIT"}
        else:
            line = choice.draw(st.sampled_from(mine))
            asked, amount = self.part(line, way, choice)
            expected = self.expected_credit(sale, mine, line, amount)
        assert self.run_command(from_orders.credit_invoice, sale.id, asked, reason="because") in expected

    @staticmethod
    def by_group(lines: list[Uncredited]) -> dict[tuple[str, str, int], list[int]]:
        """What is left of each VAT category and rate of each invoice: total, net and VAT."""
        found: dict[tuple[str, str, int], list[int]] = {}
        for line in lines:
            sums = found.setdefault(line.group, [0, 0, 0])
            found[line.group] = [sum(pair) for pair in zip(sums, line.amounts, strict=True)]
        return found

    def expected_credit(
        self, sale: Issued, mine: list[Uncredited], line: Uncredited, amount: int | None
    ) -> set[str]:
        """What crediting so much of a line comes to; None is more than is left of the line."""
        if amount is None:
            return {"CREDIT_TOO_HIGH"}
        whole = sum(each.whole[0] for each in mine if each.group == line.group)
        way = -1 if whole < 0 else 1
        if way * amount > way * self.by_group(mine)[line.group][0]:
            return {"CREDIT_TOO_HIGH"}
        if not sale.is_including_vat and any(each.whole[0] < 0 for each in mine):
            return {"DONE", "CREDIT_TOO_HIGH", "VALIDATION_ERROR"}  # the VAT decides
        way = -1 if sale.total < 0 else 1
        left = sum(each.amounts[1] + each.amounts[2] for each in mine)
        if sale.is_including_vat and way * amount > way * left:
            return {"CREDIT_TOO_HIGH"}
        return {"DONE" if way * amount >= 0 else "VALIDATION_ERROR"}

    @precondition(lambda self: self.ordered)
    @rule(choice=st.data())
    def do_what_is_listed(self, choice: st.DataObject) -> None:
        """Any action of any order, each as likely, with some of its items."""
        for _ in range(choice.draw(st.integers(2, 6))):
            self.do_one(choice)

    def do_one(self, choice: st.DataObject) -> None:
        looked = [self.read_order(id) for id in self.ordered]
        listed = [(order, each) for order, rows in looked for each in self.possible(order, rows)]
        if not listed:
            return
        order, entry = choice.draw(st.sampled_from(listed))
        ids = choice.draw(st.lists(st.sampled_from(entry.ids), unique=True, min_size=1))
        if entry.action is Action.INVOICE:
            contras = {row.id for _, rows in looked for row in rows if row.contra_of}
            ids = [id for id in ids if (id in contras) == (ids[0] in contras)]
        assert self.run_command(*self.command_for(entry.action, order.id, ids)) == "DONE"

    def part(self, line: Uncredited, way: str, choice: st.DataObject) -> tuple[list[LineCredit], int | None]:
        if way == "quantity":
            asked = choice.draw(quantities(line.quantity + 1))
            quantity = read_quantity(asked)
            fits = not line.is_spent and quantity <= line.pieces
            return [LineCredit(line.id, quantity=asked)], line.worth(quantity) if fits else None
        most = abs(line.amounts[0]) + 1
        amount = choice.draw(st.integers(1, most)) * (-1 if line.amounts[0] < 0 else 1)
        return [LineCredit(line.id, amount=amount)], amount if abs(amount) < most else None

    @rule(order_ids=st.lists(Shop.placed, min_size=1, max_size=3, unique=True), choice=st.data())
    def invoice(self, order_ids: list[str], choice: st.DataObject) -> None:
        looked = {id: self.read_order(id) for id in order_ids}
        every = [row.id for _, rows in looked.values() for row in rows]
        listed = [
            id
            for order, rows in looked.values()
            for entry in self.possible(order, rows)
            if entry.action is Action.INVOICE
            for id in entry.ids
        ]
        kinds = [st.lists(st.sampled_from([*every, UNKNOWN_ID]), max_size=4), st.just(listed)]
        if listed:
            kinds.append(st.lists(st.sampled_from(listed), unique=True, min_size=1))
        ids = choice.draw(st.one_of(kinds))
        assert self.expected(Action.INVOICE, looked, ids) == self.run_command(from_orders.invoice_items, ids)

    @rule(order_id=Shop.placed)
    def invoice_whole(self, order_id: str) -> None:
        order, rows = self.read_order(order_id)
        open_now = [entry for entry in self.possible(order, rows) if entry.action is Action.INVOICE]
        expected = "DONE" if open_now else "NOTHING_TO_INVOICE"
        assert self.run_command(from_orders.invoice_order, order_id) == expected
        if open_now:
            contras = {row.id for row in rows if row.contra_of}
            sold = [id for id in open_now[0].ids if id not in contras]
            on_paper = [line.order_item_id for line in self.issued[-1].frozen().lines]
            assert on_paper == (sold or open_now[0].ids)
            assert self.issued[-1].type == ("INVOICE" if sold else "CREDIT")

    def expected(
        self, action: Action, looked: dict[str, tuple[Order, list[OrderItem]]], ids: list[str]
    ) -> str:
        """What the lists of the orders say will come of it."""
        if not ids:
            return "NO_ITEMS"
        if len(set(ids)) < len(ids):
            return "DUPLICATE_ITEM"
        if UNKNOWN_ID in ids:
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
            self.reason(action, order, row, actions.ItemActions(order, rows, self.parties(order)).blocked())
            for order, rows in looked.values()
            for row in rows
            if row.id in ids
        }
        return next((code for block, code in CODES_IN_ORDER if block in reasons), "DONE")

    def reason(
        self, action: Action, order: Order, row: OrderItem, blocked: Sequence[actions.Blocked]
    ) -> Block | None:
        """Null where the item is listed; what is neither listed nor told is not the item's kind."""
        listed = [id for each in self.possible(order, [row]) if each.action is action for id in each.ids]
        reasons = [each.reason for each in blocked if each.action is action and each.id == row.id]
        assert len(listed) + len(reasons) <= 1
        if listed or reasons:
            return reasons[0] if reasons else None
        return Block.NOT_INVOICED if row.undone_as is None or action in STEPS else Block(row.undone_as)

    def chosen(
        self, rows: list[OrderItem], action: Action, order: Order, choice: st.DataObject
    ) -> list[OrderItem]:
        """Some of the items; more often than not, only those that the action is open to."""
        ids = {id for each in self.possible(order, rows) if each.action is action for id in each.ids}
        open_now = [row for row in rows if row.id in ids]
        wide: bool = choice.draw(st.sampled_from([False, False, False, True]))
        among = rows if wide or not open_now else open_now
        return choice.draw(some_of(among))

    @invariant()
    def credits_never_exceed_what_they_credit(self) -> None:
        lines = [*self.left().values()]
        for line in lines:
            assert 0 <= line.amounts[0] * (1 if line.whole[0] >= 0 else -1) <= abs(line.whole[0])
            assert 0 <= line.pieces <= line.quantity
        for group, left in self.by_group(lines).items():
            whole = [sum(each.whole[place] for each in lines if each.group == group) for place in range(3)]
            assert all(part * (-1 if whole[0] < 0 else 1) >= 0 for part in left)
            if whole[0] and left[0] == 0:
                assert left == [0, 0, 0]

    @invariant()
    def the_invoices_of_an_order_ask_what_was_quoted(self) -> None:
        """Priced without VAT, it was quoted the VAT on its whole net at each rate; with VAT, its prices."""
        quoted: Counter[tuple[str, int]] = Counter()
        asked: Counter[str] = Counter()
        for line in self.rows(invoice_lines):
            quoted[line.order_id, line.vat_rate] += line.total_ex_vat
            asked[line.order_id] += line.total_ex_vat + line.vat_amount + line.rounding
        for order in self.rows(orders_table):
            if not order.is_including_vat:
                nets = [(net, rate) for (id, rate), net in quoted.items() if id == order.id]
                assert asked[order.id] == sum(net + portion(net, rate, WHOLE) for net, rate in nets)
        for invoice in self.rows(invoices):
            if invoice.is_including_vat:
                assert invoice.rounding == 0

    @invariant()
    def a_credit_never_asks_for_money(self) -> None:
        signs = {sale.id: -1 if sale.total < 0 else 1 for sale in self.sales()}
        for credit in self.issued:
            if credit.type == "CREDIT" and all(signs[each.id] == 1 for each in credit.frozen().credits):
                assert credit.total <= 0

    @invariant()
    def an_item_is_undone_once_by_its_mirror(self) -> None:
        rows = {row.id: row for row in self.rows(order_items)}
        contras = [row for row in rows.values() if row.contra_of]
        assert len({row.contra_of for row in contras}) == len(contras)
        for row in contras:
            undone = rows[row.contra_of]
            for column in ("quantity", "subtotal", "discount", "allocated_discount"):
                assert getattr(row, column) == -getattr(undone, column)
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
            if not gone and row.type != "DISCOUNT":
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
            if line.order_item_id and line.credited_line_id is None:
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
            assert min(row.discount, row.allocated_discount) >= 0
            worth = self.worth(row)
            assert worth <= 0 if row.type == "DISCOUNT" else worth >= 0
            kept[row.order_id].append(row)
        names = ("quantity", "discount", "subtotal", "allocated_discount")
        sums = {id: tuple(sum(getattr(r, n) for r in rows) for n in names) for id, rows in kept.items()}
        assert sums == self.ordered

    @invariant()
    def what_is_on_paper_of_an_order_that_is_done_is_what_was_quoted_for_what_stays(self) -> None:
        """As the order is priced. Not where its invoices were credited otherwise than by its items."""
        lines: dict[str, list[Any]] = defaultdict(list)
        for line in self.rows(invoice_lines):
            lines[line.order_id].append(line)
        for order_id, rows in self.items_by_order().items():
            by_hand = any(line.credited_line_id and not line.order_item_id for line in lines[order_id])
            if by_hand or not actions.is_done(rows):
                continue
            stays = [
                row for row in rows if row.type != "DISCOUNT" and not row.contra_of and not row.undone_as
            ]
            assert sum(line.total for line in lines[order_id]) == sum(self.worth(row) for row in stays)

    @staticmethod
    def worth(row: Any) -> int:
        """What the item comes to less all discounts."""
        return int(row.subtotal - row.discount - row.allocated_discount)

    @invariant()
    def an_order_is_done_when_nothing_is_left_to_do(self) -> None:
        items: dict[str, list[Any]] = defaultdict(list)
        for row in self.rows(order_items):
            items[row.order_id].append(row)
        for order in self.rows(orders_table):
            left = {entry.action for entry in self.possible(order, items[order.id])} - {Action.RETURN}
            assert actions.is_done(items[order.id]) == (not left)

    @invariant()
    def numbers_have_no_gap(self) -> None:
        for type in ("INVOICE", "CREDIT"):
            found = sorted(row.sequence for row in self.rows(invoices) if row.type == type)
            assert found == list(range(1, sum(made.type == type for made in self.issued) + 1))


class Everything(Items, Money):
    """And money besides, which keeps no action from an item."""


def test_whatever_is_listed_succeeds_and_whatever_is_not_is_refused(database: Database) -> None:
    run_machine(Items, database, examples=12, steps=30)


def test_so_it_does_whatever_is_paid_and_an_order_is_closed_once_it_is(database: Database) -> None:
    run_machine(Everything, database, examples=20, steps=30)
