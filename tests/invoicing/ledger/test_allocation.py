"""What payments, credits and refunds do to invoices, in whatever order they come."""

from __future__ import annotations

from datetime import timedelta

import pytest

from invoicing.access import Principal
from invoicing.snapshot import PrintedPayment, PrintedSetOff
from invoicing.storage.database import Database
from tests.support import factories
from tests.support.factories import NOW
from tests.support.own_line_discounts import invoice_in_the_buyers_favour, order_with_discount
from tests.support.till import Till


@pytest.fixture
def till(database: Database, principal: Principal) -> Till:
    return Till(database, principal)


def test_a_prepaid_order_pays_its_invoices_as_they_are_issued(till: Till) -> None:
    items = till.order("o", 1_000, 500, 300)
    till.pay(1_200, order_id="o")
    issued = [till.invoice(id) for id in items]
    assert [each.state for each in issued] == ["SETTLED", "PENDING", "PENDING"]
    assert till.outstanding(*(each.id for each in issued)) == [0, 300, 300]
    assert till.left("o") == [0]
    assert till.is_right()


def test_a_payment_on_an_order_pays_its_invoices_in_order_of_issue(till: Till) -> None:
    items = till.order("o", 1_000, 500, 300)
    second, first, third = (till.invoice(items[place]).id for place in (1, 0, 2))
    paid = till.pay(1_600, order_id="o")
    assert till.parts(paid) == {second: 500, first: 1_000, third: 100}
    assert [till.seen(id) for id in (second, first, third)] == [
        ("SETTLED", "PAID", 0),
        ("SETTLED", "PAID", 0),
        ("PENDING", "PARTIALLY_PAID", 200),
    ]
    assert till.is_right()


def test_what_an_order_has_left_pays_the_next_invoice(till: Till) -> None:
    items = till.order("o", 1_000, 500)
    till.invoice(items[0])
    till.pay(600, order_id="o")
    till.pay(600, order_id="o")
    assert till.left("o") == [0, 200]
    assert till.outstanding(till.invoice(items[1]).id) == [300]
    assert till.is_right()


def test_the_oldest_payment_is_spent_first(till: Till) -> None:
    items = till.order("o", 1_000)
    first, second = till.pay(700, order_id="o"), till.pay(700, order_id="o")
    till.invoice(*items)
    assert [sum(till.parts(each).values()) for each in (first, second)] == [700, 300]


def test_an_order_pays_no_more_than_its_own_share_of_an_invoice(till: Till) -> None:
    factories.customer(till.database, till.principal, id="ann")
    prepaid, other = (till.order(id, 1_000, customer_id="ann")[0] for id in ("p", "q"))
    till.pay(5_000, order_id="p")
    shared = till.invoice(prepaid, other)
    assert till.seen(shared.id) == ("PENDING", "PARTIALLY_PAID", 1_000)
    assert till.left("p") == [4_000]
    till.pay(1_000, order_id="q")
    assert till.seen(shared.id) == ("SETTLED", "PAID", 0)
    assert till.is_right()


def test_orders_that_are_paid_alike_share_an_invoice(till: Till) -> None:
    factories.customer(till.database, till.principal, id="ann")
    items = [till.order(id, 1_000, customer_id="ann")[0] for id in ("p", "q")]
    for id in ("q", "p"):
        till.pay(1_000, order_id=id)
    assert till.invoice(*items).state == "SETTLED"
    assert (till.left("p"), till.left("q")) == ([0], [0])


def test_the_paper_says_what_was_paid_before_it_was_issued_and_how(till: Till) -> None:
    (item,) = till.order("o", 1_000)
    till.pay(600, order_id="o")
    till.pay(600, order_id="o", method="PayPal", now=NOW + timedelta(days=1))
    issued = till.invoice(item)
    day = NOW.date()
    assert issued.frozen().payments == (
        PrintedPayment(paid_on=day, method="ideal", amount=600),
        PrintedPayment(paid_on=day + timedelta(days=1), method="PayPal", amount=400),
    )
    assert issued.frozen().paid == 1_000


def test_a_credit_says_on_paper_what_it_takes_off_its_invoice(till: Till) -> None:
    sale = till.sale(1_000)
    till.pay(700, invoice_id=sale.id)
    credit = till.credit(sale, 500).frozen()
    assert credit.set_off == (PrintedSetOff(number=sale.number, amount=300),)
    assert credit.owed == 200
    rest = till.credit(sale, 100).frozen()
    assert (rest.set_off, rest.owed) == ((), 100)
    assert sale.frozen().set_off is None
    assert till.is_right()


def test_one_cent_pays_one_cent(till: Till) -> None:
    items = till.order("o", 1, 1)
    till.pay(1, order_id="o")
    assert [till.invoice(id).state for id in items] == ["SETTLED", "PENDING"]
    assert till.is_right()


def test_an_invoice_of_nothing_is_settled_as_it_is_issued(till: Till) -> None:
    free = till.sale(0)
    assert till.seen(free.id) == (free.state, "PAID", 0) == ("SETTLED", "PAID", 0)
    assert till.credit(free).state == "SETTLED"
    assert till.seen(free.id)[0] == "SETTLED"
    assert till.is_right()


def test_what_is_credited_before_it_was_paid_is_no_longer_asked(till: Till) -> None:
    sale = till.sale(1_000)
    credit = till.credit(sale, 400)
    assert credit.state == "SETTLED"
    assert till.seen(sale.id) == ("PENDING", "PARTIALLY_PAID", 600)
    assert till.seen(credit.id) == ("SETTLED", "REFUNDED", 0)
    till.pay(600, order_id="o-sale")
    assert till.seen(sale.id) == ("SETTLED", "PAID", 0)
    assert till.is_right()


def test_an_invoice_that_is_credited_in_full_before_it_was_paid_is_cancelled(till: Till) -> None:
    sale = till.sale(1_000, 500)
    assert till.credit(sale, 1_000).state == "SETTLED"
    assert till.seen(sale.id)[0] == "PENDING"
    till.credit(sale)
    assert till.seen(sale.id) == ("CANCELLED", "PAID", 0)
    assert till.is_right()


def test_an_invoice_that_is_credited_after_it_was_paid_stays_settled_and_is_owed_back(till: Till) -> None:
    sale = till.sale(1_000)
    till.pay(1_000, order_id="o-sale")
    credit = till.credit(sale, 400)
    assert credit.state == "PENDING"
    assert till.seen(credit.id) == ("PENDING", "OPEN", -400)
    assert till.seen(sale.id) == ("SETTLED", "PAID", 0)
    assert till.is_right()


def test_a_credit_is_set_off_against_what_is_asked_and_the_rest_is_owed_back(till: Till) -> None:
    sale = till.sale(1_000)
    paid = till.pay(700, order_id="o-sale")
    credit = till.credit(sale)
    assert till.seen(credit.id) == ("PENDING", "PARTIALLY_PAID", -700)
    assert till.seen(sale.id) == ("CANCELLED", "PAID", 0)
    assert till.parts(till.refund(paid)) == {credit.id: 700}
    assert till.seen(credit.id) == ("SETTLED", "REFUNDED", 0)
    assert till.is_right()


def test_a_credit_of_two_invoices_is_set_off_against_each_no_more_than_it_credits(till: Till) -> None:
    items = till.order("o", 1_000, 500, 700)
    one, two = till.invoice(items[0]), till.invoice(*items[1:])
    till.pay(800, invoice_id=one.id)
    credit = till.cancel("o", items[0], items[1])
    assert till.outstanding(one.id, two.id, credit.id) == [0, 700, -800]
    assert [till.seen(id)[0] for id in (one.id, two.id, credit.id)] == ["CANCELLED", "PENDING", "PENDING"]
    assert till.is_right()


def test_what_an_invoice_got_too_much_stays_with_it(till: Till) -> None:
    sale = till.sale(1_000)
    paid = till.pay(1_300, invoice_id=sale.id)
    assert till.seen(sale.id) == ("SETTLED", "OVERPAID", -300)
    till.refund(paid, 300)
    assert till.seen(sale.id) == ("SETTLED", "PAID", 0)
    till.refund(paid)
    assert till.seen(sale.id) == ("SETTLED", "REFUNDED", 1_000)
    assert till.is_right()


def test_what_was_refunded_can_be_paid_again(till: Till) -> None:
    sale = till.sale(1_000)
    till.refund(till.pay(1_000, order_id="o-sale"))
    assert till.seen(sale.id) == ("SETTLED", "REFUNDED", 1_000)
    till.pay(1_000, order_id="o-sale")
    assert till.seen(sale.id) == ("SETTLED", "PAID", 0)
    assert till.is_right()


def test_a_refund_before_the_credit_is_what_the_credit_is_set_off_against(till: Till) -> None:
    sale = till.sale(1_000)
    till.refund(till.pay(1_000, order_id="o-sale"), 400)
    assert till.credit(sale, 400).state == "SETTLED"
    assert till.seen(sale.id) == ("SETTLED", "PAID", 0)
    assert till.is_right()


def test_a_refund_gives_to_credits_then_what_was_too_much_then_what_was_paid(till: Till) -> None:
    items = till.order("o", 1_000, 500)
    first, second = (till.invoice(id) for id in items)
    paid = till.pay(1_800, order_id="o")
    credit = till.credit(first, 400)
    assert till.parts(till.refund(paid, 400)) == {credit.id: 400}
    assert till.left("o") == [300]
    assert till.parts(till.refund(paid, 300)) == {}
    assert till.left("o") == [0]
    assert till.parts(till.refund(paid)) == {second.id: 500, first.id: 600}
    assert till.outstanding(first.id, second.id, credit.id) == [600, 500, 0]
    assert till.is_right()


def test_several_payments_are_refunded_in_parts(till: Till) -> None:
    sale = till.sale(1_000)
    one, two = till.pay(600, order_id="o-sale"), till.pay(400, order_id="o-sale")
    credit = till.credit(sale)
    for paid, amount in ((two, 150), (one, 600), (two, 250)):
        assert till.parts(till.refund(paid, amount)) == {credit.id: amount}
    assert till.seen(credit.id) == ("SETTLED", "REFUNDED", 0)
    assert till.is_right()


def test_a_refund_of_a_payment_on_an_invoice_settles_that_invoices_credits(till: Till) -> None:
    sale, other = till.sale(1_000), till.sale(1_000, id="other")
    paid = till.pay(1_000, invoice_id=sale.id)
    till.pay(1_000, invoice_id=other.id)
    credit, elsewhere = till.credit(sale, 300), till.credit(other, 300)
    assert till.parts(till.refund(paid, 500)) == {credit.id: 300, sale.id: 200}
    assert till.outstanding(sale.id, credit.id, elsewhere.id) == [200, 0, -300]
    assert till.is_right()


def test_what_another_payment_has_left_pays_an_invoice_that_a_refund_opens_again(till: Till) -> None:
    """The buyer paid twice and got one of the two back."""
    sale = till.sale(1_000)
    first, second = (till.pay(1_000, order_id="o-sale") for _ in range(2))
    till.refund(first)
    assert till.seen(sale.id) == ("SETTLED", "PAID", 0)
    assert till.parts(second) == {sale.id: 1_000}
    assert till.left("o-sale") == [0, 0]
    assert till.is_right()


def test_what_a_credit_paid_back_is_not_asked_of_the_next_payment(till: Till) -> None:
    sale = till.sale(1_000)
    paid = till.pay(1_000, order_id="o-sale")
    till.credit(sale, 400)
    till.refund(paid)
    assert till.outstanding(sale.id) == [600]
    till.pay(700, order_id="o-sale")
    assert till.seen(sale.id) == ("SETTLED", "PAID", 0)
    assert till.left("o-sale") == [0, 100]
    assert till.is_right()


def test_an_order_whose_share_was_credited_does_not_pay_the_other_orders(till: Till) -> None:
    factories.customer(till.database, till.principal, id="ann")
    items = [till.order(id, 1_000, customer_id="ann")[0] for id in ("p", "q")]
    shared = till.invoice(*items)
    till.cancel("p", items[0])
    till.pay(1_000, order_id="p")
    assert till.left("p") == [1_000]
    assert till.outstanding(shared.id) == [1_000]
    assert till.is_right()


def test_an_invoice_in_the_buyers_favour_is_settled_by_a_refund(till: Till) -> None:
    order_with_discount(till, factories.item(id="mug"), off=200)
    paid = till.pay(1_210, order_id="o")
    till.invoice("mug")
    favour = invoice_in_the_buyers_favour(till)
    assert till.seen(favour.id) == ("PENDING", "OPEN", -200)
    assert till.parts(till.refund(paid, 200)) == {favour.id: 200}
    assert till.seen(favour.id) == ("SETTLED", "REFUNDED", 0)
    assert till.is_right()
