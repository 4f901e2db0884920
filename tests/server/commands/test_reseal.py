"""`invoicing reseal`: the server's secret is changed, and webhooks are signed as before."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import select, update

from invoicing.access import Principal
from invoicing.keyring import Keyring
from invoicing.storage.database import Database
from invoicing.storage.tables import webhook_endpoints
from invoicing.webhooks import endpoints
from invoicing.webhooks.values import CreateWebhookEndpointValues
from server.commands.reseal import seal_stored
from server.settings import Settings
from tests.server.commands.test_cli import Command, opened
from tests.server.commands.test_cli import environment as environment
from tests.server.commands.test_cli import invoicing as invoicing
from tests.support import factories

HOOK: CreateWebhookEndpointValues = {"url": "https://shop.example/hook", "events": ["invoice.created"]}


def made(environment: dict[str, str], keyring: Keyring, now: datetime) -> tuple[Principal, str]:
    """An endpoint's secret, stored under the keyring."""
    database = opened(environment)
    principal = factories.principal(database)
    create = partial(endpoints.create_webhook_endpoint, keyring=keyring, now=now)
    _, secret = database.write(create, principal, HOOK)
    database.close()
    return principal, secret


def read(database: Database, keyring: Keyring) -> str:
    rows = database.read(lambda connection: connection.execute(select(webhook_endpoints)).all())
    (row,) = rows
    return keyring.open(row.secret, f"webhook_endpoints/{row.account_id}/{row.id}")


def test_the_servers_secret_is_changed(
    invoicing: Command, environment: dict[str, str], now: datetime
) -> None:
    assert invoicing("key", "create", "--name", "Shop").exit_code == 0
    old, new = "o" * 32, "n" * 32
    _, secret = made(environment, Keyring(old), now)
    environment |= {"INVOICING_SECRET_KEY": new, "INVOICING_OLD_SECRET_KEYS": f"{'x' * 32} {old}"}
    told = invoicing("reseal")
    assert (told.exit_code, told.stderr) == (0, "Secrets that were encrypted again: 1.\n")
    database = opened(environment)
    assert read(database, Keyring(new)) == secret
    database.close()
    assert invoicing("reseal").stderr == "Secrets that were encrypted again: 0.\n"


def test_a_secret_that_is_lost_is_said_in_one_sentence(
    invoicing: Command, environment: dict[str, str], now: datetime
) -> None:
    assert invoicing("key", "create", "--name", "Shop").exit_code == 0
    made(environment, Keyring("o" * 32), now)
    told = invoicing("reseal")
    assert told.exit_code == 1
    assert "Secrets of webhooks that cannot be read here: 1." in told.stderr
    assert "Traceback" not in told.stderr
    assert told.exception is None or isinstance(told.exception, SystemExit)


def test_a_server_encrypts_what_a_version_before_has_stored(
    database: Database, principal: Principal, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    create = partial(endpoints.create_webhook_endpoint, keyring=Keyring("o" * 32), now=factories.NOW)
    database.write(create, principal, HOOK)
    settings = Settings(data_dir=tmp_path)
    seal_stored(settings, database)
    assert "cannot be read here: 1." in capsys.readouterr().err
    plain = update(webhook_endpoints).values(secret="whsec_plain")
    database.write(lambda connection: connection.execute(plain))
    seal_stored(settings, database)
    assert capsys.readouterr().err == ""
    (row,) = database.read(lambda connection: connection.execute(select(webhook_endpoints)).all())
    assert "plain" not in row.secret
    assert read(database, Settings(data_dir=tmp_path).keyring) == "whsec_plain"


def test_the_servers_secrets_are_not_printed(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, secret_key="s" * 32, old_secret_keys="o" * 32)
    assert "sss" not in repr(settings)
    assert "ooo" not in repr(settings)
