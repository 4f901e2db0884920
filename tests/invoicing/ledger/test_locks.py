"""What a command decides by is locked before it decides, also what joined while it waited for its locks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest
from sqlalchemy import Connection, select

from invoicing import locks
from invoicing.accounts import settings as account_settings
from invoicing.errors import NotCreditable, ValidationError
from invoicing.invoices.cancel import cancel_invoice
from invoicing.payments import charges
from invoicing.storage import tables
from invoicing.storage.database import Database
from invoicing.storage.tables import Payment, orders
from tests.conftest import FreshUrl
from tests.support import factories
from tests.support.planted_faults import unprotected
from tests.support.till import Till


@pytest.fixture
def till(fresh_postgresql: FreshUrl) -> Iterator[Till]:
    """On the database that lets two commands work at the same time."""
    with fresh_postgresql() as url:
        database = Database(url)
        yield Till(database, factories.principal(database))
        database.close()


def test_an_order_that_joins_while_a_refund_waits_is_locked_too(
    till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    factories.customer(till.database, till.principal, id="ann")
    (first,) = till.order("a", 1_000, customer_id="ann")
    second, _ = till.order("b", 1_000, 1_000, customer_id="ann")
    payment = till.pay(1_000, order_id="a")

    orders_sharing = locks.orders_sharing

    def look(connection: Connection, account_id: str, order_ids: Sequence[str]) -> list[str]:
        seen = orders_sharing(connection, account_id, order_ids)
        monkeypatch.setattr(locks, "orders_sharing", orders_sharing)
        till.invoice(first, second, id="both")
        return seen

    def free(connection: Connection) -> set[str]:
        return set(connection.execute(select(orders.c.id).with_for_update(skip_locked=True)).scalars().all())

    def refunding(connection: Connection, found: Payment) -> set[str]:
        charges.lock_for_payment(connection, found, to_refund=True)
        return till.database.write(free)

    monkeypatch.setattr(locks, "orders_sharing", look)
    assert till.database.write(refunding, payment) == set()
    assert till.database.write(free) == {"a", "b"}


def test_two_changes_do_not_make_the_number_formats_alike(
    till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    differ = account_settings._check_formats_differ

    def change(name: str) -> None:
        till.write(account_settings.update_account, {f"{name}_number_format": "X-{seq}"})

    def free(connection: Connection) -> bool:
        rows = select(tables.accounts.c.id).with_for_update(skip_locked=True, key_share=True)
        return bool(connection.execute(rows).first())

    def checked(*formats: str) -> None:
        assert not till.database.write(free)
        differ(*formats)

    monkeypatch.setattr(account_settings, "_check_formats_differ", checked)
    change("invoice")
    with pytest.raises(ValidationError):
        change("credit")


def test_a_credit_invoice_is_not_cancelled_also_if_it_asks_for_money(till: Till) -> None:
    """One of a discount alone did, when such credits were issued."""
    credit = till.credit(till.sale(1_000), 400)
    asks = "UPDATE invoices SET total = 400, total_ex_vat = 331, total_vat = 69 WHERE type = 'CREDIT'"
    unprotected(till.database).write(Connection.exec_driver_sql, asks)
    with pytest.raises(NotCreditable):
        till.write(cancel_invoice, credit.id)
