"""`invoicing rates import` reads the European Central Bank's file, as text and as zip."""

from __future__ import annotations

import os
import zipfile
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from invoicing.accounts import settings as account_settings
from invoicing.accounts.exchange_rates import exchange_rate
from invoicing.storage.database import Database
from server.commands.cli import app
from tests.support import factories

HISTORY = "Date,USD,JPY,BGN,\n2025-06-02,1.1419,162.93,1.9558,\n2025-05-30,1.1339,163.1,N/A,\n"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A database of its own, with one account."""
    for name in [name for name in os.environ if name.startswith("INVOICING_")]:
        monkeypatch.delenv(name)
    assert run(tmp_path, "account", "create", "Shop", "--country", "NL").exit_code == 0
    return tmp_path


def run(home: Path, *arguments: str) -> Result:
    return CliRunner(env={"INVOICING_DATA_DIR": str(home)}).invoke(app, arguments)


def known(home: Path, currency: str, day: date, base: str = "EUR") -> str | None:
    database = Database(f"sqlite:///{home / 'invoicing.db'}")
    try:
        (seller,) = database.read(account_settings.accounts_named, None)
        return database.read(exchange_rate, seller.id, currency=currency, base=base, day=day)
    finally:
        database.close()


@pytest.mark.parametrize("kind", ["csv", "zip"])
def test_the_banks_file_is_imported_as_often_as_one_likes(home: Path, kind: str) -> None:
    file = home / f"eurofxref-hist.{kind}"
    if kind == "csv":
        file.write_text(HISTORY)
    else:
        with zipfile.ZipFile(file, "w") as packed:
            packed.writestr("eurofxref-hist.csv", HISTORY)
    for _ in range(2):
        done = run(home, "rates", "import", str(file))
        assert (done.exit_code, done.output) == (
            0,
            "5 exchange rates of 2 days, 2025-05-30 to 2025-06-02.\n",
        )
    assert known(home, "USD", date(2025, 6, 1)) == "1.1339"
    assert known(home, "USD", date(2025, 6, 2)) == "1.1419"
    assert known(home, "USD", factories.NOW.date(), base="JPY") == "0.007008531271"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"order,price\n1,2\n", "first column must be"),
        (b"Date,USD\n2999-01-01,1.1\n", "must not be in the future"),
        (b"Date,USD\n2025-06-02,0\n", "positive decimal"),
        (b"Date,XAU\n2025-06-02,1\n", "ISO 4217"),
        (b"\xff\xfe", "utf-8"),
    ],
)
def test_another_file_is_refused_with_the_reason(home: Path, content: bytes, reason: str) -> None:
    file = home / "rates.csv"
    file.write_bytes(content)
    refused = run(home, "rates", "import", str(file))
    assert refused.exit_code == 1
    assert reason in refused.output
    assert known(home, "USD", date(2999, 1, 1)) is None


def test_a_zip_file_has_one_csv_file_in_it(home: Path) -> None:
    with zipfile.ZipFile(home / "rates.zip", "w") as packed:
        packed.writestr("readme.txt", "")
    refused = run(home, "rates", "import", str(home / "rates.zip"))
    assert (refused.exit_code, "one CSV file in it (it has 0)" in refused.output) == (1, True)
    assert run(home, "rates", "import", str(home / "nowhere.csv")).exit_code == 1
