"""Money back on an invoice: what is credited is refunded, once under its key, whatever breaks in between."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from invoicing.access import Principal
from invoicing.decimals import MILLION
from invoicing.errors import (
    CreditTooHigh,
    IdempotencyKeyReused,
    NotCreditable,
    NotFound,
    NothingToCredit,
    NotSettled,
    RefundTooHigh,
)
from invoicing.invoices import from_orders, queries, refund
from invoicing.invoices.credit import LineCredit
from invoicing.invoices.queries import Issued
from invoicing.invoices.refund import RefundAmount, Repaid
from invoicing.ledger import balances
from invoicing.payments import charges, manual, methods, refunds
from invoicing.payments.values import ManualTransferValues, RecordPaymentValues, RefundPaymentValues
from invoicing.storage.database import Database
from invoicing.storage.tables import Payment
from invoicing.verify.books import verify
from tests.support import factories
from tests.support.factories import NOW, item, order_line

BY_HAND: ManualTransferValues = {"method": "BANK_TRANSFER", "payment_date": date(2025, 6, 1)}


class Till:
    """One account that has sold something, and gives money back."""

    def __init__(self, database: Database, principal: Principal) -> None:
        self.database, self.principal = database, principal

    def sold(self, *lines: dict[str, Any], **values: Any) -> Issued:
        """A one-time invoice, paid by bank transfer."""
        return factories.one_time_invoice(
            self.database, self.principal, *lines, **{"manual_transfer": BY_HAND, **values}
        )

    def charged(self, *lines: dict[str, Any]) -> tuple[Issued, Payment]:
        """One that the sandbox has been paid for, and its payment."""
        buyer = factories.customer(self.database, self.principal)
        self.database.write(
            methods.add_payment_method,
            self.principal,
            buyer.id,
            gateway="sandbox",
            reference="approve",
            gateway_customer=None,
            label="Card",
            now=NOW,
        )
        made = factories.one_time_invoice(self.database, self.principal, *lines, customer_id=buyer.id)
        begun = self.database.write(
            charges.begin_charge, self.principal, made.id, "auto", gateways=["sandbox"], now=NOW
        )
        return made, self.resolved(begun.payment, "PAID", "charge-1")

    def resolved(self, payment: Payment, status: str, reference: str) -> Payment:
        return self.database.write(
            charges.resolve,
            self.principal.account_id,
            payment.id,
            status,
            reference=reference,
            now=NOW,
        )

    def repaid(
        self, sale: Issued | str, asked: RefundAmount = None, *, key: str = "k", **options: Any
    ) -> Repaid:
        given: dict[str, Any] = {"gateways": ["sandbox"], "now": NOW, **options}
        id = sale if isinstance(sale, str) else sale.id
        return self.database.write(refund.refund_invoice, self.principal, id, asked, key=key, **given)

    def credited(self, sale: Issued) -> list[int]:
        """The totals of its credit invoices, the smallest first."""
        ids = self.database.read(queries.credits_by_invoice, self.principal, [sale.id]).get(sale.id, [])
        found = self.database.read(queries.invoices_by_id, self.principal, ids)
        return sorted((found[id].total for id in ids), reverse=True)

    def state(self, invoice: Issued) -> tuple[str, int]:
        balance = self.database.read(balances.balances_of, self.principal.account_id, [invoice.id])[
            invoice.id
        ]
        return balance.state, balance.money.outstanding

    def findings(self) -> list[Any]:
        return self.database.read(verify, self.principal.account_id).findings


@pytest.fixture
def till(database: Database, principal: Principal) -> Till:
    return Till(database, principal)


def moved(repaid: Repaid) -> list[tuple[str, str, int]]:
    return [(each.payment.method, each.payment.status, each.payment.amount) for each in repaid.begun]


def test_all_of_it_goes_back_as_it_came(till: Till) -> None:
    sale = till.sold(order_line(quantity=3), order_line(amount=500, vat_rate=9))
    repaid = till.repaid(sale, reason="Broken")
    assert (repaid.credit.total, repaid.credit.frozen().note) == (-sale.total, "Broken")
    assert [line.quantity for line in repaid.credit.frozen().lines] == [-3 * MILLION, -MILLION]
    assert moved(repaid) == [("BANK_TRANSFER", "PAID", sale.total)]
    assert (till.state(repaid.credit), till.state(sale)) == (("SETTLED", 0), ("SETTLED", 0))
    assert till.findings() == []


def test_an_amount_is_spread_over_the_lines_by_what_is_left_of_them(till: Till) -> None:
    sale = till.sold(order_line(amount=900), order_line(amount=300, vat_rate=9), order_line(amount=-200))
    first = till.repaid(sale, 100)
    assert [line.total for line in first.credit.frozen().lines] == [-90, -30, 20]
    assert moved(first) == [("BANK_TRANSFER", "PAID", 100)]
    rest = till.repaid(sale, 900, key="rest")
    assert (rest.credit.total, till.credited(sale)) == (-900, [-100, -900])
    assert till.findings() == []


def test_where_prices_have_no_vat_the_amount_still_has(till: Till) -> None:
    sale = till.sold(
        order_line(amount=1_000, amount_incl_vat=False), order_line(amount=1, amount_incl_vat=False)
    )
    for place, amount in enumerate((1, 2, 7, 500)):
        credit = till.repaid(sale, amount, key=str(place)).credit
        assert (credit.total, credit.is_including_vat) == (-amount, False)
    assert till.repaid(sale, key="all").credit.total == 510 - sale.total
    assert till.findings() == []


@settings(
    derandomize=True,
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    prices=st.lists(st.integers(1, 400), min_size=1, max_size=3),
    including=st.booleans(),
    rate=st.sampled_from([0, 5.5, 21, 100]),
    cuts=st.lists(st.tuples(st.sampled_from(["spread", "line"]), st.integers(1, 150)), max_size=5),
)
def test_parts_of_any_kind_add_up_to_the_invoice(
    fresh_sqlite: Any, prices: list[int], including: bool, rate: float, cuts: list[tuple[str, int]]
) -> None:
    with fresh_sqlite() as url:
        database = Database(url)
        till = Till(database, factories.principal(database))
        lines = [order_line(amount=price, amount_incl_vat=including, vat_rate=rate) for price in prices]
        sale = till.sold(*lines)
        left = sale.total
        for place, (kind, amount) in enumerate(cuts):
            first = sale.frozen().lines[0]
            asked: RefundAmount = amount if kind == "spread" else [LineCredit(first.id, amount=amount)]
            try:
                credit = till.repaid(sale, asked, key=str(place)).credit
            except (RefundTooHigh, CreditTooHigh):
                continue
            left += credit.total
            assert kind == "line" or credit.total == -amount
            assert all(line.total_ex_vat <= 0 and line.vat_amount <= 0 for line in credit.frozen().lines)
        if left:
            assert till.repaid(sale, key="rest").credit.total == -left
        assert till.findings() == []
        assert till.state(sale) == ("SETTLED", 0)
        database.close()


def test_lines_are_credited_and_no_others(till: Till) -> None:
    sale = till.sold(order_line(quantity=2), order_line(text="Pot", amount=500))
    mug, _ = sale.frozen().lines
    repaid = till.repaid(sale, [LineCredit(mug.id, with_vat=605)])
    assert [(line.name, line.total) for line in repaid.credit.frozen().lines] == [("Advice", -605)]
    assert moved(repaid) == [("BANK_TRANSFER", "PAID", 605)]


def test_the_same_request_under_its_key_is_done_once(till: Till) -> None:
    sale = till.sold()
    first, again = till.repaid(sale, 100), till.repaid(sale, 100)
    assert first == again
    assert (till.credited(sale), till.repaid(sale, 100, key="other").credit.total) == ([-100], -100)
    for other in (101, None):
        with pytest.raises(IdempotencyKeyReused):
            till.repaid(sale, other)


def test_a_refund_through_a_gateway_is_under_way_until_it_answers(till: Till) -> None:
    sale, paid = till.charged()
    begun = till.repaid(sale, 200)
    assert moved(begun) == [("sandbox", "PENDING", 200)]
    again = till.repaid(sale, 200)  # as if whoever began it had died
    assert [(each.payment.id, each.charge, each.is_known) for each in again.begun] == [
        (begun.begun[0].payment.id, paid.gateway_reference, False)
    ]
    till.resolved(begun.begun[0].payment, "PAID", "refund-1")
    assert moved(till.repaid(sale, 200)) == [("sandbox", "PAID", 200)]
    assert till.state(begun.credit) == ("SETTLED", 0)
    assert till.credited(sale) == [-200]


def test_one_that_failed_is_tried_again_under_its_key(till: Till) -> None:
    sale, _ = till.charged()
    failed = till.repaid(sale, 200).begun[0].payment
    till.resolved(failed, "FAILED", "refund-1")
    second = till.repaid(sale, 200)
    assert moved(second) == [("sandbox", "PENDING", 200)]
    assert second.begun[0].payment.id != failed.id
    assert till.credited(sale) == [-200]


def test_by_hand_where_that_is_asked_for(till: Till) -> None:
    sale, _ = till.charged()
    by_hand: Mapping[str, Any] = {"method": "CASH", "payment_date": date(2025, 6, 2)}
    assert moved(till.repaid(sale, transfer=by_hand)) == [("CASH", "PAID", sale.total)]


def test_its_own_refund_is_not_made_twice_where_it_settled_an_older_credit(till: Till) -> None:
    sale = till.sold()
    till.database.write(
        from_orders.credit_invoice,
        till.principal,
        sale.id,
        [LineCredit(sale.frozen().lines[0].id, amount=100)],
        reason=None,
        now=NOW,
    )
    first = till.repaid(sale, 50)
    assert till.state(first.credit) == ("PENDING", -50)  # the older one took the money
    assert moved(till.repaid(sale, 50)) == moved(first) == [("BANK_TRANSFER", "PAID", 50)]


def test_several_payments_pay_back_the_newest_first(till: Till) -> None:
    sale = till.sold(manual_transfer=None)
    for key, amount in (("a", 1_000), ("b", 210)):
        values: RecordPaymentValues = {
            "invoice_id": sale.id,
            "amount": amount,
            "method": f"Way {key}",
            "idempotency_key": key,
        }
        till.database.write(manual.record_payment, till.principal, values, now=NOW)
    repaid = till.repaid(sale, 300)
    assert moved(repaid) == [("OTHER", "PAID", 210), ("OTHER", "PAID", 90)]
    assert till.repaid(sale, 300) == repaid


def test_what_was_paid_on_the_order_goes_back_too(till: Till) -> None:
    order = factories.order(till.database, till.principal, id="o", items=[item(unit_price=1_000)])
    values: RecordPaymentValues = {
        "order_id": order.id,
        "amount": 1_000,
        "method": "CASH",
        "idempotency_key": "a",
    }
    till.database.write(manual.record_payment, till.principal, values, now=NOW)
    sale = till.database.write(from_orders.invoice_order, till.principal, order.id, now=NOW)
    repaid = till.repaid(sale, 400)
    assert (moved(repaid), till.state(repaid.credit)) == ([("CASH", "PAID", 400)], ("SETTLED", 0))


def test_no_more_goes_back_than_was_paid_and_then_nothing_is_credited(till: Till) -> None:
    sale, paid = till.charged()
    for asked in (sale.total + 1, 0, -1):
        with pytest.raises(RefundTooHigh):
            till.repaid(sale, asked)
    elsewhere: RefundPaymentValues = {"amount": 1_000, "manual_transfer": BY_HAND, "idempotency_key": "gone"}
    till.database.write(refunds.begin_refund, till.principal, paid.id, elsewhere, gateways=(), now=NOW)
    with pytest.raises(RefundTooHigh):
        till.repaid(sale, sale.total, transfer=BY_HAND, key="rest", gateways=[])
    assert till.credited(sale) == []
    rest = till.repaid(sale, transfer=BY_HAND, key="rest")
    assert (rest.credit.total, moved(rest)) == (-sale.total, [("BANK_TRANSFER", "PAID", 210)])


def test_only_what_is_settled_pays_back(till: Till) -> None:
    unpaid = till.sold(manual_transfer=None)
    with pytest.raises(NotSettled):
        till.repaid(unpaid)
    sale = till.sold()
    credit = till.repaid(sale).credit
    with pytest.raises(NotCreditable):
        till.repaid(credit)
    with pytest.raises(NothingToCredit):
        till.repaid(sale, key="more")
    with pytest.raises(NotFound):
        till.repaid("nothing")
