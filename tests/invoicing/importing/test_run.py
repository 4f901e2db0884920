"""The import command."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer import Typer
from typer.testing import CliRunner

from invoicing.access import Principal
from invoicing.importing.columns import PLAIN
from invoicing.importing.csv_file import Source
from invoicing.importing.preview import preview_orders
from invoicing.importing.run import MAX_ORDERS
from invoicing.storage.database import Database
from invoicing.storage.tables import customers, orders
from server.commands.import_orders import import_
from tests.support import factories
from tests.support.import_files import HEADER, ImportFile, count_rows, import_terms, reject_reasons


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
def test_nothing_is_imported_where_rejects_could_not_be_listed(
    command: Callable[..., Any], database: Database, tmp_path: Path
) -> None:
    """Also if the first that is rejected comes after orders that were imported."""
    file = tmp_path / "orders.csv"
    lines = "".join(f"{number},Mug,1,1,Ann\n" for number in range(MAX_ORDERS))
    file.write_text(f"{HEADER},customer_name\n{lines}x,Mug,x,1,Ann\n")
    nowhere = tmp_path / "none" / "rejects.csv"
    result = command(file, "--rejects", nowhere)
    assert (result.exit_code, str(nowhere) in result.stderr) == (1, True)
    assert count_rows(database, orders) == 0
    assert command(file, "--rejects", nowhere, "--dry-run").exit_code == 0


@pytest.mark.usefixtures("principal")
def test_rejects_do_not_overwrite_the_file_under_another_of_its_names(
    command: Callable[..., Any], tmp_path: Path
) -> None:
    file = tmp_path / "orders.csv"
    file.write_text(f"{HEADER},customer_name\n1,Mug,x,1,Ann\n")
    (tmp_path / "hard").hardlink_to(file)
    (tmp_path / "soft").symlink_to(file)
    for name in ("hard", "soft", "orders.csv"):
        result = command(file, "--rejects", tmp_path / name)
        assert (result.exit_code, "would overwrite the file itself" in result.stderr) == (1, True)
    assert file.read_text().endswith("1,Mug,x,1,Ann\n")


@pytest.mark.usefixtures("principal")
def test_what_is_no_plain_file_is_written_to_and_stays(command: Callable[..., Any], tmp_path: Path) -> None:
    """As root, /dev/null would be removed."""
    file, link, target = tmp_path / "orders.csv", tmp_path / "link", tmp_path / "target"
    link.symlink_to(target)
    for cell, listed in (("1", []), ("x", [("2", "invalid_quantity")]), ("1", [])):
        file.write_text(f"{HEADER},customer_name\n1,Mug,{cell},1,Ann\n")
        command(file, "--rejects", link)
        assert (link.is_symlink(), reject_reasons(target)) == (True, listed)


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
    told = command(file, "--invoice", "--dry-run").stdout
    assert "2 orders with a VAT category that the law allows between some parties only" in told
    done = command(file, "--invoice")
    assert done.exit_code == 0, done.output
    assert "Invoices 1 Not invoiced (VAT category) 1" in " ".join(done.stdout.split())
    assert "as `blocked` on them says: 1." in done.stdout
    assert count_rows(database, orders) == 2
    again = "There already: 2 orders"
    assert f"{again}, of which what is not" in command(file, "--invoice", "--dry-run").stdout
    assert f"{again}." in command(file, "--dry-run").stdout


@pytest.mark.usefixtures("principal")
def test_the_exit_code_is_3_when_every_line_was_rejected(command: Callable[..., Any], tmp_path: Path) -> None:
    file = tmp_path / "orders.csv"
    file.write_text(f"{HEADER},customer_name\n1,Mug,x,12.10,Ann\n2,Mug,x,1,Ann\n")
    assert command(file, "--dry-run").exit_code == 3
    assert command(file).exit_code == 3
    file.write_text(f"{HEADER},customer_name\n1,Mug,1,12.10,Ann\n2,Mug,x,1,Ann\n")
    assert command(file).exit_code == 0
    assert command(file).exit_code == 0  # one is there already
    file.write_text(f"{HEADER},customer_name\n")
    assert command(file).exit_code == 0


def test_a_dry_run_shows_the_orders_and_writes_nothing(
    command: Callable[..., Any], database: Database, principal: Principal, tmp_path: Path
) -> None:
    file = tmp_path / "orders.csv"
    lines = "".join(f"{number},Mug,1,2,,ann,Ann,NL\n" for number in range(5, 17))
    file.write_text(
        f"{HEADER},item_type,customer_handle,customer_name,customer_country\n"
        f"1,Mug,3,24.99,,ann,Ann,NL\n1,Off,1,-4.97,DISCOUNT,,,\n2,Mug,1,1.234,,bob,Bob,NL\n{lines}"
    )
    factories.order(database, principal, id="16")
    done = command(file, "--dry-run", "--invoice")
    assert done.exit_code == 0, done.output
    assert "The file is read as UTF-8, separated by commas." in done.stdout
    assert "Order 1 of " in done.stdout
    assert (
        ": Ann, NL, new customer; prices with VAT\n  3 × Mug at 24.99, less 4.97, VAT 21 %: 70.00"
        in done.stdout
    )
    assert "VAT 21 % (S) on 57.85: 12.15\n  Total 70.00 EUR would be invoiced" in done.stdout
    assert "… and 2 more orders." in done.stdout
    assert "Rejected would be 2 lines: invalid_unit_price 1, order_exists 1." in done.stdout
    assert "1.234 if a point" in done.stdout
    assert (
        "12 orders of 13 items would be imported and invoiced, with 1 new customer: 92.00 EUR." in done.stdout
    )
    assert (count_rows(database, orders), count_rows(database, customers)) == (1, 0)
    assert not Path(f"{file}.rejects.csv").exists()


def test_a_dry_run_knows_the_customers_whom_the_orders_before_would_make(
    import_file: ImportFile, database: Database, principal: Principal, tmp_path: Path
) -> None:
    """A customer's details stand on the first order; the last one comes in another transaction."""
    file = tmp_path / "orders.csv"
    names = ["Ann", *[""] * MAX_ORDERS]
    lines = "".join(f"{number},Mug,1,2,ann,{name}\n" for number, name in enumerate(names))
    file.write_text(f"{HEADER},customer_handle,customer_name\n{lines}")
    terms = import_terms(database, principal)
    told = preview_orders(database, principal, Source(file), PLAIN, terms).summary
    done = import_file(file.read_text())
    assert (told.orders, told.customers, told.rejected) == (MAX_ORDERS + 1, 1, {})
    assert (told.orders, told.customers, told.rejected) == (done.orders, done.customers, done.rejected)


@pytest.mark.usefixtures("principal")
@pytest.mark.parametrize("words", [(), ("--dry-run",), ("--format", "shopify")])
def test_a_terminal_obeys_nothing_that_is_in_the_file(
    command: Callable[..., Any], tmp_path: Path, words: tuple[str, ...]
) -> None:
    escape = "\x1b]0;another title\x07\x9b31m"
    file = tmp_path / "orders.csv"
    file.write_text(f"{HEADER},customer_name,{escape}\n1,Mug,{escape},1,Ann,\n2,Mug,1,1,Ann,\n")
    result = command(file, *words)
    assert "another title" in result.output
    assert not {"\x1b", "\x07", "\x9b"} & {*result.output}


@pytest.mark.usefixtures("principal")
def test_a_dry_run_leaves_cancellations_to_the_import(command: Callable[..., Any], tmp_path: Path) -> None:
    file = tmp_path / "retail.csv"
    file.write_text(
        "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"
        "1,M1,MUG,6,2025-03-01,1000,ann,France\nC9,M1,MUG,-2,2025-03-03,990,ann,France\n"
    )
    done = command(file, "--dry-run", "--format", "online-retail", "--vat-rate", "20")
    assert "prices without VAT" in done.stdout
    assert "1 cancellation: what is taken back is matched in the import alone." in done.stdout


@pytest.mark.usefixtures("principal")
def test_encoding_delimiter_and_decimals_can_be_told(command: Callable[..., Any], tmp_path: Path) -> None:
    file = tmp_path / "orders.csv"
    file.write_bytes(f"{HEADER},customer_name\n1,Mug,1,1.234,Jörg\n".replace(",", "|").encode("cp850"))
    done = command(file, "--encoding", "cp850", "--delimiter", "|", "--decimal", "comma")
    assert done.exit_code == 0, done.output
    assert "The file is read as cp850, separated by vertical bars." in done.stdout
    assert "Ordered, with VAT, EUR 1,234.00" in " ".join(done.stdout.split())
    assert "There is no encoding “x”" in command(file, "--encoding", "x").stderr
    assert "“;;” is no delimiter" in command(file, "--delimiter", ";;").stderr


@pytest.mark.usefixtures("principal")
def test_the_command_takes_a_map_and_options_come_first(command: Callable[..., Any], tmp_path: Path) -> None:
    file, column_map = tmp_path / "sheet.csv", tmp_path / "map.toml"
    file.write_bytes("nr;wer;was;preis\n1;Jörg;Käse;1.234\n".encode("cp850"))
    column_map.write_text(
        'decimal = "point"\nencoding = "cp850"\ndelimiter = ";"\nincluding_vat = false\ncurrency = "CHF"\n'
        'vat_rate = 8.1\n[columns]\norder_number = "nr"\nname = "was"\nunit_price = "preis"\n'
        'customer_name = "wer"\n[constants]\nquantity = 1\n'
    )
    done = command(file, "--map", column_map, "--decimal", "comma", "--dry-run")
    assert done.exit_code == 0, done.output
    assert ": Jörg; prices without VAT\n  1 × Käse at 1234.00, VAT 8.1 %: 1234.00" in done.stdout
    assert "Total 1333.95 CHF" in done.stdout
    refused = command(file, "--map", column_map, "--format", "shopify")
    assert (refused.exit_code, "--map goes with the plain format" in refused.stderr) == (1, True)
    assert command(file, "--map", tmp_path / "none.toml").exit_code == 1


@pytest.mark.usefixtures("principal")
@pytest.mark.parametrize(
    ("name", "layout"),
    [
        ("shopify", "shopify"),
        ("woocommerce", "woocommerce"),
        ("woocommerce-extension", "woocommerce"),
        ("stripe-invoices", "stripe"),
        ("stripe-payments", "stripe"),
    ],
)
def test_who_imports_a_shops_export_is_told_its_format(
    command: Callable[..., Any], name: str, layout: str
) -> None:
    file = Path(__file__).parent / "exports" / f"{name}.csv"
    refused = command(file, "--dry-run")
    assert refused.exit_code == 1
    assert f"It has the columns of --format {layout}." in refused.stderr
    assert command(file, "--dry-run", "--format", layout).exit_code == 0
