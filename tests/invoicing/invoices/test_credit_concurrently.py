"""Twenty callers credit the same invoice at once: together they never take more than there is."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from invoicing.access import Principal
from invoicing.invoices import from_orders
from invoicing.invoices.credit import LineCredit
from invoicing.invoices.queries import Issued
from invoicing.orders import returns
from invoicing.orders.actions import Action
from invoicing.orders.returns import Contra
from invoicing.storage.database import Database
from invoicing.storage.tables import invoices
from invoicing.verify.books import verify
from tests.invoicing.invoices.test_from_orders_concurrently import at_once, codes
from tests.support import factories
from tests.support.factories import NOW, item

CALLERS = 20


def credited(database: Database, principal: Principal) -> tuple[int, int, int]:
    """Σ of all credit invoices; the books are right."""
    assert database.read(verify).findings == []
    table = select(invoices).where(invoices.c.account_id == principal.account_id, invoices.c.type == "CREDIT")
    rows = database.read(lambda connection: connection.execute(table).all())
    assert sorted(row.sequence for row in rows) == list(range(1, len(rows) + 1))
    return (
        sum(row.total for row in rows),
        sum(row.total_ex_vat for row in rows),
        sum(row.total_vat for row in rows),
    )


def mirrored(sale: Issued) -> tuple[int, int, int]:
    return -sale.total, -sale.total_ex_vat, -sale.total_vat


def test_of_twenty_full_credits_one_is_made(database: Database, principal: Principal) -> None:
    sale = factories.invoice(database, principal, items=[item(quantity=3), item(vat_rate=9)])
    told = at_once(
        lambda _: database.write(from_orders.credit_invoice, principal, sale.id, None, reason=None, now=NOW),
        CALLERS,
    )
    assert codes(told) == ["ISSUED", "NOTHING_TO_CREDIT"]
    assert sum(isinstance(one, Issued) for one in told) == 1
    assert credited(database, principal) == mirrored(sale)


def test_twenty_callers_share_ten_pieces(database: Database, principal: Principal) -> None:
    sale = factories.invoice(database, principal, items=[item(quantity=10, unit_price=999, discount=7)])
    asked = [LineCredit(sale.frozen().lines[0].id, quantity=1)]
    told = at_once(
        lambda _: database.write(from_orders.credit_invoice, principal, sale.id, asked, reason=None, now=NOW),
        CALLERS,
    )
    assert sorted(codes(told)) == ["CREDIT_TOO_HIGH", "ISSUED"]
    assert sum(isinstance(one, Issued) for one in told) == 10
    assert credited(database, principal) == mirrored(sale)


def test_the_same_credit_asked_for_twenty_times_is_made_once(
    database: Database, principal: Principal
) -> None:
    sale = factories.invoice(database, principal, items=[item(quantity=10)])
    asked = [LineCredit(sale.frozen().lines[0].id, quantity=1)]
    told = at_once(
        lambda _: database.write(
            from_orders.credit_invoice,
            principal,
            sale.id,
            asked,
            reason=None,
            credit_invoice_id="mine",
            now=NOW,
        ),
        CALLERS,
    )
    assert len(set(told)) == 1
    assert credited(database, principal)[0] == -1_210


def test_contra_items_and_credits_of_the_same_lines_share_what_is_left(
    database: Database, principal: Principal
) -> None:
    given = [item(id=f"i{place}", quantity=2, unit_price=999) for place in range(5)]
    sale = factories.invoice(database, principal, id="o", items=given)
    lines = [line.id for line in sale.frozen().lines]
    asked = [Contra(f"i{place}", contra_item_id=f"c{place}") for place in range(5)]
    database.write(returns.undo_items, principal, Action.CANCEL, "o", asked, now=NOW)

    def act(caller: int) -> Any:
        place, kind = caller % 5, caller // 5
        if kind == 0:
            return database.write(from_orders.invoice_items, principal, [f"c{place}"], now=NOW)
        if kind == 1:
            return database.write(from_orders.invoice_order, principal, "o", now=NOW)
        by = {"quantity": 1} if kind == 2 else {"amount": 700}
        credit = [LineCredit(lines[place], **by)]
        return database.write(from_orders.credit_invoice, principal, sale.id, credit, reason=None, now=NOW)

    told = at_once(act, CALLERS)
    refused = set(codes(told)) - {"ISSUED"}
    assert refused <= {"ITEM_ALREADY_INVOICED", "NOTHING_TO_INVOICE", "CREDIT_TOO_HIGH"}
    assert credited(database, principal) == mirrored(sale)


def test_of_twenty_cancellations_of_one_item_one_is_made(database: Database, principal: Principal) -> None:
    sale = factories.invoice(database, principal, id="o", items=[item(id="a", quantity=5)])

    def act(caller: int) -> Any:
        asked = [Contra("a", contra_item_id=f"c{caller}")]
        return database.write(returns.undo_items, principal, Action.CANCEL, "o", asked, now=NOW)[1][0].id

    told = at_once(act, CALLERS)
    made = [one for one in told if isinstance(one, str)]
    assert len(made) == 1
    assert {one.code for one in told if not isinstance(one, str)} == {"ITEM_CANCELLED"}
    database.write(from_orders.invoice_items, principal, made, now=NOW)
    assert credited(database, principal) == mirrored(sale)
