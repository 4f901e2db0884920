"""The command line: what it makes, what it says, and what it refuses in which words."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, text
from typer.testing import CliRunner, Result

from invoicing.access import Scope
from invoicing.accounts import api_keys
from invoicing.accounts import settings as account_settings
from invoicing.storage.database import Database
from schema import sdl
from server import logs
from server.commands.cli import app
from tests.support.factories import NOW
from tools.ports import free_port

Command = Callable[..., Result]
ROOT = Path(__file__).parents[3]


@pytest.fixture(params=["embedded", "sqlite", "postgresql"])
def environment(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[dict[str, str]]:
    """The server's own file, or a database of its own that is migrated already."""
    data_dir = {"INVOICING_DATA_DIR": str(tmp_path / "data")}
    if request.param == "embedded":
        yield data_dir
        return
    with request.getfixturevalue(f"fresh_{request.param}")() as url:
        yield {**data_dir, "INVOICING_DATABASE_URL": url}


@pytest.fixture
def invoicing(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Command:
    for name in [name for name in os.environ if name.startswith("INVOICING_")]:
        monkeypatch.delenv(name)
    monkeypatch.setattr(logs, "configure", lambda _: None)  # of this process: other tests read its logs
    return lambda *arguments: CliRunner(env=environment).invoke(app, arguments)


def opened(environment: dict[str, str]) -> Database:
    file = Path(environment["INVOICING_DATA_DIR"], "invoicing.db")
    return Database(environment.get("INVOICING_DATABASE_URL", f"sqlite:///{file}"))


def read(environment: dict[str, str], work: Any, *arguments: Any) -> Any:
    database = opened(environment)
    try:
        return database.read(work, *arguments)
    finally:
        database.close()


def write(environment: dict[str, str], work: Callable[[Connection], None]) -> None:
    database = opened(environment)
    try:
        database.write(work)
    finally:
        database.close()


def test_the_first_key_makes_the_first_account_and_its_token_is_the_last_line(
    invoicing: Command, environment: dict[str, str]
) -> None:
    result = invoicing("key", "create", "--name", "Back office")
    assert result.exit_code == 0, result.output
    token = result.stdout.splitlines()[-1]
    assert result.stdout == f"{token}\n"
    found = read(environment, api_keys.find_principal, token)
    assert (found.actor.name, found.scopes) == ("Back office", frozenset(Scope))
    (account,) = read(environment, account_settings.accounts_named, None)
    assert found.account_id == account.id
    assert account.id in result.stderr
    assert "address.locality, address.country_code and vat_number (or tax_number) are set" in result.stderr
    assert 'address: {address_line_1: "…", locality: "…", country_code: "…"}}' in result.stderr
    assert token not in result.stderr


def test_the_first_key_takes_what_the_first_account_is_and_a_later_one_does_not(
    invoicing: Command, environment: dict[str, str]
) -> None:
    seller = [
        *(
            "--trading-name",
            "Mug & Co",
            "--legal-name",
            "Mug & Co B.V.",
            "--country",
            "NL",
            "--town",
            "Breda",
        ),
        *("--street", "Markt 1", "--country", "NL", "--vat-number", "NL004495445B01"),
    ]
    result = invoicing("key", "create", "--name", "Till", *seller)
    assert result.exit_code == 0, result.output
    assert "It can issue invoices once" not in result.stderr
    (account,) = read(environment, account_settings.accounts_named, "Mug & Co")
    assert (account.legal_name, account.default_currency) == ("Mug & Co B.V.", "EUR")
    later = invoicing("key", "create", "--name", "Till 2", "--vat-number", "NL004495445B01")
    assert later.exit_code != 0
    assert "There is an account already" in later.stderr


def test_a_second_key_is_of_the_same_account_and_may_do_what_it_is_told(
    invoicing: Command, environment: dict[str, str]
) -> None:
    invoicing("key", "create", "--name", "First")
    result = invoicing(
        "key", "create", "--name", "Second", "--scope", "orders:read", "--scope", "orders:write"
    )
    found = read(environment, api_keys.find_principal, result.stdout.splitlines()[-1])
    assert found.scopes == {Scope.ORDERS_READ, Scope.ORDERS_WRITE}
    assert len(read(environment, account_settings.accounts_named, None)) == 1


def test_a_key_too_many_is_refused_in_words(invoicing: Command, environment: dict[str, str]) -> None:
    token = invoicing("key", "create", "--name", "First").stdout.splitlines()[-1]
    account = read(environment, api_keys.find_principal, token).account_id

    def make_the_others(connection: Connection) -> None:
        for _ in range(api_keys.MAX_KEYS - 1):
            api_keys.create_api_key(connection, account, name="Till", scopes=Scope, now=NOW)

    write(environment, make_the_others)
    refused = invoicing("key", "create", "--name", "Till")
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "at most 100 API keys that work: revoke one first" in refused.stderr


def test_accounts_are_made_listed_and_chosen(invoicing: Command, environment: dict[str, str]) -> None:
    ids = [invoicing("account", "create", name).stdout.strip() for name in ("Mug & Co", "Cups Ltd")]
    listed = invoicing("account", "list").stdout
    assert listed == f"{ids[0]}  Mug & Co\n{ids[1]}  Cups Ltd\n"
    which = invoicing("key", "create", "--name", "Till")
    assert which.exit_code == 1
    assert "--account" in which.stderr
    assert all(id in which.stderr for id in ids)
    for named in ("Cups Ltd", ids[1]):
        token = invoicing("key", "create", "--name", "Till", "--account", named).stdout.splitlines()[-1]
        assert read(environment, api_keys.find_principal, token).account_id == ids[1]


def test_an_account_takes_the_defaults_of_its_country_and_says_what_is_missing(
    invoicing: Command, environment: dict[str, str]
) -> None:
    made = invoicing(
        *("account", "create", "Kopjes", "--country", "FI", "--street", "Aleksanterinkatu 1"),
        *("--postal-code", "00100", "--town", "Helsinki", "--iban", "FI21 1234 5600 0007 85"),
    )
    assert made.exit_code == 0, made.output
    (account,) = read(environment, account_settings.accounts_named, None)
    assert made.stdout == f"{account.id}\n"
    assert (
        "EUR with 25.5 % VAT, in the language fi, dated in Europe/Helsinki, on paper of size A4"
        in made.stderr
    )
    assert "once its legal_name and vat_number (or tax_number) are set" in made.stderr
    assert 'updateAccount(input: {legal_name: "…", vat_number: "…"})' in made.stderr
    assert (account.iban, account.address["locality"]) == ("FI2112345600000785", "Helsinki")
    whole = invoicing(
        *("account", "create", "Kopjes", "--legal-name", "Kopjes B.V."),
        *("--country", "NL", "--street", "Markt 1"),
        *("--postal-code", "2611 GP", "--town", "Delft", "--vat-number", "NL 1234.56.782.B01"),
    )
    assert "updateAccount" not in whole.stderr


def test_an_account_with_a_wrong_value_is_not_made(invoicing: Command, environment: dict[str, str]) -> None:
    for option, value in (("--vat-number", "NL123456789B01"), ("--country", "XX"), ("--iban", "NL00")):
        refused = invoicing("account", "create", "Kopjes", option, value)
        assert (refused.exit_code, refused.stdout) == (1, "")
        assert value in refused.stderr
    assert read(environment, account_settings.accounts_named, None) == []


def test_an_unknown_account_or_scope_is_told(invoicing: Command) -> None:
    invoicing("account", "create", "Mug & Co")
    unknown = invoicing("key", "create", "--name", "Till", "--account", "Nobody")
    assert (unknown.exit_code, unknown.stdout) == (1, "")
    assert "There is no account “Nobody”." in unknown.stderr
    scope = invoicing("key", "create", "--name", "Till", "--scope", "everything")
    assert scope.exit_code == 2
    assert "everything" in scope.stderr
    nameless = invoicing("key", "create", "--name", " ")
    assert (nameless.exit_code, nameless.stdout) == (1, "")
    assert "name" in nameless.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("serve", "--port", "0"),
        ("worker", "--drain"),
        ("migrate",),
        ("verify",),
        ("account", "list"),
        ("key", "create", "--name", "Another"),
        ("demo",),
    ],
)
def test_a_database_of_a_newer_version_is_refused_in_one_sentence(
    invoicing: Command, environment: dict[str, str], arguments: tuple[str, ...]
) -> None:
    assert invoicing("migrate").exit_code == 0
    database = opened(environment)
    database.write(
        lambda connection: connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    )
    database.close()
    result = invoicing(*arguments)
    assert (result.exit_code, result.stdout) == (1, "")
    (sentence,) = result.stderr.splitlines()
    assert sentence.startswith("The database has version 9999, and this is an older invoicing")
    assert "invoicing migrate" not in sentence


def test_a_port_that_is_taken_is_said_in_one_sentence(invoicing: Command) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        result = invoicing("serve", "--port", str(port))
    assert result.exit_code == 1
    assert result.stderr == (
        f"Nothing can listen on port {port} of 127.0.0.1 (Address already in use): say --port.\n"
    )


def test_to_see_whether_a_port_is_free_nobody_is_let_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listened: list[object] = []
    monkeypatch.setattr(socket.socket, "listen", lambda *given: listened.append(given))
    monkeypatch.setattr(logs, "configure", lambda _: None)
    away = {"INVOICING_DATA_DIR": str(tmp_path), "INVOICING_DATABASE_URL": "postgresql://x@127.0.0.1:1/x"}
    assert CliRunner(env=away).invoke(app, ["serve", "--port", str(free_port())]).exit_code == 1
    assert not listened


def test_a_database_that_is_away_is_said_in_one_sentence(tmp_path: Path) -> None:
    settings = {"INVOICING_DATA_DIR": str(tmp_path), "INVOICING_DATABASE_URL": "postgresql://x@127.0.0.1:1/x"}
    command = [sys.executable, "-c", "from server.entry import main; main()", "verify"]
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, **settings}, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (1, "")
    (sentence,) = done.stderr.splitlines()
    assert sentence.startswith("invoicing: OperationalError: ")


def test_migrating_twice_is_as_good_as_once(invoicing: Command) -> None:
    for _ in range(2):
        result = invoicing("migrate")
        assert result.exit_code == 0, result.output
        assert "Up to date" in result.stderr
    assert invoicing("account", "list").exit_code == 0


def test_the_schema_is_printed_as_it_is_committed(tmp_path: Path) -> None:
    printed = CliRunner().invoke(app, ["export-schema"])
    assert printed.stdout == sdl() == (ROOT / "schema.graphql").read_text()
    file = tmp_path / "schema.graphql"
    assert CliRunner().invoke(app, ["export-schema", str(file)]).exit_code == 0
    assert file.read_text() == sdl()


def test_a_database_that_is_not_migrated_is_told(tmp_path: Path) -> None:
    env = {"INVOICING_DATABASE_URL": f"sqlite:///{tmp_path / 'new.db'}", "INVOICING_DATA_DIR": str(tmp_path)}
    result = CliRunner(env=env).invoke(app, ["key", "create", "--name", "Till"])
    assert result.exit_code == 1
    assert "invoicing migrate" in result.stderr
    assert CliRunner(env=env).invoke(app, ["migrate"]).exit_code == 0
    assert CliRunner(env=env).invoke(app, ["key", "create", "--name", "Till"]).exit_code == 0


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("INVOICING_WORKERS", "many"),
        ("INVOICING_WORKERS", "-1"),
        ("INVOICING_LINK_SECONDS", "0"),
        ("INVOICING_DATABASE_THREADS", "x"),
    ],
)
def test_a_variable_that_is_wrong_is_named(tmp_path: Path, name: str, value: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from server.commands.cli import main; main()", "account", "list"],
        cwd=ROOT,
        env={**os.environ, "INVOICING_DATA_DIR": str(tmp_path), name: value},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert name in done.stderr
    assert value in done.stderr
    assert "Traceback" not in done.stderr
