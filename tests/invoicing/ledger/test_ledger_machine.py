"""Orders, invoices, credits, payments, charges and refunds in any sequence: every cent is somewhere."""

from __future__ import annotations

from collections import defaultdict
from typing import Any, ClassVar

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from invoicing.access import Principal
from invoicing.errors import InvoicingError
from invoicing.invoices.queries import Issued
from invoicing.ledger.balances import Balance, available_on, balances_of
from invoicing.ledger.distribution import OpenInvoice, spread_payments
from invoicing.ledger.order_shares import shares_of
from invoicing.ledger.reimbursement import ReimbursementStatus
from invoicing.orders import intake
from invoicing.orders.actions import Action, ItemActions
from invoicing.storage.database import Database
from invoicing.storage.tables import Payment, invoice_lines, payments
from tests.support import factories
from tests.support.till import Till

ORDERS = ("o", "p", "q")
amounts = st.one_of(st.integers(1, 400), st.sampled_from([1, 100, 200, 300, 600]))


class Shop(RuleBasedStateMachine):
    """One account of a database that all examples share; three orders of one customer with a card."""

    database: ClassVar[Database]

    def __init__(self) -> None:
        super().__init__()
        self.till: Till
        self.open: list[str] = []
        self.issued: list[Issued] = []
        self.settled: set[str] = set()
        self.is_including_vat = True

    @property
    def principal(self) -> Principal:
        return self.till.principal

    @initialize(
        prices=st.lists(st.lists(st.integers(0, 300), min_size=1, max_size=3), min_size=3, max_size=3),
        is_including_vat=st.booleans(),
    )
    def open_shop(self, prices: list[list[int]], is_including_vat: bool) -> None:
        self.is_including_vat = is_including_vat
        self.till = Till(self.database, factories.principal(self.database))
        self.till.buyer()
        for id, mine in zip(ORDERS, prices, strict=True):
            self.open += self.till.order(id, *mine, customer_id="ann", is_including_vat=is_including_vat)

    @precondition(lambda self: self.open)
    @rule(choice=st.data())
    def invoice(self, choice: st.DataObject) -> None:
        """Some of the items, of any orders."""
        chosen = choice.draw(st.lists(st.sampled_from(self.open), unique=True, min_size=1, max_size=3))
        self.issued.append(self.till.invoice(*chosen))
        self.open = [id for id in self.open if id not in chosen]

    @precondition(lambda self: self.sales())
    @rule(amount=st.one_of(st.none(), amounts), choice=st.data())
    def credit(self, amount: int | None, choice: st.DataObject) -> None:
        sale = choice.draw(st.sampled_from(self.sales()))
        line = choice.draw(st.integers(0, len(sale.frozen().lines) - 1))
        if made := self.unless(
            "CREDIT_TOO_HIGH", "NOTHING_TO_CREDIT", self.till.credit, sale, amount, line=line
        ):
            self.issued.append(made)

    @precondition(lambda self: self.sales())
    @rule(order_id=st.sampled_from(ORDERS))
    def cancel(self, order_id: str) -> None:
        """All that is invoiced of an order, however many invoices it is on."""
        order = self.database.read(intake.find_order, self.principal, order_id)
        rows = self.database.read(intake.items_of, self.principal, order_id)
        listed = ItemActions(order, rows, factories.parties(self.database, self.principal, order)).possible()
        open_now = {id for each in listed if each.action is Action.CANCEL for id in each.ids}
        if invoiced := [row.id for row in rows if row.invoice_id and row.id in open_now]:
            self.issued.append(self.till.cancel(order_id, *invoiced))

    @rule(order_id=st.sampled_from(ORDERS), amount=amounts)
    def pay_order(self, order_id: str, amount: int) -> None:
        self.till.pay(amount, order_id=order_id)

    @precondition(lambda self: self.sales())
    @rule(amount=amounts, choice=st.data())
    def pay_invoice(self, amount: int, choice: st.DataObject) -> None:
        self.till.pay(amount, invoice_id=choice.draw(st.sampled_from(self.sales())).id)

    @precondition(lambda self: self.issued)
    @rule(by_hand=st.booleans(), choice=st.data())
    def settle(self, by_hand: bool, choice: st.DataObject) -> None:
        invoice = choice.draw(st.sampled_from(self.issued))
        command = self.till.settle if by_hand else self.till.charge
        asked = self.till.outstanding(invoice.id)[0]
        key = f"settle-{len(self.payments())}"
        refused = ("NOT_PAYABLE", "ALREADY_SETTLED", "PAYMENT_UNDER_WAY")
        if made := self.unless(*refused, command, invoice.id, key=key):
            assert (made if by_hand else made.payment).amount == asked > 0
        else:
            assert asked <= 0 or invoice.type == "CREDIT" or self.under_way("PAYMENT")

    @precondition(lambda self: self.under_way())
    @rule(status=st.sampled_from(["PAID", "PAID", "FAILED", "PENDING", "CANCELLED"]), choice=st.data())
    def answer(self, status: str, choice: st.DataObject) -> None:
        begun = choice.draw(st.sampled_from(self.under_way()))
        assert self.till.resolve(begun, status, reference="ref").status == status
        if status != "PENDING":
            assert self.till.resolve(begun, "PAID", reference="late").status == status

    @precondition(lambda self: self.payments())
    @rule(amount=st.one_of(st.none(), amounts), choice=st.data())
    def refund(self, amount: int | None, choice: st.DataObject) -> None:
        paid = choice.draw(st.sampled_from(self.payments()))
        command = self.till.begin_refund if paid.gateway else self.till.refund
        self.unless("REFUND_TOO_HIGH", "NOT_REFUNDABLE", command, paid, amount)

    @precondition(lambda self: self.sales())
    @rule(more=st.integers(0, 50), choice=st.data())
    def pay_and_credit(self, more: int, choice: st.DataObject) -> None:
        """All of an invoice is paid and credited: its money is owed."""
        sale = choice.draw(st.sampled_from(self.sales()))
        self.till.pay(max(self.till.outstanding(sale.id)[0], 1) + more, invoice_id=sale.id)
        if made := self.unless("NOTHING_TO_CREDIT", self.till.credit, sale):
            self.issued.append(made)

    @precondition(lambda self: len(self.issued) > 1)
    @rule(is_any=st.sampled_from([False, False, True]), amount=st.none() | amounts, choice=st.data())
    def apply_credit(self, is_any: bool, amount: int | None, choice: st.DataObject) -> None:
        """What one owes pays another: as much as is owed and asked, and never more."""
        outstanding = self.balances()
        owing = [each for each in self.issued if outstanding[each.id].money.outstanding < 0]
        asking = [each for each in self.sales() if outstanding[each.id].money.outstanding > 0]
        source = choice.draw(st.sampled_from(self.issued if is_any or not owing else owing))
        target = choice.draw(st.sampled_from(self.issued if is_any or not asking else asking))
        owes = -outstanding[source.id].money.outstanding
        asks = outstanding[target.id].money.outstanding
        most = min(owes, asks)
        refused = (
            "NOTHING_OWED",
            "CREDIT_TOO_HIGH",
            "NOT_PAYABLE",
            "ALREADY_SETTLED",
            "PAYMENT_UNDER_WAY",
            "VALIDATION_ERROR",
        )
        made = self.unless(*refused, self.till.apply, source.id, target.id, amount)
        if made is None:
            is_sale = target.type == "INVOICE" and target.id != source.id
            refusable = not is_sale or most <= 0 or (amount or 0) > most or self.under_way()
            assert refusable or not self.is_including_vat  # what rounding left, no payment of it pays back
            return
        assert 0 < made.amount <= most
        is_most = made.amount == (amount or most) or (amount is None and self.under_way())
        assert is_most or (amount is None and not self.is_including_vat)
        assert self.till.outstanding(source.id, target.id) == [made.amount - owes, asks - made.amount]

    def unless(self, *args: Any, **options: Any) -> Any:
        """What the command answers, or null if it refuses for one of these reasons."""
        codes = [each for each in args if isinstance(each, str) and each.isupper()]
        command, *given = args[len(codes) :]
        try:
            return command(*given, **options)
        except InvoicingError as refusal:
            if refusal.code not in codes:
                raise
            return None

    def sales(self) -> list[Issued]:
        return [each for each in self.issued if each.type == "INVOICE"]

    def payments(self) -> list[Payment]:
        return self.till.rows(payments)

    def under_way(self, *types: str) -> list[Payment]:
        return [
            each
            for each in self.payments()
            if each.status == "PENDING" and each.type in (types or (each.type,))
        ]

    def balances(self) -> dict[str, Balance]:
        ids = [each.id for each in self.issued]
        return self.database.read(balances_of, self.principal.account_id, ids)

    @invariant()
    def the_books_are_right(self) -> None:
        assert self.till.is_right()

    @invariant()
    def every_cent_is_on_an_invoice_or_left_on_an_order(self) -> None:
        """What came in and did not go back, an invoice has got or a payment has left."""
        signs = {"PAYMENT": 1, "REFUND": -1}
        inside = sum(signs[each.type] * each.amount for each in self.payments() if each.status == "PAID")
        kept = sum(each.money.paid - each.money.refunded for each in self.balances().values())
        assert inside == kept + sum(sum(self.till.left(id)) for id in ORDERS)

    @invariant()
    def no_order_has_money_left_that_its_invoices_ask_for(self) -> None:
        account, balances = self.principal.account_id, self.balances()
        for id in ORDERS:
            if not any(self.till.left(id)):
                continue
            shares = self.database.read(shares_of, account, id)
            asking = [
                OpenInvoice(each, balances[each].money.outstanding, {id: share})
                for each, share in shares.items()
            ]
            assert spread_payments(self.database.read(available_on, account, [id]), asking) == []

    @invariant()
    def what_rounding_left_of_an_order_is_set_off(self) -> None:
        """Where prices are without VAT, no invoice that is credited in full asks what a credit owes."""
        balances = self.balances()
        if self.is_including_vat:
            return
        lines = self.till.rows(invoice_lines)
        left = {each.id: each.total for each in self.sales()}
        orders: dict[str, set[str]] = defaultdict(set)
        for line in lines:
            orders[line.invoice_id].add(line.order_id)
            if line.credited_invoice_id:
                left[line.credited_invoice_id] += line.total_ex_vat + line.vat_amount
        asking = [id for id in left if left[id] == 0 and balances[id].money.outstanding > 0]
        owing = [each.id for each in self.issued if each.type == "CREDIT" and self.owes(balances[each.id])]
        assert not [(ask, owe) for ask in asking for owe in owing if orders[ask] & orders[owe]]

    @staticmethod
    def owes(balance: Balance) -> bool:
        return balance.money.outstanding < 0

    @invariant()
    def what_was_settled_stays_so(self) -> None:
        done = {each.id for each in self.balances().values() if each.state in ("SETTLED", "CANCELLED")}
        assert self.settled <= done
        self.settled = done

    @invariant()
    def the_words_agree_with_the_amounts(self) -> None:
        for each in self.balances().values():
            asked = each.money.outstanding * (1 if each.money.due >= 0 else -1)
            if each.state in ("PENDING", "FAILED"):
                assert asked > 0
            if each.money.status is ReimbursementStatus.PAID:
                assert asked == 0
            if each.money.status is ReimbursementStatus.OVERPAID:
                assert asked < 0


def test_every_cent_is_accounted_for_whatever_happens(database: Database) -> None:
    class Here(Shop):
        pass

    Here.database = database
    run_state_machine_as_test(
        Here,
        settings=settings(
            derandomize=True,
            phases=[Phase.explicit, Phase.generate, Phase.shrink],
            max_examples=20,
            stateful_step_count=20,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
