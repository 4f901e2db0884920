"""`invoicing erase-customer`: it asks first, says what it did, and leaves its entry in the audit log."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from invoicing.access import COMMAND_LINE, Principal, Scope
from invoicing.customers import details
from invoicing.storage.database import Database
from server.commands.cli import app
from tests.server.commands.test_cli import Command, opened
from tests.server.commands.test_cli import environment as environment
from tests.server.commands.test_cli import invoicing as invoicing
from tests.support import factories
from tests.support.audit_trail import about, entries_of


@pytest.fixture
def books(invoicing: Command, environment: dict[str, str]) -> Iterator[Database]:
    invoicing("account", "create", "Shop", "--legal-name", "Shop BV", "--country", "NL")
    database = opened(environment)
    yield database
    database.close()


@pytest.fixture
def who(invoicing: Command, books: Database) -> Principal:
    account_id = invoicing("account", "list").stdout.split()[0]
    principal = Principal(account_id, COMMAND_LINE, frozenset(Scope))
    factories.customer(books, principal, id="c", handle="h", name="Ann")
    return principal


def names(database: Database, who: Principal) -> list[Any]:
    return [row.name for row in database.read(details.customers_by_id, who, ["c"]).values()]


def answered(environment: dict[str, str], answer: str) -> Result:
    return CliRunner(env=environment).invoke(app, ["erase-customer", "h"], input=answer)


def test_nothing_is_erased_unless_it_is_meant(
    environment: dict[str, str], books: Database, who: Principal
) -> None:
    refused = answered(environment, "n\n")
    assert (refused.exit_code, names(books, who)) == (1, ["Ann"])
    assert "Erase the customer Ann (c) for good?" in refused.output
    assert answered(environment, "y\n").exit_code == 0
    assert names(books, who) == []


def test_it_says_what_it_did_and_leaves_its_entry(
    invoicing: Command, books: Database, who: Principal
) -> None:
    result = invoicing("erase-customer", "c", "--yes")
    assert (result.exit_code, result.stdout) == (0, "The customer c is deleted, with 0 orders.\n")
    entry = entries_of(books, who.account_id)[-1]
    assert (entry.action, entry.actor_type, about(entry)) == (
        "eraseCustomer",
        "command_line",
        {("customer", "c")},
    )


def test_what_is_open_or_unknown_is_refused(invoicing: Command, books: Database, who: Principal) -> None:
    factories.order(books, who, id="o", customer_id="c")
    for named, told in (("c", "still open with the customer c: orders o"), ("x", "no customer x")):
        result = invoicing("erase-customer", named, "--yes")
        assert result.exit_code == 1
        assert told in result.stderr
    assert names(books, who) == ["Ann"]
