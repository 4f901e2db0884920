"""Verifying finds roundings that are planted in the tables directly."""

from __future__ import annotations

import pytest

from invoicing.access import Principal
from invoicing.accounts import settings as account_settings
from invoicing.storage.database import Database
from invoicing.verify.books import verify
from tests.support import factories
from tests.support.factories import order_line
from tests.support.planted_faults import has_finding, plant, unprotected
from tests.support.till import Till

SET_ROUNDING = (
    'UPDATE invoices SET rounding = {0}, snapshot = replace(snapshot, \'"rounding":{1},"vat_in\', '
    "'\"rounding\":{0},\"vat_in') WHERE id = '{2}'",
    "UPDATE invoice_lines SET rounding = {0} WHERE invoice_id = '{2}' AND position = 0",
)

SET_OFF = """INSERT INTO allocations (account_id, id, credit_invoice_id, invoice_id, amount, created_at)
  SELECT account_id, 'planted', '{0}', '{1}', 1, created_at FROM invoices WHERE id = '{0}'"""
SETTLE_BY_REFUND = "UPDATE allocations SET invoice_id = '{}' WHERE payment_id = '{}'"


def rounded(id: str, before: int, after: int) -> list[str]:
    return [statement.format(after, before, id) for statement in SET_ROUNDING]


@pytest.fixture
def books(database: Database, principal: Principal) -> Database:
    """`first` and `second` are the halves of an order without VAT, `with` has VAT, `cash` is rounded to 5."""
    till = Till(database, principal)
    a, b = till.order("o", 2_450, 2_450, is_including_vat=False)
    till.invoice(a, id="first")
    till.invoice(b, id="second")
    till.sale(1_000, id="with")
    till.write(account_settings.update_account, {"payable_rounding": 5})
    factories.one_time_invoice(database, principal, order_line(amount=1_088), handle="cash")
    till.credit(till.sale(1_000, id="credited"), 100)
    assert database.read(verify).findings == []
    return unprotected(database)


@pytest.mark.parametrize(
    ("changes", "kind", "says"),
    [
        (rounded("second", -1, 3), "rounding", "rounding is 3, and can be 1 at most."),
        (rounded("second", -1, 0), "rounding", "Its invoices ask 5930, of 5929 quoted."),
        (rounded("first", 0, 1), "rounding", "Its invoices ask 5930, of 5929 quoted."),
        (rounded("with", 0, 1), "rounding", "rounding is 1, and can be 0 at most."),
        (rounded("cash", 2, 3), "rounding", "rounding is 3, and can be 0 at most."),
        (rounded("cash", 2, 0)[:1], "rounding", "rounding is 0, its lines' come to 2."),
        (
            ["UPDATE invoices SET rounding = -2 WHERE id = 'second'"],
            "snapshot",
            "rounding is -2, in the snapshot -1.",
        ),
        (
            ["UPDATE invoice_lines SET rounding = 1 WHERE invoice_id = 'with'"],
            "snapshot",
            "differs from the snapshot in rounding.",
        ),
        (
            ["UPDATE invoice_lines SET vat_amount = -20, total_ex_vat = -80 WHERE total = -100"],
            "credits",
            "Its VAT of -20 does not follow the rate",
        ),
    ],
)
def test_a_planted_rounding_is_found(books: Database, changes: list[str], kind: str, says: str) -> None:
    findings = plant(books, *changes)
    assert has_finding(findings, "", kind, says), findings


def test_what_is_asked_wrongly_is_not_what_was_paid(database: Database, principal: Principal) -> None:
    """A wrong amount due: what was paid is no longer all that is asked."""
    till = Till(database, principal)
    sale = till.sale(1_000, id="sale")
    till.settle(sale.id)
    findings = plant(unprotected(database), *rounded("sale", 0, 1))
    assert has_finding(findings, "INV-", "state", "It is SETTLED, and 1 was never settled."), findings
    findings = plant(database, *rounded("sale", 1, -1))
    assert has_finding(findings, "INV-", "money", "It asks 999, and 1000 is allocated to it."), findings


@pytest.mark.parametrize("target", ["with", "open", "elsewhere"])
def test_what_rounding_left_is_set_off_only_within_an_order(
    database: Database, principal: Principal, target: str
) -> None:
    """A unit that a credit owes, set off by hand against the invoice that it does not belong to."""
    till = Till(database, principal)
    one, two, three = till.order("o", 13, 13, 13, is_including_vat=False)
    till.invoice(one, id="open")
    owing = till.invoice(two, id="two")
    till.invoice(three, id="three")
    a, b = till.order("p", 2_450, 2_450, is_including_vat=False)
    asking = till.invoice(a, id="elsewhere")
    till.invoice(b)
    till.credit(asking)
    till.sale(1_000, id="with")
    credit = till.credit(owing)
    assert till.outstanding(credit.id, "elsewhere") == [-1, 1]
    findings = plant(
        unprotected(database),
        SET_OFF.format(credit.id, target),
    )
    assert has_finding(findings, "", "set-off", "1 is set off against"), findings


@pytest.mark.parametrize("is_of_the_order", [True, False])
def test_a_refund_settles_the_credits_of_its_own_order_only(
    database: Database, principal: Principal, is_of_the_order: bool
) -> None:
    till = Till(database, principal)
    sales = [till.invoice(id) for id in till.order("o", 2_450, 2_450, 2_450, is_including_vat=False)]
    paid = [till.settle(sale.id) for sale in sales]
    other = till.sale(1_000, id="other")
    elsewhere = till.settle(other.id)
    credit = till.credit(sales[1])
    till.refund(paid[1])
    back = till.refund(paid[0] if is_of_the_order else elsewhere, 1)
    findings = plant(
        unprotected(database),
        SETTLE_BY_REFUND.format(credit.id, back.id),
    )
    assert has_finding(findings, "", "allocation", "where it does not belong") is not is_of_the_order, (
        findings
    )
