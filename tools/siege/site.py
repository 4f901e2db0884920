"""What is besieged: a database, the servers and workers on it, and the accounts of the clients."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from invoicing.access import Scope
from invoicing.accounts import api_keys
from invoicing.accounts import settings as account_settings
from invoicing.accounts.values import CreateAccountValues
from invoicing.errors import DatabaseUnavailable
from invoicing.storage import migrations
from invoicing.storage.database import Database
from tools.ports import free_port
from tools.siege import clock
from tools.siege.history import ADDRESS
from tools.siege.postgresql import Postgresql, memory
from tools.siege.processes import Process

SQLITE, POSTGRESQL = "SQLite", "PostgreSQL"
KINDS = (SQLITE, POSTGRESQL)
_NUMBERS = {SQLITE: (1, 1), POSTGRESQL: (2, 2)}
"""How many servers and workers."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Seller:
    account: str
    token: str


@dataclass
class Site:
    kind: str
    folder: Path
    database: Database
    servers: list[tuple[Process, int]]
    workers: list[Process]
    sellers: list[Seller]
    postgresql: Postgresql | None

    @property
    def processes(self) -> list[Process]:
        return [*(server for server, _ in self.servers), *self.workers]

    def read(self, work: Callable[[Connection], T]) -> T:
        """What a read returns, once the database is there: it may be recovering from the last fault."""
        return self._once_there(lambda: self.database.read(work))

    def write(self, work: Callable[[Connection], T]) -> T:
        """What a write returns, once the database is there. It may be done twice."""
        return self._once_there(lambda: self.database.write(work))

    def _once_there(self, work: Callable[[], T]) -> T:
        while True:
            try:
                return work()
            except (DatabaseUnavailable, OperationalError):
                self.revive()
                time.sleep(0.05)

    def revive(self) -> None:
        """Starts whatever does not run."""
        if self.postgresql is not None:
            self.postgresql.wait()
        for process in self.processes:
            if not process.is_running:
                process.start()


@contextmanager
def opened_site(kind: str) -> Iterator[Site]:
    with tempfile.TemporaryDirectory(prefix="siege-", dir=memory(), ignore_cleanup_errors=True) as name:
        folder = Path(name)
        postgresql = None if kind == SQLITE else Postgresql()
        try:
            yield from _site(kind, folder, postgresql)
        finally:
            if postgresql is not None:
                postgresql.close()
            shutil.rmtree(folder, ignore_errors=True)


def _site(kind: str, folder: Path, postgresql: Postgresql | None) -> Iterator[Site]:
    url = f"sqlite:///{folder}/invoicing.db"
    if postgresql is not None:
        postgresql.wait()
        url = postgresql.create("siege")
    database = Database(url)
    migrations.upgrade(database)
    sellers = [_seller(database, f"Shop {at}") for at in range(2)]
    settings = {
        "INVOICING_DATA_DIR": str(folder),
        "INVOICING_DATABASE_URL": "" if postgresql is None else url,
        "INVOICING_SANDBOX": "true",
        "INVOICING_LOG_LEVEL": "WARNING",
        "INVOICING_WEBHOOK_PRIVATE_ADDRESSES": "true",
    }
    servers, workers = _NUMBERS[kind]
    ports = [free_port() for _ in range(servers)]
    site = Site(
        kind,
        folder,
        database,
        [(_server(f"server-{at}", port, settings, folder), port) for at, port in enumerate(ports)],
        [_worker(f"worker-{at}", settings, folder) for at in range(workers)],
        sellers,
        postgresql,
    )
    try:
        site.revive()
        yield site
    finally:
        for process in site.processes:
            process.close()
        database.close()


def _server(name: str, port: int, settings: dict[str, str], folder: Path) -> Process:
    arguments = ["serve", "--no-demo", "--port", str(port)]
    return Process(
        name, arguments, {**settings, **clock.environment(folder, name), "INVOICING_WORKERS": "0"}, folder
    )


def _worker(name: str, settings: dict[str, str], folder: Path) -> Process:
    return Process(
        name, ["worker"], {**settings, **clock.environment(folder, name), "INVOICING_WORKERS": "1"}, folder
    )


def _seller(database: Database, name: str) -> Seller:
    given: CreateAccountValues = {
        "name": name,
        "legal_name": name,
        "address": ADDRESS,  # type: ignore[typeddict-item]
        "vat_number": "NL123456782B01",
        "timezone": clock.zone_at_noon(datetime.now(UTC)),
    }
    now = datetime.now(UTC)
    account = database.write(account_settings.create_account, given, now=now)
    _, token = database.write(api_keys.create_api_key, account, name="Siege", scopes=list(Scope), now=now)
    return Seller(account, token)
