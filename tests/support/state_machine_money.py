"""Payments, charges and refunds in the state machines' shop, and when they close an order."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule
from sqlalchemy import Connection

from invoicing.access import Actor, Principal
from invoicing.invoices import from_orders, one_time
from invoicing.invoices.queries import Issued
from invoicing.orders import intake, lists
from invoicing.orders.actions import Action
from invoicing.payments import charges, manual, refunds
from invoicing.storage.pages import Window
from invoicing.storage.tables import invoice_lines, invoices, payments
from tests.invoicing.orders.test_actions import STEPS
from tests.support import factories
from tests.support.state_machine import Shop
from tests.support.till import CASH, KEYS

amounts = st.integers(1, 10_000)


class Money(Shop):
    """Adds payments, charges, refunds, one-time invoices and changes of addresses, at any time."""

    def __init__(self) -> None:
        super().__init__()
        self.was_settled: set[str] = set()

    def run_command(self, command: Any, *args: Any, **options: Any) -> str:
        result = super().run_command(command, *args, **options)
        self.remember()
        return result

    @staticmethod
    def key() -> str:
        return f"key-{next(KEYS)}"

    def remember(self) -> None:
        """Notes settled invoices, which stay settled whatever is refunded."""
        owed = self.outstanding()
        signs = {row.id: 1 if row.total + row.rounding >= 0 else -1 for row in self.rows(invoices)}
        self.was_settled |= {id for id, amount in owed.items() if amount * signs[id] <= 0}
        left = {row.id: row.total for row in self.rows(invoices) if row.type == "INVOICE" and row.total > 0}
        for line in self.rows(invoice_lines):
            if line.credited_invoice_id in left:
                left[line.credited_invoice_id] += line.total_ex_vat + line.vat_amount
        self.was_settled |= {id for id, amount in left.items() if amount == 0}  # credited in full: cancelled

    @rule(order_id=Shop.placed, amount=st.none() | amounts)
    def pay_order(self, order_id: str, amount: int | None) -> None:
        """Pays any amount, or the order's total."""
        total = self.read_order(order_id)[0].total
        self.pay(total if amount is None and total > 0 else amount or 1, order_id=order_id)

    @precondition(lambda self: self.sales())
    @rule(amount=amounts, choice=st.data())
    def pay_invoice(self, amount: int, choice: st.DataObject) -> None:
        sale = choice.draw(st.sampled_from(self.sales()))
        self.pay(amount, invoice_id=sale.id, expected="NOT_PAYABLE" if sale.due < 0 else "DONE")

    def pay(self, amount: int, *, expected: str = "DONE", **target: str) -> None:
        values = {"amount": amount, "method": "ideal", "idempotency_key": self.key(), **target}
        assert self.run_command(manual.record_payment, values) == expected

    @precondition(lambda self: self.issued)
    @rule(choice=st.data())
    def settle(self, choice: st.DataObject) -> None:
        invoice = self.asked(choice)
        expected = self.expected_settlement(invoice, by_hand=True)
        assert self.run_command(manual.settle_invoice_manually, invoice.id, CASH, key=self.key()) == expected

    @precondition(lambda self: self.issued)
    @rule(outcome=st.sampled_from([None, "PAID", "FAILED"]), choice=st.data())
    def charge(self, outcome: str | None, choice: st.DataObject) -> None:
        """Charges; the gateway's outcome comes at once, or later."""
        invoice = self.asked(choice)
        expected = self.expected_settlement(invoice, by_hand=False)
        options = {"gateways": ["sandbox"], "key": self.key()}
        assert self.run_command(charges.begin_charge, invoice.id, "auto", **options) == expected
        if expected == "DONE" and outcome:
            (pending_payment,) = [each for each in self.pending("PAYMENT") if each.invoice_id == invoice.id]
            self.resolve(pending_payment, outcome)

    def asked(self, choice: st.DataObject) -> Issued:
        """Any invoice; mostly one with an outstanding amount."""
        owed = self.outstanding()
        owing = [each for each in self.issued if owed[each.id] > 0]
        wide = choice.draw(st.sampled_from([False, False, False, True]))
        among = self.issued if wide or not owing else owing
        return among[choice.draw(st.integers(0, len(among) - 1))]

    def expected_settlement(self, invoice: Issued, *, by_hand: bool) -> str:
        if invoice.due < 0 or (invoice.type == "CREDIT" and invoice.due == 0):
            return "NOT_PAYABLE"
        if any(each.invoice_id == invoice.id for each in self.pending("PAYMENT")):
            return "PAYMENT_UNDER_WAY"
        if not by_hand and invoice.customer_id is None:
            return "PAYMENT_METHOD_NOT_FOUND"
        return "DONE" if self.outstanding()[invoice.id] > 0 else "ALREADY_SETTLED"

    @precondition(lambda self: self.pending("PAYMENT", "REFUND"))
    @rule(status=st.sampled_from(["PAID", "PAID", "FAILED"]), choice=st.data())
    def answer(self, status: str, choice: st.DataObject) -> None:
        """The gateway's outcome of a pending charge or refund."""
        pending_payment = choice.draw(st.sampled_from(self.pending("PAYMENT", "REFUND")))
        self.resolve(pending_payment, status)

    def resolve(self, pending_payment: Any, status: str) -> None:
        self.cached_rows = {}
        assert self.till.resolve(pending_payment, status, reference="ref").status == status

    def pending(self, *types: str) -> list[Any]:
        return [each for each in self.rows(payments) if each.status == "PENDING" and each.type in types]

    @precondition(lambda self: self.rows(payments))
    @rule(by_hand=st.booleans(), amount=st.none() | amounts, choice=st.data())
    def refund(self, by_hand: bool, amount: int | None, choice: st.DataObject) -> None:
        paid = choice.draw(st.sampled_from(self.rows(payments)))
        self.pay_back(paid, amount, by_hand=by_hand or paid.gateway is None)

    def pay_back(self, paid: Any, amount: int | None, *, by_hand: bool = True) -> None:
        left = self.refundable(paid)
        expected = "DONE" if 0 < (left if amount is None else amount) <= left else "REFUND_TOO_HIGH"
        if (paid.type, paid.status) != ("PAYMENT", "PAID"):
            expected = "NOT_REFUNDABLE"
        values: dict[str, Any] = {"idempotency_key": self.key(), "amount": amount}
        if by_hand:
            values["manual_transfer"] = CASH
        assert self.run_command(refunds.begin_refund, paid.id, values, gateways=["sandbox"]) == expected

    def refundable(self, paid: Any) -> int:
        if (paid.type, paid.status) != ("PAYMENT", "PAID"):
            return 0
        back = [each for each in self.rows(payments) if each.refund_of == paid.id]
        return int(paid.amount - sum(each.amount for each in back if each.status in ("PAID", "PENDING")))

    @precondition(lambda self: self.ordered)
    @rule(
        buyer=st.sampled_from(["ann", "bob"]),
        way=st.sampled_from(["settle", "manual_transfer", "later"]),
        prices=st.lists(st.integers(0, 2_000), min_size=1, max_size=3),
    )
    def create_invoice(self, buyer: str, way: str, prices: list[int]) -> None:
        values: dict[str, Any] = {
            "handle": self.key(),
            "customer_id": buyer,
            "order_lines": [factories.order_line(amount=price) for price in prices],
        }
        if way != "later":
            values[way] = {"payment_method": "auto"} if way == "settle" else CASH
        assert self.run_command(one_time.create_invoice, values, gateways=["sandbox"]) == "DONE"
        repeated = self.run_command(one_time.create_invoice, values, gateways=["sandbox"])
        assert repeated == "DUPLICATE_HANDLE"

    @rule(order_id=Shop.placed, by_buyer=st.booleans(), name=st.sampled_from([None, "Elsewhere & Co"]))
    def update_order(self, order_id: str, by_buyer: bool, name: str | None) -> None:
        """An API key always may, if the order keeps a buyer; a buyer may until anything is invoiced."""
        order, rows = self.read_order(order_id)
        papers = self.rows(invoices), self.rows(invoice_lines)
        values = {"billing_name": name, "billing_address": factories.ADDRESS}
        if by_buyer and order.customer_id:
            ann = Principal(order.account_id, Actor("s", "Ann", "customer"), frozenset(), order.customer_id)
            expected = "ORDER_ALREADY_INVOICED" if any(row.invoice_id for row in rows) else "DONE"
            assert self.run_command(intake.update_billing, order_id, values, as_=ann) == expected
        else:
            expected = "DONE" if name or order.customer_id else "VALIDATION_ERROR"
            assert self.run_command(intake.update_order, order_id, values) == expected
        assert (self.rows(invoices), self.rows(invoice_lines)) == papers

    @rule(order_id=Shop.placed)
    def close(self, order_id: str) -> None:
        """Does all possible actions of an order, pays all it is owed and refunds all it owes."""
        for action in (Action.SHIP, *STEPS):
            if ids := self.listed(order_id, action):
                assert self.run_command(*self.command_for(action, order_id, ids)) == "DONE"
        while self.listed(order_id, Action.INVOICE):
            assert self.run_command(from_orders.invoice_order, order_id) == "DONE"
        papers = self.invoices_of(self.items_by_order()[order_id])
        for invoice in [each for each in self.issued if each.id in papers]:
            expected = self.expected_settlement(invoice, by_hand=True)
            assert (
                self.run_command(manual.settle_invoice_manually, invoice.id, CASH, key=self.key()) == expected
            )
        for paid in self.rows(payments):
            owed = self.outstanding()
            credit = sum(-owed[each.id] for each in self.issued if each.id in papers and each.due < 0)
            most = min(credit, self.refundable(paid))
            if most > 0 and (paid.order_id == order_id or paid.invoice_id in papers):
                self.pay_back(paid, most)

    @invariant()
    def an_order_is_closed_once_all_is_done_and_paid(self) -> None:
        """Compares the shown status and the list's filter with the rows alone."""
        self.remember()
        expected = set()
        lines = [line for line in self.rows(invoice_lines) if line.order_item_id]
        on_paper = {line.order_item_id: line.invoice_id for line in lines}
        kinds = {row.id: row.type for row in self.rows(invoices)}
        for order_id, rows in self.items_by_order().items():
            done = all(self.is_done(row, on_paper, kinds) for row in rows)
            if done and self.invoices_of(rows) <= self.was_settled:
                expected.add(order_id)
        assert self.closed() == expected
        assert self.database.read(self.found, "CLOSED") == expected
        assert self.database.read(self.found, "OPEN") == self.ordered.keys() - expected

    @staticmethod
    def is_done(row: Any, on_paper: dict[str, str], kinds: dict[str, str]) -> bool:
        if row.type == "DISCOUNT":  # it is in the prices of the others
            return row.invoice_id is None
        if row.contra_of is not None:
            return row.id in on_paper and kinds[on_paper[row.id]] == "CREDIT"
        if row.undone_as is not None:
            return True
        return row.shipped_at is not None and row.invoiced_as in on_paper

    def found(self, connection: Connection, status: str) -> set[str]:
        page = lists.orders_page(connection, self.principal, {"status": status}, Window(first=10))
        return {row.id for row in page.rows}
