"""A spreadsheet runs nothing of the file of rejects, and the file can be imported all the same."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from pathlib import Path

import pytest

from invoicing.access import Principal
from invoicing.importing.csv_file import Source
from invoicing.importing.rejects import Flaw, Reject, Rejects
from invoicing.storage.database import Database
from tests.support.import_files import HEADER, ImportFile, items_of_order

FORMULAS = ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(1)", "\t=1", "\r=1", "\n=1", "＝1", "'=1", "''-1"]
PLAIN = ["Mug", "1", "'", "'t", " =1", "a=1", ""]


def written(rows: Iterable[Iterable[str]]) -> str:
    file = io.StringIO(newline="")
    csv.writer(file).writerows(rows)
    return file.getvalue()


@pytest.mark.parametrize("cell", FORMULAS)
def test_a_spreadsheet_runs_nothing_of_the_rejects(import_file: ImportFile, rejects: Path, cell: str) -> None:
    header = [*HEADER.split(","), "customer_name", "=note"]
    import_file(written([header, [cell, "Mug", "x", "1", "Ann", cell]]))
    with rejects.open(encoding="utf-8", newline="") as text:
        names, (*_, number, _name, _quantity, _price, _customer, note) = csv.reader(text)
    assert (names[-1], number, note) == ("'=note", f"'{cell}", f"'{cell}")


@pytest.mark.parametrize("cell", [*FORMULAS, *PLAIN])
def test_rejects_are_read_again_as_they_were(tmp_path: Path, cell: str) -> None:
    """Also when they are rejected once more."""
    first, again = tmp_path / "first.csv", tmp_path / "again.csv"
    flaw = Flaw("invalid_name", cell)
    with Rejects(first, ["name", cell or "note"]) as file:
        file.add([Reject(2, ["Mug", cell], flaw)])
    (record,) = Source(first).records()
    assert record.fields == ["2", "invalid_name", cell, "Mug", cell]
    assert Source(first).header()[3:] == ["name", (cell or "note").strip()]
    with Rejects(again, Source(first).header()) as file:
        file.add([Reject(2, record.fields, flaw)])
    (record,) = Source(again).records()
    assert record.fields[3:] == ["2", "invalid_name", cell, "Mug", cell]


def test_an_apostrophe_of_ones_own_stays(
    import_file: ImportFile, database: Database, principal: Principal
) -> None:
    assert import_file(f"{HEADER},customer_name\n1,'-Mug,1,1,Ann\n").imported == 1
    assert [item.name for item in items_of_order(database, principal, "1")] == ["'-Mug"]


def test_corrected_rejects_with_negative_numbers_can_be_imported(
    import_file: ImportFile, rejects: Path, database: Database, principal: Principal
) -> None:
    import_file(f"{HEADER},item_type,customer_name\n1,Mug,x,10,,Ann\n1,Off,1,-1,DISCOUNT,Ann\n")
    assert "'-1" in rejects.read_text()
    done = import_file(rejects.read_text().replace("Mug,x", "Mug,1"))
    assert (done.imported, rejects.exists()) == (2, False)
    assert [item.subtotal for item in items_of_order(database, principal, "1")] == [1_000, -100]
