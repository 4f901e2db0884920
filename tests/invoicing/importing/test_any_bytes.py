"""Whatever the file holds, every line of it is accounted for."""

from __future__ import annotations

import csv
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from invoicing.importing.source import UnreadableFile
from invoicing.importing.summary import Summary
from tests.invoicing.importing.files import HEADER, Importing, listed

ANY = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
CELL = st.one_of(
    st.sampled_from(["1", "2", "Mug", "1.50", "-1", "NaN", "", "EUR", "21", "ann", '"', "1e400", "x\x00"]),
    st.text(max_size=12),
)


def accounted(summary: Summary, rejects: Path) -> None:
    assert summary.accounted == summary.lines
    assert summary.rejected.total() == len(listed(rejects))


@ANY
@given(data=st.binary(max_size=400))
def test_any_bytes_after_a_header_are_accounted_for(importing: Importing, rejects: Path, data: bytes) -> None:
    accounted(importing(f"{HEADER},customer_name\n1,Mug,1,1,Ann\n".encode() + data), rejects)


@ANY
@given(data=st.binary(max_size=200))
def test_any_bytes_are_imported_or_refused(importing: Importing, data: bytes) -> None:
    try:
        importing(data)
    except UnreadableFile:
        return


@ANY
@given(rows=st.lists(st.lists(CELL, min_size=7, max_size=7), max_size=8))
def test_any_cells_are_accounted_for(
    importing: Importing, rejects: Path, tmp_path: Path, rows: list[list[str]]
) -> None:
    file = tmp_path / "cells.csv"
    with file.open("w", encoding="utf-8", errors="replace", newline="") as text:
        writer = csv.writer(text)
        writer.writerow([*HEADER.split(","), "customer_handle", "customer_name", "vat_rate"])
        writer.writerows(rows)
    done = importing(file.read_bytes())
    assert done.lines == len(rows)
    accounted(done, rejects)
