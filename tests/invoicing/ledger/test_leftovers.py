"""What rounding leaves on the papers of an order priced without VAT comes to nothing, and is set off."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from invoicing.access import Principal
from invoicing.audit.subjects import collect
from invoicing.invoices import cancel, from_orders, refund
from invoicing.invoices.credit import LineCredit
from invoicing.invoices.queries import Issued
from invoicing.ledger import queries as ledger_queries
from invoicing.orders import intake
from invoicing.orders.actions import is_closed
from invoicing.storage.database import Database
from invoicing.storage.tables import Payment, allocations, payments
from tests.support import factories
from tests.support.factories import NOW
from tests.support.till import CASH, Till


@pytest.fixture
def till(database: Database, principal: Principal) -> Till:
    return Till(database, principal)


def sales(till: Till, id: str, *nets: int, **values: Any) -> list[Issued]:
    """An order priced without VAT, with an invoice for each item."""
    values = {"invoice_after_shipment": False, **values}
    return [till.invoice(item) for item in till.order(id, *nets, is_including_vat=False, **values)]


def seen(till: Till, *papers: Issued) -> list[tuple[str, int]]:
    found = [till.balance(each.id) for each in papers]
    return [(each.state, each.money.outstanding) for each in found]


def unsettled(till: Till, order_id: str = "o") -> set[str]:
    found = till.database.read(ledger_queries.unsettled_by_order, till.principal, [order_id])
    return found.get(order_id, set())


class TestNothingPaid:
    def test_the_last_credit_pays_what_the_first_left(self, till: Till) -> None:
        first, second = sales(till, "o", 2_450, 2_450)
        a = till.credit(first)
        assert seen(till, first, a) == [("CANCELLED", 1), ("SETTLED", 0)]
        b = till.credit(second)
        assert seen(till, first, a, second, b) == [
            ("CANCELLED", 0),
            ("SETTLED", 0),
            ("CANCELLED", 0),
            ("SETTLED", 0),
        ]
        assert [(each.number, each.amount) for each in b.frozen().set_off or ()] == [
            (second.number, 2_964),
            (first.number, 1),
        ]
        assert b.frozen().owed == 0
        assert unsettled(till) == set()
        assert till.is_right()

    def test_a_credit_that_owes_pays_what_a_later_one_leaves(self, till: Till) -> None:
        one, two, three = sales(till, "o", 13, 13, 13)
        assert [each.due for each in (one, two, three)] == [16, 15, 16]
        early = till.credit(two)
        assert seen(till, two, early) == [("CANCELLED", 0), ("PENDING", -1)]
        assert unsettled(till) == {"INVOICE", "CREDIT"}
        late = till.credit(one)
        assert seen(till, one, late, early) == [("CANCELLED", 0), ("SETTLED", 0), ("SETTLED", 0)]
        assert till.is_right()
        till.credit(three)
        assert unsettled(till) == set()
        assert till.is_right()

    def test_a_credit_of_both_pays_them_together(self, till: Till) -> None:
        first, second = sales(till, "o", 2_450, 2_450)
        both = till.cancel("o", "o-0", "o-1")
        assert seen(till, first, second, both) == [("CANCELLED", 0), ("CANCELLED", 0), ("SETTLED", 0)]
        assert till.is_right()

    def test_cancelled_ones_are_set_off_too(self, till: Till) -> None:
        papers = sales(till, "o", 2_450, 2_450)
        for sale in papers:
            till.database.write(cancel.cancel_invoice, till.principal, sale.id, now=NOW)
        assert seen(till, *papers) == [("CANCELLED", 0)] * 2
        assert unsettled(till) == set()
        assert till.is_right()

    def test_an_invoice_that_is_not_credited_is_left_alone(self, till: Till) -> None:
        one, two, three = sales(till, "o", 13, 13, 13)
        early = till.credit(two)
        assert seen(till, one, three, early) == [("PENDING", 16), ("PENDING", 16), ("PENDING", -1)]

    def test_other_orders_are_left_alone(self, till: Till) -> None:
        _, owing, _ = sales(till, "o", 13, 13, 13)
        early = till.credit(owing)
        asking, _ = sales(till, "p", 2_450, 2_450)
        till.credit(asking)
        assert seen(till, early, asking) == [("PENDING", -1), ("CANCELLED", 1)]

    def test_an_order_with_vat_is_left_alone(self, till: Till) -> None:
        a, b = (till.invoice(each) for each in till.order("o", 1_000, 1_000))
        paid = till.settle(a.id)
        credit = till.credit(a)
        till.refund(paid, 300)
        till.credit(b)
        assert seen(till, a, credit, b) == [("SETTLED", 0), ("PENDING", -700), ("CANCELLED", 0)]

    def test_through_an_invoice_of_both_orders_what_they_leave_meets(self, till: Till) -> None:
        factories.customer(till.database, till.principal, id="ann")
        a, b = (till.order(id, 2_450, 2_450, is_including_vat=False, customer_id="ann") for id in ("o", "p"))
        papers = [till.invoice(a[0]), till.invoice(a[1], b[0]), till.invoice(b[1])]
        papers += [till.credit(each) for each in papers]
        assert till.outstanding(*[each.id for each in papers]) == [0] * 6
        assert till.is_right()


class TestPaid:
    """Three items, each on an invoice that was paid by itself."""

    @pytest.fixture
    def papers(self, till: Till) -> list[Issued]:
        return sales(till, "o", 2_450, 2_450, 2_450)

    @pytest.fixture
    def paid(self, till: Till, papers: list[Issued]) -> list[Payment]:
        return [till.settle(each.id) for each in papers]

    @pytest.fixture
    def credit(self, till: Till, papers: list[Issued], paid: list[Payment]) -> Issued:
        assert paid[1].invoice_id == papers[1].id
        return till.credit(papers[1])

    def test_another_payment_of_the_order_refunds_the_unit(
        self, till: Till, papers: list[Issued], paid: list[Payment], credit: Issued
    ) -> None:
        assert till.refund(paid[1]).amount == 2_964
        assert seen(till, credit) == [("PENDING", -1)]
        assert unsettled(till) == {"CREDIT"}
        till.refund(paid[0], 1)
        assert seen(till, credit, *papers) == [("SETTLED", 0)] * 4
        assert unsettled(till) == set()
        assert till.is_right()

    def test_what_its_own_payment_can_refund_is_left_to_it(
        self, till: Till, papers: list[Issued], paid: list[Payment], credit: Issued
    ) -> None:
        till.refund(paid[0])
        assert seen(till, credit, papers[0]) == [("PENDING", -2_964), ("SETTLED", 2_964)]
        till.refund(paid[1])
        assert seen(till, credit, papers[1]) == [("SETTLED", 0)] * 2
        assert till.is_right()

    def test_what_is_under_way_is_left_to_it(self, till: Till) -> None:
        factories.customer(till.database, till.principal, id="ann")
        till.card("ann", "card")
        papers = sales(till, "o", 2_450, 2_450, 2_450, customer_id="ann")
        paid = [till.charge(each.id).payment for each in papers]
        for each in paid:
            till.resolve(each, "PAID", reference="r")
        credit = till.credit(papers[1])
        back = till.begin_refund(paid[1])
        till.refund(paid[0], 10)
        assert till.outstanding(credit.id, papers[0].id) == [-2_964, 9]
        till.resolve(back, "PAID", reference="b")
        assert seen(till, credit) == [("SETTLED", 0)]
        assert till.is_right()

    def test_a_surplus_is_refunded_before_the_unit(self, till: Till, papers: list[Issued]) -> None:
        over = till.pay(3_000, invoice_id=papers[0].id)
        till.settle(papers[1].id)
        credit = till.credit(papers[1])
        till.refund(over, 35)
        assert till.outstanding(papers[0].id, credit.id) == [0, -2_965]
        till.refund(over, 1)
        assert till.outstanding(papers[0].id, credit.id) == [0, -2_964]
        assert till.is_right()

    def test_all_undone_and_refunded_leaves_nothing(self, till: Till) -> None:
        papers = sales(till, "p", 2_450, 2_450)
        paid = [till.settle(each.id) for each in papers]
        papers += [till.cancel("p", "p-0"), till.cancel("p", "p-1")]
        for each in paid:
            till.refund(each)
        assert seen(till, *papers) == [("SETTLED", 0)] * 4
        assert is_order_closed(till, "p")
        assert till.is_right()

    def test_what_was_refunded_before_the_other_is_credited_is_set_off(self, till: Till) -> None:
        first, second = sales(till, "p", 2_450, 2_450)
        one, two = till.settle(first.id), till.settle(second.id)
        a = till.credit(first)
        till.refund(one)
        assert till.outstanding(first.id, a.id) == [1, 0]
        b = till.credit(second)
        assert till.outstanding(first.id, b.id) == [0, -2_964]
        till.refund(two)
        assert seen(till, first, second, a, b) == [("SETTLED", 0)] * 4
        assert till.is_right()

    def test_refund_invoice_takes_the_unit_from_another_payment(
        self, till: Till, papers: list[Issued], paid: list[Payment]
    ) -> None:
        back = repaid(till, papers[1])
        assert seen(till, back.credit, *papers) == [("SETTLED", 0)] * 4
        refunds = [each for each in till.rows(payments) if each.type == "REFUND"]
        assert sorted((each.refund_of, each.amount) for each in refunds) == sorted(
            [(paid[1].id, 2_964), (paid[2].id, 1)]
        )
        assert till.is_right()

    def test_refund_invoice_leaves_the_unit_that_nobody_has_paid(self, till: Till) -> None:
        one, two, three = sales(till, "p", 2_450, 2_450, 2_450)
        till.settle(two.id)
        back = repaid(till, two)
        assert till.outstanding(one.id, two.id, three.id, back.credit.id) == [2_965, 0, 2_965, -1]
        assert till.is_right()

    def test_a_part_is_refunded_beside_a_unit_that_is_set_off(self, till: Till) -> None:
        first, second = sales(till, "p", 2_450, 2_450)
        till.credit(first)
        till.settle(second.id)
        line = second.frozen().lines[0].id
        back = repaid(till, second, [LineCredit(line, quantity=1)])
        assert till.outstanding(first.id, second.id, back.credit.id) == [0, 0, 0]
        assert till.is_right()


def repaid(till: Till, sale: Issued, asked: Any = None) -> refund.Repaid:
    made: refund.Repaid = till.write(
        refund.refund_invoice, sale.id, asked, key=f"key-{sale.id}", transfer=CASH, gateways=[]
    )
    return made


def is_order_closed(till: Till, order_id: str) -> bool:
    items = till.database.read(intake.items_of, till.principal, order_id)
    return is_closed(items, unsettled(till, order_id))


def test_the_audit_log_names_what_is_set_off(till: Till) -> None:
    first, second = sales(till, "o", 2_450, 2_450)
    till.credit(first)

    def credited(connection: Any, *args: Any, **options: Any) -> set[str]:
        collect(connection)
        from_orders.credit_invoice(connection, *args, **options)
        return {each.id for each in collect(connection)}

    noted = till.write(credited, second.id, None, reason=None)
    assert {first.id, second.id, "o"} <= noted


WAYS = st.sampled_from(["unpaid", "invoice", "order", "over"])


@settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(choice=st.data())
def test_all_credited_and_refunded_leaves_nothing_on_any_paper(
    database: Database, choice: st.DataObject
) -> None:
    """In any order of credits and refunds, by invoice, by line or by contra item, of up to two orders."""
    till = Till(database, factories.principal(database))
    factories.customer(database, till.principal, id="ann")
    draw = choice.draw
    net = st.sampled_from([13, 50, 2_450, 7])
    items = [
        each
        for id in ("o", "p")
        for each in till.order(
            id, *draw(st.lists(net, min_size=1, max_size=4)), is_including_vat=False, customer_id="ann"
        )
    ]
    papers: list[Issued] = []
    paid: list[Payment] = []
    while items:
        size = draw(st.integers(1, 2))
        papers.append(till.invoice(*items[:size]))
        del items[:size]
    paying = [order_id for order_id in ("o", "p") if draw(st.booleans())]
    paid += [till.pay(draw(st.integers(1, 9_000)), order_id=order_id) for order_id in paying]
    for sale in papers:
        asks = till.outstanding(sale.id)[0]
        way = draw(WAYS)
        if asks > 0 and way in ("invoice", "over"):
            paid.append(till.pay(asks + (5 if way == "over" else 0), invoice_id=sale.id))
    steps: list[Any] = draw(st.permutations([*papers, *paid]))
    for step in steps:
        if isinstance(step, Issued):
            papers += credited(till, step, draw)
        else:
            till.refund(step)
        assert till.is_right()
    assert till.outstanding(*[each.id for each in papers]) == [0] * len(papers)
    assert {till.seen(each.id)[0] for each in papers} <= {"SETTLED", "CANCELLED"}
    assert [unsettled(till, id) for id in ("o", "p")] == [set(), set()]


def credited(till: Till, sale: Issued, draw: Any) -> list[Issued]:
    lines = sale.frozen().lines
    if draw(st.booleans()):
        return [till.credit(sale)]
    if draw(st.booleans()):
        return [till.credit(sale, line.total, line=place) for place, line in enumerate(lines)]
    return [till.cancel(str(line.order_id), str(line.order_item_id)) for line in lines]


def test_what_is_set_off_is_one_entry_for_two_papers(till: Till) -> None:
    first, second = sales(till, "o", 2_450, 2_450)
    till.credit(first)
    last = till.credit(second)
    found = [each for each in till.rows(allocations) if each.credit_invoice_id == last.id]
    assert sorted((each.invoice_id, each.amount) for each in found) == sorted(
        [(first.id, 1), (second.id, 2_964)]
    )
