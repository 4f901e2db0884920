"""What is born in a nursery stands for `invoicing`: it must be as the program itself."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import httpx
import pytest

from invoicing.storage.database import Database
from tests.server.test_whole_walk import serving
from tests.support import nursery
from tests.support.patience import PATIENCE, until


def run(*words: str, folder: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*nursery.program(), *words],
        cwd=folder,
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )


def test_it_has_its_arguments_folder_variables_and_files(tmp_path: Path) -> None:
    for name in ("one", "other"):  # the second is not the first
        done = run("migrate", folder=tmp_path, INVOICING_DATA_DIR=name)
        assert (done.returncode, done.stdout) == (0, ""), done.stderr
        assert done.stderr.startswith("Up to date:")
        with_tables = Database(f"sqlite:///{tmp_path / name / 'invoicing.db'}")
        assert (
            with_tables.read(lambda connection: connection.exec_driver_sql("SELECT * FROM orders").all())
            == []
        )
        with_tables.close()


def test_it_ends_as_the_program_ends(tmp_path: Path) -> None:
    done = run("nonsense", folder=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "No such command 'nonsense'" in done.stderr


@pytest.mark.parametrize("by", [signal.SIGTERM, signal.SIGKILL])
def test_who_ends_it_ends_the_server(tmp_path: Path, by: signal.Signals) -> None:
    with serving(tmp_path, program=nursery.program(), INVOICING_WORKERS="0") as address:
        assert httpx.get(f"{address}/healthz", timeout=PATIENCE).status_code == 200
        (caller,) = [child for child in children() if b"born.py" in child.read_bytes()]
        os.kill(int(caller.parent.name), by)
        until(lambda: not answers(address))


def children() -> list[Path]:
    ids = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text().split()
    return [Path(f"/proc/{id}/cmdline") for id in ids]


def answers(address: str) -> bool:
    try:
        return httpx.get(f"{address}/healthz", timeout=PATIENCE).is_success
    except httpx.TransportError:
        return False
