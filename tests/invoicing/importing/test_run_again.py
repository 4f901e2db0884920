"""A repeated import, also a simultaneous one or one after a kill, stores nothing twice."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from invoicing.access import Principal
from invoicing.decimals import MILLION
from invoicing.importing.columns import PLAIN
from invoicing.importing.csv_file import Source
from invoicing.importing.run import MAX_ORDERS, LinesUnaccounted, import_orders
from invoicing.importing.summary import Summary
from invoicing.storage.database import Database
from invoicing.storage.tables import customers, invoices, order_items
from invoicing.storage.tables import orders as orders_table
from invoicing.verify.books import verify
from tests.support import factories
from tests.support.import_files import (
    HEADER,
    ImportFile,
    count_rows,
    import_terms,
    items_of_order,
    reject_reasons,
)


def test_an_order_is_imported_once(import_file: ImportFile, database: Database) -> None:
    text = f"{HEADER},customer_handle,customer_name\n1,Mug,1,1,ann,Ann\n1,Bowl,1,1,,\n"
    assert import_file(text).imported == 2
    again = import_file(f"{text}2,Mug,1,1,ann,\n")
    assert (again.imported, again.existing, again.existing_orders) == (1, 2, 1)
    assert (count_rows(database, orders_table), count_rows(database, customers)) == (2, 1)


def test_an_order_that_differs_from_the_imported_one_is_rejected(
    import_file: ImportFile, rejects: Path, database: Database, principal: Principal
) -> None:
    import_file(f"{HEADER},customer_name\n1,Mug,1,1,Ann\n")
    import_file(f"{HEADER},customer_name\n1,Mug,1,1,Ann\n1,Bowl,1,1,Ann\n")
    assert reject_reasons(rejects) == [("2", "order_exists"), ("3", "order_exists")]
    import_file(f"{HEADER},customer_name\n1,Mug,1,1,Ann\n", currency="USD")
    assert reject_reasons(rejects) == [("2", "order_exists")]
    assert len(items_of_order(database, principal, "1")) == 1


def test_columns_that_were_not_read_once_are_no_difference(
    import_file: ImportFile, rejects: Path, database: Database
) -> None:
    """A file that was imported before such a column was known may have had it already."""
    import_file(f"{HEADER},customer_handle,customer_name\n1,Mug,1,1,ann,Ann\n")
    more = "customer_phone_number,customer_state,item_supply"
    again = import_file(f"{HEADER},customer_handle,customer_name,{more}\n1,Mug,1,1,ann,Ann,12,Utah,GOODS\n")
    assert (again.existing_orders, reject_reasons(rejects)) == (1, [])
    assert count_rows(database, orders_table) == 1


def test_an_import_that_runs_past_midnight_invoices_beside_a_server(
    database: Database, principal: Principal, tmp_path: Path, rejects: Path
) -> None:
    """The dates of a series never run backwards, and a server has issued on the new day."""
    tomorrow = factories.NOW + timedelta(days=1)
    file = tmp_path / "orders.csv"
    file.write_text(f"{HEADER},customer_name\n1,Mug,1,1,Ann\n")
    factories.invoice(database, principal, now=tomorrow)
    done = import_orders(
        database,
        principal,
        Source(file),
        PLAIN,
        import_terms(database, principal),
        rejects=rejects,
        invoice=True,
        clock=lambda: tomorrow,
    )
    assert done.invoices == 1
    dates = select(invoices.c.issued_on).distinct()
    assert database.read(lambda connection: connection.execute(dates).scalars().all()) == [tomorrow.date()]


def test_a_file_that_grows_meanwhile_is_said_and_its_orders_are_as_they_were(
    database: Database, principal: Principal, tmp_path: Path, rejects: Path
) -> None:
    """As when the shop still writes its export: a line comes for an order that was read already."""
    file = tmp_path / "orders.csv"
    lines = "".join(f"{number},Mug,1,1,Ann\n" for number in range(MAX_ORDERS + 1))
    file.write_text(f"{HEADER},customer_name\n{lines}")

    def grow(_: int, __: int) -> None:
        with file.open("a") as text:
            text.write(f"{MAX_ORDERS},Mug,2,1,Ann\n")

    terms = import_terms(database, principal)
    with pytest.raises(LinesUnaccounted, match="501 lines were read, 502 are accounted for"):
        import_orders(database, principal, Source(file), PLAIN, terms, rejects=rejects, progress=grow)
    assert count_rows(database, orders_table) == MAX_ORDERS + 1
    assert [item.quantity for item in items_of_order(database, principal, str(MAX_ORDERS))] == [MILLION]
    assert reject_reasons(rejects) == [("503", "order_exists")]


def test_an_order_of_the_api_is_never_touched(
    import_file: ImportFile, rejects: Path, database: Database, principal: Principal
) -> None:
    factories.order(database, principal, id="1")
    factories.order(database, principal, id="other", items=[factories.item(id="2:1")])
    import_file(f"{HEADER},customer_name\n1,Mug,1,1,Ann\n2,Mug,1,1,Ann\n")
    assert reject_reasons(rejects) == [("2", "order_exists"), ("3", "duplicate_id")]


def csv_of(orders: int) -> str:
    lines = (f"{n},Mug,1,12.10,c{n % 50},Customer {n % 50}\n{n},Bowl,2,1,,\n" for n in range(orders))
    return f"{HEADER},customer_handle,customer_name\n{''.join(lines)}"


def test_two_simultaneous_imports_store_nothing_twice(
    database: Database, database_url: str, principal: Principal, tmp_path: Path
) -> None:
    file = tmp_path / "orders.csv"
    file.write_text(csv_of(200))
    terms = import_terms(database, principal)
    databases = [Database(database_url), Database(database_url)]

    def run(at: int) -> Summary:
        return import_orders(
            databases[at], principal, Source(file), PLAIN, terms, rejects=tmp_path / f"{at}.csv", invoice=True
        )

    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(run, (0, 1))
    for connections in databases:
        connections.close()
    assert first.imported + second.imported == first.lines == 400
    assert first.existing + second.existing == 400
    assert first.invoices + second.invoices == count_rows(database, invoices) == 200
    assert database.read(verify).findings == []


ROOT = Path(__file__).parents[3]
CHILD = """
import os, signal, sys
from pathlib import Path
from threading import Timer
from invoicing.storage.database import Database
from invoicing.decimals import MILLION
from invoicing.importing.columns import PLAIN
from invoicing.importing.run import import_orders
from invoicing.importing.csv_file import Source
from invoicing.importing.summary import Summary
from invoicing.access import Actor, Principal, Scope
from invoicing.storage.outbox import RENDER_INVOICE
from tests.support.import_files import import_terms
url, account_id, file = sys.argv[1:]
database = Database(url)
dying = Timer(0.02, os.kill, (os.getpid(), signal.SIGKILL))
def committed(topics):  # shortly after the first invoices, whatever else the machine does
    if RENDER_INVOICE in topics and dying.ident is None:
        dying.start()
database.listeners.append(committed)
principal = Principal(account_id, Actor("child", "Child", "api_key"), frozenset(Scope))
import_orders(database, principal, Source(Path(file)), PLAIN, import_terms(database, principal),
              rejects=Path(file + ".rejects.csv"), invoice=True)
"""


def test_an_import_that_was_killed_is_finished_by_the_next(
    database: Database, database_url: str, principal: Principal, tmp_path: Path, import_file: ImportFile
) -> None:
    file = tmp_path / "killed.csv"
    file.write_text(csv_of(800))
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, database_url, principal.account_id, str(file)], cwd=ROOT
    )
    assert child.wait() == -9
    stored, issued = count_rows(database, orders_table), count_rows(database, invoices)
    assert 0 < issued <= stored < 800
    done = import_file(csv_of(800), invoice=True)
    assert done.existing + done.imported == 1_600
    assert done.existing >= stored * 2  # PostgreSQL may have been sent one more commit
    assert count_rows(database, invoices) == 800 >= issued + done.invoices
    assert (count_rows(database, orders_table), count_rows(database, order_items)) == (800, 1_600)
    assert database.read(verify).findings == []
