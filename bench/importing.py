"""Row 8: importing orders from a file, against storing the very same rows and nothing else."""

from __future__ import annotations

import csv
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Table, event, insert, select

from bench import bare, shop
from bench.homes import KINDS, Home
from bench.results import Result, Run, compared
from invoicing.accounts.settings import account
from invoicing.importing.columns import PLAIN
from invoicing.importing.csv_file import Source
from invoicing.importing.orders import Terms
from invoicing.importing.run import MAX_ORDERS, import_orders
from invoicing.storage.tables import accounts, customers, order_items, orders

LEAST = 0.25
LINES, OF_ORDER, BUYERS = 50_000, 5, 2_000

Rows = Sequence[Mapping[str, Any]]
Batch = list[tuple[Table, Rows]]
Calls = list[tuple[str, Any]]


def results(run: Run) -> Iterator[Result]:
    lines = run.size(LINES)
    for kind in KINDS:
        rates: list[tuple[float, float, float]] = [_rates(run, kind, lines) for _ in range(run.rounds)]
        imported, core, driver = ([rate[at] for rate in rates] for at in range(3))
        what = f"import of {lines:,} lines, {kind}, limit: executemany of the same rows by"
        yield compared(f"{what} SQLAlchemy Core", imported, core, unit=" lines/s", least=LEAST)
        yield compared(f"{what} the driver alone", imported, driver, unit=" lines/s")


def _rates(run: Run, kind: str, lines: int) -> tuple[float, float, float]:
    """Lines a second: by the import, by Core and by the driver, each into a database of its own."""
    with run.homes.fresh(kind) as home:
        took, batches = _imported(home, _file(home.data / "orders.csv", lines))
    with run.homes.fresh(kind) as home:
        core, told = _core(home, batches)
    with run.homes.fresh(kind) as home:
        driver = _driver(home, told)
    return lines / took, lines / core, lines / driver


def _file(path: Path, lines: int) -> Path:
    header = ("order_number", "customer_handle", "customer_name", "customer_city", "sku", "name")
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*header, "quantity", "unit_price", "vat_rate"])
        for line in range(lines):
            order = line // OF_ORDER
            buyer = order % BUYERS
            goods = shop.GOODS[line % len(shop.GOODS)]
            named = [f"SO-{order:07d}", f"c{buyer}", f"Customer {buyer}", "Amsterdam"]
            writer.writerow([*named, f"SKU-{line % 997}", goods, line % 7 + 1, f"{line % 90}.95", 21])
    return path


def _imported(home: Home, file: Path) -> tuple[float, list[Batch]]:
    """Seconds, and the rows that came of it, a batch for each transaction."""
    with home.database() as database:
        principal = shop.opened(database).principal
        seller = database.read(account, principal.account_id)
        terms = Terms(seller, seller.default_currency, including_vat=True, vat_rate=None, now=shop.NOW)
        began = time.perf_counter()
        done = import_orders(
            database, principal, Source(file), PLAIN, terms, rejects=file.with_suffix(".rejects")
        )
        took = time.perf_counter() - began
        assert done.imported == done.lines, done.rejected
        return took, database.read(_batches)


def _batches(connection: Connection) -> list[Batch]:
    def rows(table: Table, *order: str) -> Rows:
        found = connection.execute(select(table).order_by(*(table.c[name] for name in order)))
        return [dict(row) for row in found.mappings()]

    ordered, items = rows(orders, "id"), rows(order_items, "order_id", "position")
    parts = range(0, len(ordered), MAX_ORDERS)
    first: Batch = [(accounts, rows(accounts, "id")), (customers, rows(customers, "id"))]
    return [first] + [
        [
            (orders, ordered[start : start + MAX_ORDERS]),
            (order_items, items[start * OF_ORDER : (start + MAX_ORDERS) * OF_ORDER]),
        ]
        for start in parts
    ]


def _core(home: Home, batches: list[Batch]) -> tuple[float, list[Calls]]:
    """Seconds, and what the driver was told in each transaction."""
    told: list[Calls] = []
    engine = bare.engine(home)

    def note(_: Any, __: Any, statement: str, parameters: Any, ___: Any, several: bool) -> None:
        if statement.startswith("INSERT"):
            told[-1].append((statement, parameters if several else [parameters]))

    event.listen(engine, "before_cursor_execute", note)
    began = time.perf_counter()
    for batch in batches:
        told.append([])
        with engine.begin() as connection:
            for table, rows in batch:
                connection.execute(insert(table), rows)
    took = time.perf_counter() - began
    engine.dispose()
    return took, told


def _driver(home: Home, told: list[Calls]) -> float:
    """Seconds."""
    engine = bare.engine(home)
    began = time.perf_counter()
    for calls in told:
        with engine.begin() as connection:
            cursor = connection.connection.cursor()
            for statement, parameters in calls:
                cursor.executemany(statement, parameters)
    took = time.perf_counter() - began
    engine.dispose()
    return took
