"""A cancellation in the file takes back an earlier sale, which is credited."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, select

from invoicing.access import Principal
from invoicing.accounts import settings as account_settings
from invoicing.decimals import MILLION
from invoicing.importing.csv_file import Source
from invoicing.importing.online_retail import ONLINE_RETAIL
from invoicing.importing.run import import_orders
from invoicing.importing.summary import Summary
from invoicing.orders import returns
from invoicing.orders.actions import Action
from invoicing.orders.returns import Contra
from invoicing.snapshot import Snapshot
from invoicing.storage.database import Database
from invoicing.storage.tables import invoices, order_items
from invoicing.stored_snapshot import load
from invoicing.verify.books import verify
from tests.support.factories import NOW
from tests.support.import_files import (
    ImportFile,
    count_rows,
    import_terms,
    items_of_order,
    read_rejects,
    reject_reasons,
)

RETAIL = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"
OPTIONS: dict[str, Any] = {"currency": "GBP", "including_vat": False, "vat_rate": 20}
Retail = Callable[..., Summary]


def line(
    number: str, quantity: int, *, day: int = 1, sku: str = "M1", price: str = "5.00", customer: str = "ann"
) -> str:
    return f"{number},{sku},MUG,{quantity},2025-03-{day:02}T10:00,{price},{customer},France\n"


@pytest.fixture
def retail(import_file: ImportFile) -> Retail:
    """Imports such lines; with invoices, unless `invoice` is False."""

    def run(*lines: str, invoice: bool = True, **options: Any) -> Summary:
        text = RETAIL + "".join(lines)
        return import_file(text, layout=ONLINE_RETAIL, invoice=invoice, **{**OPTIONS, **options})

    return run


def credits_in(database: Database) -> list[Snapshot]:
    def work(connection: Connection) -> Sequence[str]:
        credit_snapshots = (
            select(invoices.c.snapshot).where(invoices.c.type == "CREDIT").order_by(invoices.c.sequence)
        )
        return connection.execute(credit_snapshots).scalars().all()

    return [load(snapshot) for snapshot in database.read(work)]


def books_are_right(database: Database) -> bool:
    return database.read(verify).findings == []


def test_a_cancellation_is_returned_and_credited(
    retail: Retail, database: Database, principal: Principal
) -> None:
    done = retail(line("1", 6), line("C9", -2, day=3))
    assert (done.imported, done.returned, done.accounted) == (1, 1, 2)
    assert (done.credits, done.credited, done.repriced) == (1, {"GBP": 1_200}, 0)
    kept, back, contra = items_of_order(database, principal, "1")
    assert [(item.quantity, item.undone_as) for item in (kept, back, contra)] == [
        (4 * MILLION, None),
        (2 * MILLION, "RETURNED"),
        (-2 * MILLION, "RETURNED"),
    ]
    assert (contra.contra_of, contra.undo_reason) == (back.id, "C9")
    (credit,) = credits_in(database)
    assert (credit.total, credit.note, len(credit.credits)) == (-1_200, "C9", 1)
    assert books_are_right(database)


def test_a_document_is_one_credit_whatever_invoices_it_takes_from(retail: Retail, database: Database) -> None:
    done = retail(
        line("1", 3),
        line("2", 3, day=2),
        line("2", 1, day=2, sku="L1", price="8"),
        line("C9", -5, day=3),
        line("C9", -1, day=3, sku="L1", price="8"),
    )
    assert (done.returned, done.credits, done.credited) == (2, 1, {"GBP": 3_960})
    (credit,) = credits_in(database)
    assert len(credit.credits) == 2
    assert sorted(line.quantity for line in credit.lines) == [-3 * MILLION, -2 * MILLION, -MILLION]
    assert books_are_right(database)


def test_a_cancellation_may_stand_before_its_sale_in_the_file(retail: Retail, database: Database) -> None:
    done = retail(line("C9", -2, day=3), line("1", 6, day=1))
    assert (done.returned, done.credits) == (1, 1)
    assert books_are_right(database)


def test_the_oldest_cancellation_takes_first_wherever_it_stands(retail: Retail, rejects: Path) -> None:
    retail(line("1", 3), line("C8", -2, day=5), line("C7", -2, day=4))
    assert [(row["InvoiceNo"], row["reject_reason"]) for row in read_rejects(rejects)] == [
        ("C8", "more_than_sold")
    ]


def test_the_same_file_twice_takes_nothing_back_twice(retail: Retail, database: Database) -> None:
    lines = [line("1", 6), line("C9", -2, day=3), line("C9", -1, day=3, sku="L1")]
    retail(*lines)
    items = count_rows(database, order_items)
    again = retail(*lines)
    assert (again.existing, again.returned, again.credits) == (2, 0, 0)
    assert again.rejected == {"no_earlier_sale": 1}
    assert (count_rows(database, order_items), count_rows(database, invoices)) == (items, 2)
    assert books_are_right(database)


def test_sales_and_their_cancellations_may_come_in_two_files(retail: Retail, database: Database) -> None:
    assert retail(line("1", 6), line("2", 2, day=4)).credits == 0
    done = retail(line("C9", -2, day=3), line("C9", -1, day=3, sku="none"))
    assert (done.returned, done.credits, done.credited) == (1, 1, {"GBP": 1_200})
    assert retail(line("C9", -2, day=3)).existing == 1
    assert books_are_right(database)


def test_a_line_that_was_rejected_is_taken_back_once_its_sale_is_there(
    retail: Retail, import_file: ImportFile, rejects: Path, database: Database
) -> None:
    retail(line("1", 6), line("C9", -2, day=3), line("C9", -1, day=3, sku="L1"))
    corrected = rejects.read_text() + "".join(["9,,," + line("2", 1, sku="L1")])
    done = import_file(corrected, layout=ONLINE_RETAIL, invoice=True, **OPTIONS)
    assert (done.imported, done.returned, done.credits) == (1, 1, 1)
    assert [credit.note for credit in credits_in(database)] == ["C9", "C9"]
    assert books_are_right(database)


def test_without_invoices_a_cancellation_is_taken_off_the_order(
    retail: Retail, database: Database, principal: Principal
) -> None:
    lines = [line("1", 6), line("2", 1, sku="L1"), line("C9", -2, day=3), line("C8", -1, day=3, sku="L1")]
    done = retail(*lines, invoice=False)
    assert (done.returned, done.credits, count_rows(database, invoices)) == (2, 0, 0)
    assert [(item.quantity, item.undone_as) for item in items_of_order(database, principal, "1")] == [
        (4 * MILLION, None),
        (2 * MILLION, "CANCELLED"),
    ]
    later = retail(*lines)
    assert (later.existing, later.invoices, later.invoiced, later.credits) == (4, 1, {"GBP": 2_400}, 0)
    assert books_are_right(database)


def test_what_an_earlier_import_returned_and_did_not_credit_is_credited(
    retail: Retail, database: Database
) -> None:
    retail(line("1", 6))
    assert retail(line("C9", -2, day=3), invoice=False).credits == 0
    later = retail(line("C9", -2, day=3))
    assert (later.existing, later.credits) == (1, 1)
    assert retail(line("C9", -2, day=3)).credits == 0
    assert books_are_right(database)


def test_a_guided_return_is_finished_when_it_is_credited(
    retail: Retail, database: Database, principal: Principal
) -> None:
    database.write(account_settings.update_account, principal, {"contra_flow": "GUIDED"}, now=NOW)
    retail(line("1", 6))
    retail(line("C9", -2, day=3), invoice=False)
    assert items_of_order(database, principal, "1")[-1].finished_at is None
    assert retail(line("C9", -2, day=3)).credits == 1
    assert items_of_order(database, principal, "1")[-1].finished_at == NOW


def test_a_cancellation_that_differs_from_the_imported_one_is_rejected(
    retail: Retail, rejects: Path, database: Database
) -> None:
    retail(line("1", 6), line("C9", -2, day=3))
    retail(line("C9", -3, day=3))
    assert reject_reasons(rejects) == [("2", "cancellation_exists")]
    assert len(credits_in(database)) == 1


def test_what_was_returned_otherwise_cannot_be_cancelled_again(
    retail: Retail, rejects: Path, database: Database, principal: Principal
) -> None:
    retail(line("1", 2))
    database.write(returns.undo_items, principal, Action.RETURN, "1", [Contra("1:1", 1)], now=NOW)
    retail(line("C9", -2, day=3))
    assert reject_reasons(rejects) == [("2", "more_than_sold")]


def test_a_line_of_another_price_is_credited_at_the_price_of_the_sale_and_counted(retail: Retail) -> None:
    done = retail(line("1", 6, price="4.00"), line("C9", -2, day=3))
    assert (done.repriced, done.credited) == (1, {"GBP": 960})


@pytest.mark.parametrize(
    ("cancelled", "reason"),
    [
        (line("C9", -2, day=3, customer="bob"), "no_earlier_sale"),
        (line("C9", -2, day=3, sku="L1"), "no_earlier_sale"),
        (line("C9", -2, day=1).replace("T10:00", "T09:59"), "no_earlier_sale"),
        (line("C9", -7, day=3), "more_than_sold"),
        (line("C9", -2, day=3, customer=""), "no_customer"),
        (line("C9", 2, day=3), "invalid_quantity"),
        (line("C9", -2, day=3, price="x"), "invalid_unit_price"),
        (line("C9", -2, day=3, sku=""), "invalid_sku"),
        (line("C9", -2, day=3, sku="a\x00b"), "invalid_sku"),
        (line("C9", -2, day=3, customer="a b"), "invalid_customer_handle"),
        (line("C9", -2, day=3).replace("2025-03-03", "3 March"), "invalid_order_date"),
        (line("C" * 65, -2, day=3), "invalid_order_number"),
        (line("C9", -2, day=3).replace("France", "France,more"), "wrong_columns"),
    ],
)
def test_a_line_without_a_match_is_rejected_with_its_reason_and_the_others_are_not(
    retail: Retail, rejects: Path, database: Database, cancelled: str, reason: str
) -> None:
    done = retail(line("1", 6), line("C10", -1, day=4), cancelled)
    assert reject_reasons(rejects) == [("4", reason)]
    assert (done.returned, done.credits, done.accounted) == (1, 1, 3)
    assert books_are_right(database)


def test_lines_of_a_document_are_rejected_one_by_one_but_those_of_one_product_together(
    retail: Retail, rejects: Path
) -> None:
    done = retail(
        line("1", 6),
        line("1", 2, sku="L1"),
        line("C9", -4, day=3),
        line("C9", -3, day=3, price="6"),
        line("C9", -1, day=3, sku="L1"),
    )
    assert reject_reasons(rejects) == [("4", "more_than_sold"), ("5", "more_than_sold")]
    assert (done.returned, done.credits) == (1, 1)


def test_documents_that_contradict_themselves_are_rejected_whole(retail: Retail, rejects: Path) -> None:
    retail(line("1", 6), line("C9", -1, day=3), line("C9", -1, day=3, customer="bob"))
    assert [reason for _, reason in reject_reasons(rejects)] == ["order_incomplete", "contradiction"]


def test_orders_in_another_currency_or_otherwise_priced_are_not_taken_back(
    retail: Retail, rejects: Path
) -> None:
    retail(line("1", 6))
    for other in ({"currency": "EUR"}, {"including_vat": True}):
        retail(line("C9", -1, day=3), **other)
        assert reject_reasons(rejects) == [("2", "no_earlier_sale")]


def test_two_simultaneous_imports_take_nothing_back_twice(
    database: Database, database_url: str, principal: Principal, tmp_path: Path
) -> None:
    file = tmp_path / "retail.csv"
    sales = [line(f"{n}", 3, customer=f"c{n % 20}") for n in range(120)]
    cancellations = [line(f"C{n}", -2, day=3, customer=f"c{n % 20}") for n in range(120)]
    file.write_text(RETAIL + "".join([*sales, *cancellations]))
    options = import_terms(database, principal, **OPTIONS)
    databases = [Database(database_url), Database(database_url)]

    def run(at: int) -> Summary:
        listing = tmp_path / f"{at}.csv"
        return import_orders(
            databases[at], principal, Source(file), ONLINE_RETAIL, options, rejects=listing, invoice=True
        )

    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(run, (0, 1))
    for connections in databases:
        connections.close()
    assert first.returned + second.returned == first.existing + second.existing - 120 == 120
    assert first.credits + second.credits == len(credits_in(database)) == 120
    assert books_are_right(database)
