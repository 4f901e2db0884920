"""What is asked beside the total (BT-114): orders keep to their quotes, and cash to its coins."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from invoicing.access import Principal
from invoicing.accounts import settings as account_settings
from invoicing.errors import RefundTooHigh, ValidationError
from invoicing.invoices import cancel, from_orders, paid_orders, queries, refund
from invoicing.invoices.credit import LineCredit
from invoicing.invoices.queries import Issued
from invoicing.ledger import queries as ledger_queries
from invoicing.orders import intake
from invoicing.payments.values import ManualTransferValues
from invoicing.storage.database import Database
from tests.support import factories
from tests.support.factories import NOW, item, order_line
from tests.support.till import CASH, Till

BY_HAND: ManualTransferValues = {"method": "CASH", "payment_date": date(2025, 6, 1)}


@pytest.fixture
def till(database: Database, principal: Principal) -> Till:
    return Till(database, principal)


def order(till: Till, id: str, *nets: int, **values: Any) -> list[str]:
    """An order priced without VAT."""
    return till.order(id, *nets, is_including_vat=False, **values)


def asked(invoice: Issued) -> tuple[int, int]:
    return invoice.total, invoice.rounding


def is_paid(till: Till, order_id: str) -> bool:
    found = till.database.read(intake.find_order, till.principal, order_id)
    items = till.database.read(intake.items_of, till.principal, order_id)
    unsettled = till.database.read(ledger_queries.unsettled_by_order, till.principal, [order_id])
    prepaid = till.database.read(ledger_queries.prepaid_by_order, till.principal, [order_id])
    return paid_orders.is_paid(
        found, items, unsettled=unsettled.get(order_id, ()), prepaid=prepaid.get(order_id, 0)
    )


def test_the_invoices_of_an_order_ask_what_was_quoted(till: Till) -> None:
    a, b = order(till, "o", 2_450, 2_450)
    till.pay(5_929, order_id="o")
    assert is_paid(till, "o")
    first = till.invoice(a)
    assert is_paid(till, "o")  # 2964 is left of what was paid, and asked
    preview = till.database.read(from_orders.preview, till.principal, [b], now=NOW)
    assert (preview.total, preview.rounding) == (2_965, -1)
    second = till.invoice(b)
    assert [asked(first), asked(second)] == [(2_965, 0), (2_965, -1)]
    assert [till.seen(each.id) for each in (first, second)] == [("SETTLED", "PAID", 0)] * 2
    assert till.left("o") == [0]
    assert is_paid(till, "o")
    assert (second.frozen().rounding, second.frozen().paid) == (-1, 2_964)
    assert till.is_right()


@pytest.mark.parametrize(("net", "total", "rounding"), [(11, 40, -1), (13, 47, 1)])
def test_several_orders_on_one_invoice_ask_what_each_was_quoted(
    till: Till, net: int, total: int, rounding: int
) -> None:
    factories.customer(till.database, till.principal, id="ann")
    ids = [id for name in "opq" for id in order(till, name, net, customer_id="ann")]
    each = {11: 13, 13: 16}[net]
    for name in "opq":
        till.pay(each, order_id=name)
    invoice = till.invoice(*ids)
    assert asked(invoice) == (total, rounding)
    assert till.balance(invoice.id).money.due == total + rounding == 3 * each
    assert till.seen(invoice.id) == ("SETTLED", "PAID", 0)
    assert [till.left(name) for name in "opq"] == [[0]] * 3
    assert till.is_right()


def test_credits_go_back_by_the_same_steps(till: Till) -> None:
    sales = [till.invoice(id) for id in order(till, "o", 50, 50, 50, 50, 50)]
    assert [asked(sale) for sale in sales] == [(61, 0), (61, -1), (61, 0), (61, -1), (61, 0)]
    credit = till.cancel("o", *[f"o-{place}" for place in range(5)])
    assert asked(credit) == (-305, 2)
    assert {till.seen(sale.id)[0] for sale in sales} == {"CANCELLED"}
    assert till.seen(credit.id)[0] == "SETTLED"
    assert till.is_right()


def test_the_last_invoice_is_mirrored_and_the_first_leaves_what_the_other_was_quoted(till: Till) -> None:
    a, b = order(till, "o", 2_450, 2_450)
    first, second = till.invoice(a), till.invoice(b)
    credit = till.credit(first)
    assert asked(credit) == (-2_965, 1)
    assert till.outstanding(first.id, second.id) == [1, 2_964]  # together what a mug of 2450 was quoted
    assert till.seen(first.id)[0] == "CANCELLED"
    assert asked(till.credit(second)) == (-2_965, 0)
    assert till.is_right()


def test_an_invoice_that_is_cancelled_is_cancelled_whatever_the_rounding(till: Till) -> None:
    a, b = order(till, "o", 2_450, 2_450)
    first, second = till.invoice(a), till.invoice(b)
    for sale in (second, first):
        made = till.database.write(cancel.cancel_invoice, till.principal, sale.id, now=NOW)
        assert made.state == "CANCELLED"
    assert till.outstanding(first.id, second.id) == [0, 0]
    assert till.is_right()


def test_an_amount_with_vat_goes_back_to_the_cent_beside_a_rounding(till: Till) -> None:
    a, b = order(till, "o", 2_450, 2_450)
    till.pay(5_929, order_id="o")
    till.invoice(a)
    second = till.invoice(b)
    for amount in (199, 1, 1_000):
        back = till.database.write(
            refund.refund_invoice,
            till.principal,
            second.id,
            amount,
            key=f"k{amount}",
            transfer=BY_HAND,
            gateways=[],
            now=NOW,
        )
        assert back.credit.due == -amount
        assert till.seen(back.credit.id)[0] == "SETTLED"
    with pytest.raises(RefundTooHigh, match=r"^1764 of the invoice is left"):
        till.database.write(
            refund.refund_invoice, till.principal, second.id, 1_765, key="more", gateways=[], now=NOW
        )
    assert till.is_right()


class TestCash:
    """An account that rounds to five minor units."""

    @pytest.fixture
    def till(self, database: Database, principal: Principal) -> Till:
        database.write(
            account_settings.update_account,
            principal,
            {"payable_rounding": 5, "default_currency": "CHF"},
            now=NOW,
        )
        return Till(database, principal)

    def sold(self, till: Till, amount: int, **values: Any) -> Issued:
        return factories.one_time_invoice(
            till.database, till.principal, order_line(amount=amount, vat_rate=8.1), **values
        )

    @pytest.mark.parametrize(("total", "rounding"), [(1_087, -2), (1_088, 2), (1_085, 0), (2, -2), (3, 2)])
    def test_a_one_time_invoice_asks_for_the_nearest_multiple(
        self, till: Till, total: int, rounding: int
    ) -> None:
        sale = self.sold(till, total)
        assert asked(sale) == (total, rounding)
        assert till.balance(sale.id).money.due == total + rounding
        if total + rounding:
            assert till.settle(sale.id).amount == total + rounding
        assert till.seen(sale.id)[0] == "SETTLED"
        assert till.is_right()

    def test_paid_by_hand_at_once_it_is_paid_as_rounded(self, till: Till) -> None:
        sale = self.sold(till, 1_087, manual_transfer=CASH)
        assert (sale.frozen().paid, till.seen(sale.id)) == (1_085, ("SETTLED", "PAID", 0))

    def test_the_last_credit_mirrors_the_rounding(self, till: Till) -> None:
        sale = self.sold(till, 1_088)
        line = sale.frozen().lines[0].id
        part = till.write(from_orders.credit_invoice, sale.id, [LineCredit(line, amount=88)], reason=None)
        assert asked(part) == (-88, 0)
        assert asked(till.credit(sale)) == (-1_000, -2)
        assert till.seen(sale.id) == ("CANCELLED", "PAID", 0)
        assert till.is_right()

    def test_no_more_goes_back_than_was_asked(self, till: Till) -> None:
        sale = self.sold(till, 1_002, manual_transfer=CASH)
        with pytest.raises(RefundTooHigh, match=r"^1000 of the invoice is left"):
            self.back(till, sale, 1_001)
        assert asked(self.back(till, sale, 999)) == (-999, 0)
        assert asked(self.back(till, sale, None)) == (-3, 2)
        assert till.is_right()

    def test_what_no_part_of_the_lines_comes_to_is_refused(self, till: Till) -> None:
        sale = self.sold(till, 1_003, manual_transfer=CASH)
        with pytest.raises(RefundTooHigh, match=r"^1005 of the invoice is left to credit: all of it"):
            self.back(till, sale, 1_004)
        assert asked(self.back(till, sale, 1_005)) == (-1_003, -2)
        assert till.is_right()

    def back(self, till: Till, sale: Issued, amount: int | None) -> Issued:
        made = till.database.write(
            refund.refund_invoice,
            till.principal,
            sale.id,
            amount,
            key=f"k{amount}",
            transfer=BY_HAND,
            gateways=[],
            now=NOW,
        )
        return till.database.read(queries.found_invoice, till.principal, made.credit.id)

    def test_neither_orders_nor_other_currencies_are_rounded(self, till: Till) -> None:
        assert asked(self.sold(till, 1_087, currency="EUR")) == (1_087, 0)
        assert asked(factories.invoice(till.database, till.principal, items=[item(unit_price=1_087)])) == (
            1_087,
            0,
        )

    @pytest.mark.parametrize("multiple", [0, -5, 101])
    def test_the_multiple_is_from_1_to_100(self, till: Till, multiple: int) -> None:
        with pytest.raises(ValidationError) as refusal:
            till.write(account_settings.update_account, {"payable_rounding": multiple})
        assert refusal.value.field == "payable_rounding"
