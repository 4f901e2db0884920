"""Whatever a file contains, every line of it is accounted for."""

from __future__ import annotations

import csv
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from invoicing.importing.dialect import UnreadableFile
from invoicing.importing.online_retail import ONLINE_RETAIL
from invoicing.importing.summary import Summary
from invoicing.storage.database import Database
from invoicing.verify.books import verify
from tests.support.import_files import HEADER, ImportFile, read_rejects

ANY = settings(
    derandomize=True,
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
CELL = st.one_of(
    st.sampled_from(["1", "2", "Mug", "1.50", "-1", "NaN", "", "EUR", "21", "ann", '"', "1e400", "x\x00"]),
    st.text(max_size=12),
)


RETAIL = [
    "InvoiceNo",
    "StockCode",
    "Description",
    "Quantity",
    "InvoiceDate",
    "UnitPrice",
    "CustomerID",
    "Country",
]
SOLD = st.tuples(
    st.sampled_from(["1", "2", "C1", "C2", "c3", "C\x00", "", "C" * 70]),
    st.sampled_from(["M1", "M1", "L1", "D", "POST", "AMAZONFEE", "", "\x00"]),
    st.sampled_from(["Mug", "Mug", "", "\x00"]),
    st.sampled_from(["1", "5", "-1", "-2", "0", "-999999999999", "x", ""]),
    st.sampled_from(["2025-03-01", "2025-03-02T10:00", "2099-01-01", "soon", ""]),
    st.sampled_from(["1", "2.50", "0", "-1", "90071992547409.91", "1e9", ""]),
    st.sampled_from(["ann", "ann", "bob", "a b", "\x00", ""]),
    st.sampled_from(["France", "Nowhere", "\x00", ""]),
)
LIKELY = st.tuples(
    st.sampled_from(["1", "2", "3", "C1", "C2", "C3"]),
    st.sampled_from(["M1", "L1"]),
    st.just("Mug"),
    st.sampled_from(["1", "5", "-1", "-2", "-3"]),
    st.sampled_from(["2025-03-01", "2025-03-02"]),
    st.sampled_from(["1", "2.55"]),
    st.just("ann"),
    st.just("France"),
)


def check_accounted(summary: Summary, rejects: Path) -> None:
    assert summary.accounted == summary.lines
    assert summary.rejected.total() == len(read_rejects(rejects))


@ANY
@given(data=st.binary(max_size=400))
def test_any_bytes_after_a_header_are_accounted_for(
    import_file: ImportFile, rejects: Path, data: bytes
) -> None:
    check_accounted(import_file(f"{HEADER},customer_name\n1,Mug,1,1,Ann\n".encode() + data), rejects)


@ANY
@given(data=st.binary(max_size=200))
def test_any_bytes_are_imported_or_refused(import_file: ImportFile, data: bytes) -> None:
    try:
        import_file(data)
    except UnreadableFile:
        return


@ANY
@given(rows=st.lists(st.lists(CELL, min_size=7, max_size=7), max_size=8))
def test_any_cells_are_accounted_for(
    import_file: ImportFile, rejects: Path, tmp_path: Path, rows: list[list[str]]
) -> None:
    file = tmp_path / "cells.csv"
    with file.open("w", encoding="utf-8", errors="replace", newline="") as text:
        writer = csv.writer(text)
        writer.writerow([*HEADER.split(","), "customer_handle", "customer_name", "vat_rate"])
        writer.writerows(rows)
    done = import_file(file.read_bytes())
    assert done.lines == len(rows)
    check_accounted(done, rejects)


@ANY
@given(rows=st.lists(SOLD, max_size=10) | st.lists(LIKELY, min_size=4, max_size=14), invoice=st.booleans())
def test_any_sales_and_cancellations_are_accounted_for_and_the_books_are_right(
    import_file: ImportFile, rejects: Path, database: Database, rows: list[tuple[str, ...]], invoice: bool
) -> None:
    lines = "".join(",".join(row) + "\n" for row in [RETAIL, *rows])
    done = import_file(lines, layout=ONLINE_RETAIL, including_vat=False, vat_rate=20, invoice=invoice)
    assert done.lines == len(rows)
    check_accounted(done, rejects)
    assert database.read(verify).findings == []
