"""SQLite on a full disk, or locked by another process: refused as unavailable, and nothing half done."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs

from invoicing.storage.database import Database
from tests.conftest import FreshUrl
from tests.support import factories
from tests.support.client import CREATE_ORDER, Client, client
from tests.support.patience import PATIENCE

COUNT = "{ orders { totalCount } }"
LARGE = {"billing_name": "Ann Baker", "metadata": {"note": "x" * 15_000}, "items": [factories.item()]}


@pytest.fixture
def database(fresh_sqlite: FreshUrl) -> Iterator[Database]:
    with fresh_sqlite() as url:
        database = Database(url, lock_timeout=0.2)
        yield database
        database.close()


@pytest.fixture
def shop(database: Database, tmp_path: Path) -> Client:
    return client(database, tmp_path)


def set_most_pages(database: Database, more: int) -> None:
    """The file may have so many pages more than now."""

    def limit(connection: Any) -> None:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages + more}")

    database.write(limit)


def assert_unavailable(answer: httpx.Response) -> None:
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5"), answer.text
    (error,) = answer.json()["errors"]
    assert error["extensions"]["code"] == "UNAVAILABLE"


@pytest.mark.parametrize("has_keys", [False, True])
def test_on_a_full_disk_each_call_is_done_or_refused_and_reading_goes_on(
    shop: Client, has_keys: bool
) -> None:
    set_most_pages(shop.database, 20)
    keys = [{"idempotency_key": str(n)} if has_keys else {} for n in range(40)]
    # several in one transaction of SQLite; with a key, each has a savepoint, which a full disk ends too
    answers = shop.posts(CREATE_ORDER, [LARGE | key for key in keys])
    refused = [answer for answer in answers if answer.status_code != 200]
    assert refused
    for answer in refused:
        assert_unavailable(answer)
    assert shop.ask(COUNT)["orders"]["totalCount"] == len(answers) - len(refused)
    ready = shop.request("GET", "/readyz")
    assert (ready.status_code, ready.json()["database"]) == (503, "takes nothing")

    set_most_pages(shop.database, 10_000)
    shop.ask(CREATE_ORDER, input=LARGE)
    assert shop.request("GET", "/readyz").status_code == 200


def test_a_lock_that_another_process_holds_for_long(shop: Client) -> None:
    script = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1], isolation_level=None);"
    script += "c.execute('BEGIN IMMEDIATE'); print('locked', flush=True); input()"
    command = [sys.executable, "-c", script, str(shop.database.url.database)]
    with (
        capture_logs() as logs,
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other,
    ):
        assert other.stdout is not None
        assert other.stdout.readline() == "locked\n"
        for _ in range(2):
            assert_unavailable(shop.post(CREATE_ORDER, input=LARGE))
        assert shop.ask(COUNT)["orders"]["totalCount"] == 0
        assert shop.request("GET", "/readyz").json()["database"] == "takes nothing"
        other.communicate("\n", PATIENCE)
        shop.ask(CREATE_ORDER, input=LARGE)
    told = [entry["event"] for entry in logs if entry["event"].startswith("the database can")]
    assert told == ["the database cannot be written", "the database can be written again"]


def test_files_that_must_not_grow_are_a_full_disk(shop: Client) -> None:
    path = str(shop.database.url.database)
    command = [sys.executable, "-m", "tests.support.filling_process", path, shop.principal.account_id]
    done = subprocess.run(command, timeout=PATIENCE, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 1
    assert shop.ask(COUNT)["orders"]["totalCount"] == int(done.stdout)
    sound = shop.database.read(lambda connection: connection.exec_driver_sql("PRAGMA integrity_check").all())
    assert sound == [("ok",)]


def test_a_folder_that_takes_no_file_of_some_size_is_told_of(tmp_path: Path) -> None:
    script = """if True:
        import resource, sys
        from pathlib import Path
        from documents.store import FileStore
        resource.setrlimit(resource.RLIMIT_FSIZE, (4_096, resource.RLIM_INFINITY))
        try:
            FileStore(Path(sys.argv[1])).check_writable()
        except OSError as failure:
            print(failure)
    """
    command = [sys.executable, "-c", script, str(tmp_path / "documents")]
    done = subprocess.run(command, timeout=PATIENCE, check=False, capture_output=True, text=True)
    assert "File too large" in done.stdout
