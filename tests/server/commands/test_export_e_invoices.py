"""`invoicing export-einvoices`: a file for each invoice, and the reasons where there is none."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from pypdf import PdfReader
from sqlalchemy import Connection, insert, select
from typer.testing import Result

from documents.store import FileStore
from invoicing.access import Principal
from invoicing.accounts import branding
from invoicing.accounts.logo import read_logo
from invoicing.storage.database import Database
from invoicing.storage.tables import invoices
from server.commands.e_invoice_files import file_name
from tests.server.commands.test_cli import Command, opened
from tests.server.commands.test_cli import environment as environment
from tests.server.commands.test_cli import invoicing as invoicing
from tests.support import factories
from tests.support.einvoice_rules import broken_rules
from tests.support.einvoices import NL, SELLER
from tests.support.factories import item
from tests.support.logos import WIDE
from tests.support.rendering import render_due

ADDRESS = {"scheme": "0106", "value": "12345678"}
Export = Callable[..., Result]


@pytest.fixture
def books(invoicing: Command, environment: dict[str, str]) -> Iterator[Database]:
    assert invoicing("account", "list").exit_code == 0  # makes the embedded database
    database = opened(environment)
    yield database
    database.close()


@pytest.fixture
def seller(books: Database) -> Principal:
    return shop(books)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "e-invoices"


@pytest.fixture
def export(invoicing: Command, folder: Path) -> Export:
    def run(*options: str, days: tuple[str, str] = ("2025-06-01", "2025-06-30")) -> Result:
        given = ("--from", days[0], "--to", days[1], "--format", "PEPPOL_UBL", *options)
        return invoicing("export-einvoices", str(folder), *given)

    return run


def shop(books: Database, **values: Any) -> Principal:
    return factories.principal(books, **{**SELLER, "electronic_address": ADDRESS, **values})


def sold(books: Database, seller: Principal, *, now: datetime = factories.NOW, **buyer: Any) -> str:
    """Issues an invoice of which there is an e-invoice; returns its number."""
    given = {
        "billing_address": NL,
        "electronic_address": ADDRESS,
        "buyer_reference": "R-1",
        **buyer,
    }
    ann = factories.customer(books, seller, **given)
    return factories.invoice(books, seller, customer_id=ann.id, items=[item()], now=now).number


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def problems(folder: Path) -> list[dict[str, str]]:
    with (folder / "problems.csv").open(encoding="utf-8", newline="") as file:
        return [*csv.DictReader(file)]


def test_each_invoice_is_a_file_named_by_its_number(
    books: Database, seller: Principal, export: Export, folder: Path
) -> None:
    numbers = [sold(books, seller) for _ in range(2)]
    done = export()
    assert (done.exit_code, done.stdout) == (0, "2 e-invoices written, 0 were there already.\n")
    assert names(folder) == [f"{number}.xml" for number in numbers]
    for number in numbers:
        content = (folder / f"{number}.xml").read_bytes()
        assert etree.fromstring(content).findtext("{*}ID") == number
        assert broken_rules(content) == []


def test_factur_x_is_the_pdf_with_the_xml_in_it(
    books: Database, seller: Principal, export: Export, folder: Path, tmp_path: Path
) -> None:
    number = sold(books, seller, electronic_address=None, buyer_reference=None)
    assert export("--format", "factur_x").exit_code == 0
    assert names(folder) == [f"{number}.pdf"]
    attached = PdfReader(folder / f"{number}.pdf").attachments["factur-x.xml"]
    assert broken_rules(attached[0]) == []
    render_due(books, FileStore(tmp_path / "store"))
    (stored,) = (tmp_path / "store").rglob("*.pdf")
    assert (folder / f"{number}.pdf").read_bytes() == stored.read_bytes()


def test_factur_x_has_the_logo_of_its_day(
    books: Database, seller: Principal, export: Export, folder: Path
) -> None:
    image = read_logo(WIDE)
    books.write(branding.update_branding, seller, {"logo": "given"}, image=image, now=factories.NOW)
    number = sold(books, seller)
    books.write(branding.update_branding, seller, {"logo": None}, image=None, now=factories.NOW)
    assert export("--format", "factur_x").exit_code == 0
    assert len(PdfReader(folder / f"{number}.pdf").pages[0].images) == 1


def test_a_second_run_goes_on_where_the_first_was_stopped(
    books: Database, seller: Principal, export: Export, folder: Path
) -> None:
    first, second = sold(books, seller), sold(books, seller)
    export()
    (folder / f"{second}.xml").rename(folder / f"{second}.xml.part")  # stopped before it had its name
    before = (folder / f"{first}.xml").stat()
    assert export().stdout == "1 e-invoices written, 1 were there already.\n"
    assert names(folder) == [f"{first}.xml", f"{second}.xml"]
    assert (folder / f"{first}.xml").stat().st_mtime_ns == before.st_mtime_ns


def test_more_invoices_of_one_moment_than_are_read_at_once(
    books: Database, seller: Principal, export: Export, folder: Path
) -> None:
    numbers = [sold(books, seller) for _ in range(45)]
    assert export().exit_code == 0
    assert names(folder) == [f"{number}.xml" for number in numbers]


def test_the_days_are_those_on_the_invoices(books: Database, export: Export, folder: Path) -> None:
    """At half past ten in the evening in UTC it is the next month in Amsterdam."""
    seller = shop(books, timezone="Europe/Amsterdam", invoice_number_format="{seq}")
    for day, hour in ((31, 21), (31, 22), (31, 23)):
        sold(books, seller, now=datetime(2025, 5, day, hour, 30, tzinfo=UTC))
    sold(books, seller, now=datetime(2025, 6, 30, 21, 59, tzinfo=UTC))
    sold(books, seller, now=datetime(2025, 6, 30, 22, 0, tzinfo=UTC))
    assert export().exit_code == 0
    assert names(folder) == ["2.xml", "3.xml", "4.xml"]


def test_what_cannot_be_made_is_listed_with_the_reasons(
    books: Database, export: Export, folder: Path
) -> None:
    seller = shop(books, invoice_number_format="=1+{seq}")
    sold(books, seller)
    sold(books, seller, buyer_reference=None)
    done = export()
    assert (done.exit_code, done.stdout) == (1, "1 e-invoices written, 0 were there already.\n")
    assert "PEPPOL-EN16931-R003: 1" in done.stderr
    assert "1 could not be made: the reasons are in" in done.stderr
    assert names(folder) == ["%3D1%2B1.xml", "problems.csv"]
    (problem,) = problems(folder)
    assert problem["number"] == "'=1+2"
    assert (problem["issued_on"], problem["rule"], problem["field"]) == (
        "2025-06-02",
        "PEPPOL-EN16931-R003",
        "customer.buyer_reference",
    )


def test_the_list_of_problems_is_of_the_last_run(
    books: Database, seller: Principal, export: Export, folder: Path
) -> None:
    sold(books, seller, buyer_reference=None)
    assert export().exit_code == 1
    assert export(days=("2025-07-01", "2025-07-31")).exit_code == 0
    assert names(folder) == []


def test_another_file_of_the_name_stays_unless_it_is_to_be_replaced(
    books: Database, export: Export, folder: Path
) -> None:
    """Such as that of another account, whose numbers are the same."""
    one, other = shop(books, name="One"), shop(books, name="Other")
    number = sold(books, one)
    assert sold(books, other) == number
    assert "Say which account" in export().stderr
    assert export("--account", "One").exit_code == 0
    before = (folder / f"{number}.xml").read_bytes()
    assert export("--account", "Other").exit_code == 1
    assert [each["rule"] for each in problems(folder)] == ["FILE_DIFFERS"]
    assert (folder / f"{number}.xml").read_bytes() == before
    assert export("--account", "Other", "--replace").exit_code == 0
    assert (folder / f"{number}.xml").read_bytes() != before


def test_one_that_cannot_be_read_does_not_keep_the_others(
    books: Database, seller: Principal, export: Export, folder: Path
) -> None:
    number = sold(books, seller)
    books.write(damaged_copy)
    assert sold(books, seller, now=factories.NOW + timedelta(hours=1)) != number
    done = export()
    assert (done.exit_code, done.stdout) == (1, "2 e-invoices written, 0 were there already.\n")
    (problem,) = problems(folder)
    assert (problem["number"], problem["rule"]) == ("damaged", "FAILED")
    assert problem["message"].startswith("KeyError")


def damaged_copy(connection: Connection) -> None:
    """Adds an invoice whose snapshot is none."""
    copied = dict(connection.execute(select(invoices)).mappings().one())
    other = {"id": "damaged", "number": "damaged", "handle": None, "sequence": 99, "snapshot": "{}"}
    connection.execute(insert(invoices).values({**copied, **other}))


@pytest.mark.usefixtures("seller")
def test_the_last_day_is_not_before_the_first(export: Export, folder: Path) -> None:
    refused = export(days=("2025-06-02", "2025-06-01"))
    assert (refused.exit_code, folder.exists()) == (1, False)
    assert "--to must not be before --from" in refused.stderr


@pytest.mark.parametrize(
    ("number", "name"),
    [
        ("INV-2026-00001", "INV-2026-00001.xml"),
        ("Ä_1", "Ä_1.xml"),
        ("../../a/b", "%2E.%2F..%2Fa%2Fb.xml"),
        ("a b\\c:d", "a%20b%5Cc%3Ad.xml"),
        ("50%", "50%25.xml"),
        ("😀", "%F0%9F%98%80.xml"),
        ("𝔘" * 60, f"{'𝔘' * 40}~35c7a63a3ef101a810e1c88652e0443e.xml"),
    ],
)
def test_a_number_is_a_safe_name(number: str, name: str) -> None:
    assert file_name(number, ".xml") == name


@given(one=st.text(min_size=1, max_size=20), other=st.text(min_size=1, max_size=20))
def test_no_two_numbers_have_the_same_name(one: str, other: str) -> None:
    assert (file_name(one, ".xml") == file_name(other, ".xml")) == (one == other)
