"""Whatever schemathesis makes of what we publish: no answer is the server's fault, or another than described.

Of either document at least 500 requests are sent on each database, spread over all its operations; the same
ones every time.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from invoicing.customers import sessions
from invoicing.storage.database import Database
from tests.server.test_terminated import serving
from tests.support import factories
from tests.support.client import client
from tests.support.installed import SCHEMATHESIS, need
from tests.support.patience import PATIENCE

HOOKS = Path(__file__).with_name("fuzzing.py")
LEAST = 500  # requests of a document

# Everything that is there is called `known`: what is asked for has to be found now and then.
SETTINGS = """
[dictionaries.ids]
values = ["known"]

[parameters]
"path.id" = {{ dictionary = "ids", probability = 0.5 }}
"path.handle" = {{ dictionary = "ids", probability = 0.5 }}
"body.orderId" = {{ dictionary = "ids", probability = 0.5 }}
"body.invoice" = {{ dictionary = "ids", probability = 0.5 }}
"*.*.id" = {{ dictionary = "ids", probability = 0.5 }}
"*.*.input.id" = {{ dictionary = "ids", probability = 0.5 }}
"*.*.input.order_id" = {{ dictionary = "ids", probability = 0.5 }}
"*.*.input.invoice_id" = {{ dictionary = "ids", probability = 0.5 }}
"*.*.input.customer_id" = {{ dictionary = "ids", probability = 0.5 }}

[auth.openapi.apiKey]
username = "{key}"
password = ""

[auth.openapi.accessToken]
api_key = "{key}"

[auth.openapi.merchantKey]
bearer = "{key}"

[auth.openapi.customerSession]
bearer = "{session}"
"""


@dataclass(frozen=True, slots=True)
class Fuzzed:
    """A server that somebody is about to be unreasonable to."""

    address: str
    folder: Path
    key: str
    session: str

    def take(self, path: str, *options: str) -> int:
        """How many requests it took, once all of them were answered as they should be."""
        (self.folder / "settings.toml").write_text(
            f"hooks = {json.dumps(str(HOOKS))}\n" + SETTINGS.format(key=self.key, session=self.session)
        )
        command = [
            str(SCHEMATHESIS),
            "--config-file",
            "settings.toml",
            "run",
            f"{self.address}{path}",
            *options,
        ]
        command += ["--generation-deterministic", "--continue-on-failure", "--no-color"]
        command += ["--request-timeout", str(PATIENCE)]
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, timeout=PATIENCE)
        assert done.returncode == 0, done.stdout[-5_000:] + done.stderr[-2_000:]
        (generated,) = re.findall(r"^\s*(\d+) generated, \d+ passed", done.stdout, re.MULTILINE)
        return int(generated)

    def has_no_fault(self) -> bool:
        """What the server itself has to say of it."""
        told = [json.loads(line) for line in (self.folder / "log").read_text().splitlines() if line[0] == "{"]
        assert [entry for entry in told if entry["level"] not in ("info", "warning")] == []
        counted = httpx.get(f"{self.address}/metrics", timeout=PATIENCE).text
        assert re.search(r'^invoicing_requests_total\{.*status="200"', counted, re.MULTILINE)
        assert not re.search(r'^invoicing_requests_total\{.*status="5', counted, re.MULTILINE)
        assert "INTERNAL_SERVER_ERROR" not in counted
        assert "invoicing_pdfs_failed_total 0.0" in counted
        return True


@pytest.fixture
def fuzzed(database: Database, tmp_path: Path) -> Iterator[Fuzzed]:
    need("Schemathesis")
    shop = client(database, tmp_path)
    address = {**factories.ADDRESS, "name": "Ann Baker"}
    factories.customer(database, shop.principal, id="known", handle="known", billing_address=address)
    for number in ("known", *(f"o-{each}" for each in range(3))):
        factories.order(database, shop.principal, id=number, customer_id="known")
    factories.invoice(database, shop.principal, customer_id="known", invoice_id="known")
    _, session = database.write(
        sessions.create_customer_session, shop.principal, customer_id="known", now=datetime.now(UTC)
    )
    with serving(shop, tmp_path) as server:
        address_of_it = server.address.removesuffix("/graphql")
        yield Fuzzed(address_of_it, tmp_path, str(shop.token), session)


def test_graphql_is_at_fault_for_nothing(fuzzed: Fuzzed) -> None:
    key = f"Authorization: Bearer {fuzzed.key}"
    options = (
        "--phases",
        "fuzzing",
        "--max-examples",
        "12",
        "--checks",
        "no_internal_error",
        "--header",
        key,
    )
    assert fuzzed.take("/graphql", *options) >= LEAST
    assert fuzzed.has_no_fault()


def test_rest_answers_as_it_is_described(fuzzed: Fuzzed) -> None:
    """Also what is refused. Only that whatever is described is taken cannot be: not every text is an id."""
    phases = ("--phases", "examples,coverage,fuzzing", "--max-examples", "10")
    checks = ("--checks", "all", "--exclude-checks", "positive_data_acceptance,no_internal_error")
    assert fuzzed.take("/openapi.json", *phases, *checks) >= LEAST
    assert fuzzed.has_no_fault()
