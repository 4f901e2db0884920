"""A year of a services firm is invoiced to the cent, and the other arithmetic notices a cent."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import pytest
from sqlalchemy import Connection, text

from invoicing.storage.database import Database
from tests.conftest import FreshUrl
from tools.services_year.check import check
from tools.services_year.firm import open_firm
from tools.services_year.year import Year

ENTRIES = 120


@pytest.fixture(scope="module")
def books(fresh_sqlite: FreshUrl) -> Iterator[Database]:
    with fresh_sqlite() as url:
        database = Database(url)
        Year(database, open_firm(database), Random(2)).run(ENTRIES)
        yield database
        database.close()


def test_every_invoice_of_the_year_is_computed_to_the_same_cents(books: Database) -> None:
    checked = books.read(check)
    assert checked.differences == []
    assert checked.lines >= ENTRIES


@pytest.mark.parametrize(
    ("change", "noticed"),
    [
        (
            "UPDATE invoices SET total = total + 1, total_ex_vat = total_ex_vat + 1 WHERE sequence = 1",
            "net of",
        ),
        ("UPDATE invoices SET rounding = rounding + 1 WHERE sequence = 1", "what was asked for the orders"),
        ("UPDATE invoice_lines SET subtotal = subtotal + 2, discount = discount + 2", "subtotal of"),
        (
            "UPDATE invoice_lines SET vat_amount = vat_amount + 1, total_ex_vat = total_ex_vat - 1"
            " WHERE vat_rate > 0",
            "VAT of",
        ),
        ("UPDATE order_items SET allocated_discount = allocated_discount + 1", "discounts of"),
    ],
)
def test_a_cent_that_was_changed_is_noticed(books: Database, change: str, noticed: str) -> None:
    with pytest.raises(RolledBack) as told:
        books.write(_check_changed, change)
    assert any(difference.startswith(noticed) for difference in told.value.differences), (
        told.value.differences
    )


class RolledBack(Exception):
    def __init__(self, differences: list[str]) -> None:
        super().__init__(differences[:5])
        self.differences = differences


def _check_changed(connection: Connection, change: str) -> None:
    """Changes the books, whose triggers refuse that, and checks them; all of it is undone."""
    triggers = connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).scalars()
    for name in triggers.all():
        connection.execute(text(f"DROP TRIGGER {name}"))
    connection.execute(text(change))
    raise RolledBack(check(connection).differences)
