"""Whether it lives and whether it can work are two questions, and the answer says what is missing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from invoicing.errors import DatabaseUnavailable
from invoicing.storage import failures, probe
from invoicing.storage.database import Database
from server.app import create_app
from server.settings import Settings
from tests.support.client import BASE_URL, Client, client


@pytest.fixture
def shop(database: Database, tmp_path: Path) -> Client:
    return client(database, tmp_path).without_key()


def ready(shop: Client) -> tuple[int, dict[str, str]]:
    answer = shop.request("GET", "/readyz")
    assert answer.headers["content-type"] == "application/json"
    return answer.status_code, answer.json()


def test_a_server_that_can_work_is_ready(shop: Client) -> None:
    assert ready(shop) == (200, {"status": "ok", "database": "ok", "store": "ok"})
    assert shop.request("GET", "/healthz").json() == {"status": "ok"}


def test_all_who_ask_at_once_share_one_look(shop: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[object] = []
    look = probe.check_can_write if shop.database.is_sqlite else probe.check_is_primary

    def counted(connection: Connection) -> None:
        looks.append(connection)
        look(connection)

    monkeypatch.setattr(probe, look.__name__, counted)
    answers = shop.at_once([{"method": "GET", "url": "/readyz"}] * 20)
    assert {answer.status_code for answer in answers} == {200}
    assert len(looks) < 20, "each had a look of its own"
    assert ready(shop)[0] == 200


def test_a_database_of_another_version_is_told_of(shop: Client) -> None:
    shop.database.write(
        lambda connection: connection.execute(text("UPDATE alembic_version SET version_num = '0'"))
    )
    status, told = ready(shop)
    assert (status, told["status"], told["store"]) == (503, "not ready", "ok")
    assert told["database"] == "is not at the version of this server"


def test_a_database_that_is_away_is_told_of_and_the_process_lives(shop: Client, tmp_path: Path) -> None:
    for url in (
        f"sqlite:///{tmp_path}/no/such/folder/invoicing.db",
        "postgresql://nobody@127.0.0.1:1/nothing",
    ):
        database = Database(url)
        away = replace(shop, app=create_app(Settings(data_dir=tmp_path), database, base_url=BASE_URL))
        status, told = ready(away)
        assert (status, told["database"], told["store"]) == (503, "does not answer", "ok")
        assert away.request("GET", "/healthz").status_code == 200
        assert "invoicing_requests_total" in away.request("GET", "/metrics").text
        database.close()


def test_a_store_that_takes_nothing_is_told_of(shop: Client, tmp_path: Path) -> None:
    (tmp_path / "documents").write_text("A file where the folder should be.")
    status, told = ready(shop)
    assert (status, told["database"], told["store"]) == (503, "ok", "takes nothing")


def test_asking_leaves_nothing_in_the_store(shop: Client, tmp_path: Path) -> None:
    assert ready(shop)[0] == 200
    assert list((tmp_path / "documents").iterdir()) == []


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_full_disk_of_postgresql_is_told_of_until_something_can_be_written(
    shop: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(connection: Connection) -> None:
        connection.exec_driver_sql("DO $$ BEGIN RAISE EXCEPTION SQLSTATE '53100'; END $$")

    with pytest.raises(DatabaseUnavailable):
        shop.database.write(refused)
    assert ready(shop)[1]["database"] == "takes nothing"
    shop.database.write(lambda connection: connection.execute(text("SELECT 1")))
    assert ready(shop)[0] == 200
    with pytest.raises(DatabaseUnavailable):
        shop.database.write(refused)
    monkeypatch.setattr(failures, "FULL_FOR", 0.0)  # its time is over
    assert ready(shop)[0] == 200
