"""The import, as it is called."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer import Typer
from typer.testing import CliRunner

from server.commands.import_orders import import_
from tests.support.import_files import HEADER, reasons


@pytest.fixture
def command(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    monkeypatch.setenv("INVOICING_DATABASE_URL", database_url)
    app = Typer()
    app.command()(import_)
    return lambda *words, **how: CliRunner().invoke(app, [*map(str, words)], **how)


@pytest.mark.usefixtures("principal")
def test_the_command_tells_where_the_lines_went(command: Callable[..., Any], tmp_path: Path) -> None:
    file = tmp_path / "orders.csv"
    file.write_text(f"{HEADER},customer_name\n1,Mug,1,12.10,Ann\n2,Mug,x,1,Ann\n")
    told = command(file, "--invoice", "--currency", "USD")
    assert told.exit_code == 0, told.output
    assert "invalid_quantity 1 Orders imported 1" in " ".join(told.stdout.split())
    assert "Invoiced, with VAT, USD 12.10" in " ".join(told.stdout.split())
    assert reasons(Path(f"{file}.rejects.csv")) == [("3", "invalid_quantity")]


@pytest.mark.usefixtures("principal")
def test_the_command_tells_what_was_credited(command: Callable[..., Any], tmp_path: Path) -> None:
    file = tmp_path / "retail.csv"
    file.write_text(
        "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"
        "1,M1,MUG,6,2025-03-01,1000,ann,France\n"
        "C9,M1,MUG,-2,2025-03-03,990,ann,France\n"
        "C9,L1,LAMP,-1,2025-03-03,8,ann,France\n"
    )
    told = command(file, "--invoice", "--format", "online-retail", "--vat-rate", "20")
    assert told.exit_code == 0, told.output
    said = " ".join(told.stdout.split())
    assert "returned 1 sold at another price 1 already there 0 rejected 1 no_earlier_sale 1" in said
    assert "Credits 1 Credited, with VAT, GBP 2,400.00" in said


@pytest.mark.usefixtures("principal")
def test_the_command_reads_standard_input(command: Callable[..., Any], tmp_path: Path) -> None:
    text = f"{HEADER},customer_name\n1,Mug,1,12.10,Ann\n"
    told = command("-", "--rejects", tmp_path / "rejects.csv", input=text)
    assert told.exit_code == 0, told.output
    assert "Orders imported 1" in " ".join(told.stdout.split())


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
    told = command("orders.csv", *words)
    assert told.exit_code == 1
    assert says in told.stderr


@pytest.mark.usefixtures("principal")
def test_the_command_says_when_there_is_no_such_file(command: Callable[..., Any], tmp_path: Path) -> None:
    told = command(tmp_path / "none.csv")
    assert told.exit_code == 1
    assert "No such file" in told.stderr
