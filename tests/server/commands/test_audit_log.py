"""Every command that changes something of an account leaves its entry."""

from __future__ import annotations

from pathlib import Path

import typer
from typer.main import get_command

from invoicing.accounts import settings
from invoicing.storage.database import Database
from server.commands.cli import app
from tests.server.commands.test_cli import Command, opened
from tests.server.commands.test_cli import environment as environment
from tests.server.commands.test_cli import invoicing as invoicing
from tests.support.audit_trail import entries_of

LEAVES_NONE_HERE = {
    "account list",
    "backup",
    "copy-pdfs",  # the files, as they are
    "erase-customer",  # see test_erase_customer.py
    "export-einvoices",  # reads
    "export-schema",
    "migrate",  # the tables, not what is in an account
    "reseal",  # the same secrets, encrypted with another key
    "restore",  # into an empty database: what is in it, the log too, is as it was
    "serve",  # makes the demo shop as `demo` does; what is asked of it has entries of its own
    "verify",
    "verify-numbering",
    "worker",  # see tests/server/workers/test_charges.py
}
RATES = "Date, USD, \n02 June 2025, 1.1, \n"
ORDERS = (
    "order_number,customer_handle,customer_name,customer_country,name,quantity,unit_price\n"
    "1,ann,Ann Baker,NL,Mug,1,9\n"
)


def commands() -> set[str]:
    found, group = set(), get_command(app)
    assert isinstance(group, typer.core.TyperGroup)
    for name, command in group.commands.items():
        inner = command.commands if isinstance(command, typer.core.TyperGroup) else None
        found |= {name} if inner is None else {f"{name} {each}" for each in inner}
    return found


def left(database: Database, account_id: str) -> list[tuple[str, str]]:
    return [(entry.action, entry.actor_type) for entry in entries_of(database, account_id)]


def test_every_command_leaves_its_entry(
    invoicing: Command, environment: dict[str, str], tmp_path: Path
) -> None:
    rates, orders = tmp_path / "rates.csv", tmp_path / "orders.csv"
    rates.write_text(RATES)
    orders.write_text(ORDERS)
    account_id = invoicing("account", "create", "Shop").stdout.split()[-1]
    mine = ("--account", account_id)
    done = {
        "account create": "createAccount",
        "key create": "createApiKey",
        "rates import": "setExchangeRates",
        "import": "importOrders",
    }
    for arguments in (
        ("key", "create", "--name", "K", *mine),
        ("rates", "import", str(rates), *mine),
        ("import", str(orders), *mine),
    ):
        result = invoicing(*arguments)
        assert result.exit_code == 0, result.output
    database = opened(environment)
    assert left(database, account_id) == [(action, "command_line") for action in done.values()]
    invoicing("demo")
    (demo,) = [id for id in accounts(database) if id != account_id]
    assert left(database, demo) == [("createDemoShop", "command_line")]
    invoicing("demo")
    assert len(left(database, demo)) == 1
    database.close()
    assert commands() - LEAVES_NONE_HERE == done.keys() | {"demo"}


def accounts(database: Database) -> list[str]:
    return [account.id for account in database.read(settings.accounts_named, None)]
