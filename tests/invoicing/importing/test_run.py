"""The import command."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer import Typer
from typer.testing import CliRunner

from invoicing.storage.database import Database
from invoicing.storage.tables import orders
from server.commands.import_orders import import_
from tests.support import factories
from tests.support.import_files import HEADER, count_rows, reject_reasons


@pytest.fixture
def command(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    monkeypatch.setenv("INVOICING_DATABASE_URL", database_url)
    app = Typer()
    app.command()(import_)
    return lambda *words, **how: CliRunner().invoke(app, [*map(str, words)], **how)


@pytest.mark.usefixtures("principal")
def test_the_command_shows_what_happened_to_the_lines(command: Callable[..., Any], tmp_path: Path) -> None:
    file = tmp_path / "orders.csv"
    file.write_text(f"{HEADER},customer_name\n1,Mug,1,12.10,Ann\n2,Mug,x,1,Ann\n")
    result = command(file, "--invoice", "--currency", "USD")
    assert result.exit_code == 0, result.output
    assert "invalid_quantity 1 Orders imported 1" in " ".join(result.stdout.split())
    assert "Invoiced, with VAT, USD 12.10" in " ".join(result.stdout.split())
    assert reject_reasons(Path(f"{file}.rejects.csv")) == [("3", "invalid_quantity")]


@pytest.mark.usefixtures("principal")
def test_the_command_shows_what_was_credited(command: Callable[..., Any], tmp_path: Path) -> None:
    file = tmp_path / "retail.csv"
    file.write_text(
        "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"
        "1,M1,MUG,6,2025-03-01,1000,ann,France\n"
        "C9,M1,MUG,-2,2025-03-03,990,ann,France\n"
        "C9,L1,LAMP,-1,2025-03-03,8,ann,France\n"
    )
    result = command(file, "--invoice", "--format", "online-retail", "--vat-rate", "20")
    assert result.exit_code == 0, result.output
    output = " ".join(result.stdout.split())
    assert "returned 1 sold at another price 1 already there 0 rejected 1 no_earlier_sale 1" in output
    assert "Credits 1 Credited, with VAT, GBP 2,400.00" in output


@pytest.mark.usefixtures("principal")
def test_the_command_reads_standard_input(command: Callable[..., Any], tmp_path: Path) -> None:
    text = f"{HEADER},customer_name\n1,Mug,1,12.10,Ann\n"
    result = command("-", "--rejects", tmp_path / "rejects.csv", input=text)
    assert result.exit_code == 0, result.output
    assert "Orders imported 1" in " ".join(result.stdout.split())


@pytest.mark.usefixtures("principal")
@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--currency", "EURO"], "--currency must be an ISO 4217 code"),
        (["--vat-rate", "900"], "--vat-rate must be a percentage"),
        (["--account", "Nobody"], "There is no account “Nobody”"),
        (["--rejects", "orders.csv"], "would overwrite the file itself"),
    ],
)
def test_the_command_says_what_is_wrong_with_an_option(
    command: Callable[..., Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    words: list[str],
    says: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("orders.csv").write_text(f"{HEADER}\n")
    result = command("orders.csv", *words)
    assert result.exit_code == 1
    assert says in result.stderr


@pytest.mark.usefixtures("principal")
def test_the_command_says_when_there_is_no_such_file(command: Callable[..., Any], tmp_path: Path) -> None:
    result = command(tmp_path / "none.csv")
    assert result.exit_code == 1
    assert "No such file" in result.stderr


def test_nothing_is_imported_to_be_invoiced_by_an_incomplete_seller(
    command: Callable[..., Any], database: Database, tmp_path: Path
) -> None:
    factories.principal(database, vat_number=None)
    file = tmp_path / "orders.csv"
    file.write_text(f"{HEADER},customer_name\n1,Mug,1,12.10,Ann\n")
    refused = command(file, "--invoice")
    assert (refused.exit_code, count_rows(database, orders)) == (1, 0)
    assert "vat_number (or tax_number)" in refused.output
    assert command(file).exit_code == 0
    assert count_rows(database, orders) == 1


def test_an_order_whose_vat_category_is_not_allowed_is_imported_and_not_invoiced(
    command: Callable[..., Any], database: Database, tmp_path: Path
) -> None:
    factories.principal(database)
    file = tmp_path / "orders.csv"
    header = f"{HEADER},customer_name,customer_handle,customer_vat_number,vat_category"
    file.write_text(f"{header}\n1,Advice,1,10,Ann,ann,,AE\n2,Advice,1,10,Bob,bob,DE123456788,AE\n")
    done = command(file, "--invoice")
    assert done.exit_code == 0, done.output
    assert "Invoices 1 Not invoiced (VAT category) 1" in " ".join(done.stdout.split())
    assert "as `blocked` on them says: 1." in done.stdout
    assert count_rows(database, orders) == 2
