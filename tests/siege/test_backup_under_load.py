"""A backup beside writers has every call that was acknowledged before it began, wherever it is restored."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import httpx

from invoicing.access import Scope
from invoicing.accounts import api_keys
from invoicing.storage.database import Database
from server.app import create_app
from server.settings import Settings
from tests.support import factories
from tests.support.empty_places import Place
from tests.support.live_server import running_server
from tests.support.patience import PATIENCE, until

WRITERS = 3
ENOUGH = 15  # acknowledged calls before the backup begins
ORDER = "mutation ($input: CreateOrderInput!) { createOrder(input: $input) { order { id } } }"
INVOICE = (
    "mutation ($input: InvoiceOrderInput!) { invoiceOrder(input: $input) { invoice { id number total } } }"
)
ASK = "query ($id: String!) { invoice(id: $id) { id number total pdf_url } }"


class Caller:
    """Sends GraphQL with a key, and keeps what was acknowledged."""

    def __init__(self, address: str, token: str) -> None:
        headers = {"authorization": f"Bearer {token}"}
        self.http = httpx.Client(base_url=address, headers=headers, timeout=PATIENCE)
        self.acknowledged: list[dict[str, object]] = []

    def __enter__(self) -> Caller:
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()

    def ask(self, query: str, **variables: object) -> dict[str, dict[str, dict[str, object]]]:
        body = self.http.post("/graphql", json={"query": query, "variables": variables}).json()
        assert "errors" not in body, body
        answer: dict[str, dict[str, dict[str, object]]] = body["data"]
        return answer

    def sell(self) -> None:
        wanted = {"billing_name": "Ann Baker", "items": [factories.item()]}
        order = self.ask(ORDER, input=wanted)["createOrder"]["order"]
        sold = self.ask(INVOICE, input={"order_id": order["id"]})["invoiceOrder"]["invoice"]
        self.acknowledged.append(sold)

    def pdf(self, invoice: dict[str, object]) -> str | None:
        return self.ask(ASK, id=invoice["id"])["invoice"]["pdf_url"]  # type: ignore[return-value]


def server_at(place: Place, work: Callable[[str], None]) -> None:
    """Runs a server that makes PDFs too, and the work with its address."""
    database = Database(place.url)
    settings = Settings(data_dir=place.folder, database_url=place.url)
    with running_server(create_app(settings, database, base_url="http://shop.example")) as address:
        work(address)


def begin_backup(place: Place, folder: Path) -> subprocess.Popen[str]:
    command = "from server.entry import main; main()"
    return subprocess.Popen(
        [sys.executable, "-c", command, "backup", str(folder)],
        env={**place.environment, "PYTHONPATH": str(Path.cwd())},
        text=True,
        stderr=subprocess.PIPE,
    )


def test_every_call_that_was_acknowledged_before_is_in_the_backup(
    database: Database, database_url: str, elsewhere: Place, tmp_path: Path
) -> None:
    mine = factories.principal(database).account_id
    _, token = database.write(
        api_keys.create_api_key, mine, name="Till", scopes=frozenset(Scope), now=factories.NOW
    )
    shop = Place(tmp_path / "shop", database_url)
    before: list[dict[str, object]] = []
    papers: dict[str, bytes] = {}

    def back_up_under_load(address: str) -> None:
        is_over = threading.Event()
        *callers, reader = [opened.enter_context(Caller(address, token)) for _ in range(WRITERS + 1)]

        def write(caller: Caller) -> None:
            while not is_over.is_set():
                caller.sell()

        def acknowledged() -> list[dict[str, object]]:
            return [each for caller in callers for each in caller.acknowledged]

        threads = [threading.Thread(target=write, args=[caller]) for caller in callers]
        for thread in threads:
            thread.start()

        def is_busy() -> bool:
            assert all(thread.is_alive() for thread in threads)
            return len(acknowledged()) >= ENOUGH and reader.pdf(acknowledged()[0]) is not None

        until(is_busy)
        before.extend(acknowledged())
        backup = begin_backup(shop, tmp_path / "backup")
        _, output = backup.communicate(timeout=PATIENCE)
        beside = len(acknowledged()) - len(before)
        is_over.set()
        for thread in threads:
            thread.join()
        assert backup.returncode == 0, output
        assert beside > 0
        for each in before:
            if url := reader.pdf(each):
                path = str(httpx.URL(url).raw_path.decode())
                papers[path] = reader.http.get(path).content

    def find_everything(address: str) -> None:
        reader = opened.enter_context(Caller(address, token))
        for sold in before:
            found = reader.ask(ASK, id=sold["id"])["invoice"]
            assert (found["number"], found["total"]) == (sold["number"], sold["total"])
        for sold in before:
            until(lambda waiting=sold: reader.pdf(waiting))  # type: ignore[misc]
        assert papers
        for path, content in papers.items():
            answer = reader.http.get(path)
            assert (answer.status_code, answer.content) == (200, content)
        reader.sell()

    with ExitStack() as opened:
        server_at(shop, back_up_under_load)
        result = elsewhere.run("restore", tmp_path / "backup")
        assert result.exit_code == 0, result.output
        server_at(elsewhere, find_everything)
    assert elsewhere.run("verify", "--papers").exit_code == 0


def test_a_backup_that_is_killed_is_none(
    database: Database, database_url: str, elsewhere: Place, tmp_path: Path
) -> None:
    factories.invoice(database, factories.principal(database))
    folder = tmp_path / "backup"
    backup = begin_backup(Place(tmp_path / "shop", database_url), folder)
    until(lambda: folder.exists() and any(folder.iterdir()))
    backup.kill()
    backup.communicate(timeout=PATIENCE)
    is_complete = (folder / "manifest.json").exists()  # it may have been quicker
    result = elsewhere.run("restore", folder)
    assert (result.exit_code == 0) == is_complete
    assert is_complete or "one that was interrupted before it was complete" in result.stderr
    assert elsewhere.folder.exists() == is_complete
