"""The audits that the authors of GraphQL over HTTP publish, put to a server that listens."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from invoicing.storage.database import Database
from tests.conftest import FreshUrl
from tests.support.client import client
from tests.support.installed import need
from tests.support.live_server import running_server
from tests.support.patience import PATIENCE

AUDITS = Path(__file__).parents[3] / "graphiql" / "test" / "audits.mjs"


def test_every_audit_of_graphql_over_http_passes(fresh_sqlite: FreshUrl, tmp_path: Path) -> None:
    need("Node", "graphql-http")
    with fresh_sqlite() as url:
        shop = client(Database(url), tmp_path)
        with running_server(shop.app) as address:
            command = ["node", str(AUDITS), f"{address}/graphql", shop.token or ""]
            done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 0, done.stderr
    audits = json.loads(done.stdout)
    assert [audit for audit in audits if audit["status"] != "ok"] == []
    assert len(audits) == 61
