"""Row 8: importing orders from a file, against inserting the same rows only."""

from __future__ import annotations

import csv
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Table, event, insert, select

from bench import bare, shop
from bench.homes import KINDS, Home
from bench.results import Result, Run, comparison
from invoicing.accounts.settings import account
from invoicing.importing.columns import PLAIN
from invoicing.importing.csv_file import Source
from invoicing.importing.orders import Terms
from invoicing.importing.run import MAX_ORDERS, import_orders
from invoicing.storage.tables import accounts, customers, order_items, orders

LEAST = 0.25
LINES, LINES_PER_ORDER, BUYERS = 50_000, 5, 2_000

Rows = Sequence[Mapping[str, Any]]
Batch = list[tuple[Table, Rows]]
Calls = list[tuple[str, Any]]


def results(run: Run) -> Iterator[Result]:
    lines = run.size(LINES)
    for kind in KINDS:
        rates: list[tuple[float, float, float]] = [_rates(run, kind, lines) for _ in range(run.rounds)]
        imported, core, driver = ([rate[at] for rate in rates] for at in range(3))
        what = f"import of {lines:,} lines, {kind}, limit: executemany of the same rows by"
        yield comparison(f"{what} SQLAlchemy Core", imported, core, unit=" lines/s", least=LEAST)
        yield comparison(f"{what} the driver alone", imported, driver, unit=" lines/s")


def _rates(run: Run, kind: str, lines: int) -> tuple[float, float, float]:
    """Lines a second: by the import, by Core and by the driver, each into its own database."""
    with run.homes.fresh(kind) as home:
        seconds, batches = _imported(home, _file(home.data / "orders.csv", lines))
    with run.homes.fresh(kind) as home:
        core, calls = _core(home, batches)
    with run.homes.fresh(kind) as home:
        driver = _driver(home, calls)
    return lines / seconds, lines / core, lines / driver


def _file(path: Path, lines: int) -> Path:
    header = ("order_number", "customer_handle", "customer_name", "customer_city", "sku", "name")
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*header, "quantity", "unit_price", "vat_rate"])
        for line in range(lines):
            order = line // LINES_PER_ORDER
            buyer = order % BUYERS
            goods = shop.GOODS[line % len(shop.GOODS)]
            cells = [f"SO-{order:07d}", f"c{buyer}", f"Customer {buyer}", "Amsterdam"]
            writer.writerow([*cells, f"SKU-{line % 997}", goods, line % 7 + 1, f"{line % 90}.95", 21])
    return path


def _imported(home: Home, file: Path) -> tuple[float, list[Batch]]:
    """Seconds, and the resulting rows, one batch for each transaction."""
    with home.database() as database:
        principal = shop.open_shop(database).principal
        seller = database.read(account, principal.account_id)
        terms = Terms(seller, seller.default_currency, including_vat=True, vat_rate=None, now=shop.NOW)
        start_time = time.perf_counter()
        done = import_orders(
            database, principal, Source(file), PLAIN, terms, rejects=file.with_suffix(".rejects")
        )
        seconds = time.perf_counter() - start_time
        assert done.imported == done.lines, done.rejected
        return seconds, database.read(_batches)


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
            (order_items, items[start * LINES_PER_ORDER : (start + MAX_ORDERS) * LINES_PER_ORDER]),
        ]
        for start in parts
    ]


def _core(home: Home, batches: list[Batch]) -> tuple[float, list[Calls]]:
    """Seconds, and the calls of the driver in each transaction."""
    calls: list[Calls] = []
    engine = bare.bare_engine(home)

    def note(_: Any, __: Any, statement: str, parameters: Any, ___: Any, several: bool) -> None:
        if statement.startswith("INSERT"):
            calls[-1].append((statement, parameters if several else [parameters]))

    event.listen(engine, "before_cursor_execute", note)
    start_time = time.perf_counter()
    for batch in batches:
        calls.append([])
        with engine.begin() as connection:
            for table, rows in batch:
                connection.execute(insert(table), rows)
    seconds = time.perf_counter() - start_time
    engine.dispose()
    return seconds, calls


def _driver(home: Home, calls: list[Calls]) -> float:
    """Seconds for the same calls by the driver alone."""
    engine = bare.bare_engine(home)
    start_time = time.perf_counter()
    for transaction in calls:
        with engine.begin() as connection:
            cursor = connection.connection.cursor()
            for statement, parameters in transaction:
                cursor.executemany(statement, parameters)
    seconds = time.perf_counter() - start_time
    engine.dispose()
    return seconds
