"""The audits that the authors of GraphQL over HTTP publish, put to a server that listens."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from invoicing.storage.database import Database
from tests.conftest import FreshUrl
from tests.support.client import client
from tests.support.live_server import listening

AUDITS = Path(__file__).parents[3] / "graphiql" / "test" / "audits.mjs"
MISSING = [
    name
    for name, is_there in (
        ("Node", shutil.which("node")),
        (
            "graphql-http (python3 dev.py setup)",
            (AUDITS.parents[1] / "node_modules/graphql-http").exists(),
        ),
    )
    if not is_there
]


def test_every_audit_of_graphql_over_http_passes(fresh_sqlite: FreshUrl, tmp_path: Path) -> None:
    if MISSING and not os.environ.get("CI"):
        pytest.skip(f"no {', '.join(MISSING)}")
    assert not MISSING

    with fresh_sqlite() as url:
        shop = client(Database(url), tmp_path)
        with listening(shop.app) as address:
            command = ["node", str(AUDITS), f"{address}/graphql", shop.token or ""]
            done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    audits = json.loads(done.stdout)
    assert [audit for audit in audits if audit["status"] != "ok"] == []
    assert len(audits) == 61
