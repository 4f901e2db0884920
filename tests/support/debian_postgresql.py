"""Debian's PostgreSQL, which has the extension `pg_trgm`: for a test session, fast but not durable."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import URL

from tests.support.installed import POSTGRESQL

USER = "postgres"
IS_ROOT = os.getuid() == 0  # as whom PostgreSQL refuses to run
FAST = "-c fsync=off -c full_page_writes=off -c synchronous_commit=off -c listen_addresses=''"


@contextmanager
def debian_postgresql(folder: str) -> Iterator[URL]:
    """Runs it in this folder, which is removed afterwards; yields its address."""
    data = f"{folder}/data"
    if IS_ROOT:
        shutil.chown(folder, USER)
    _run("initdb", "-D", data, "-U", USER, "-A", "trust", "-E", "UTF8", "--locale", "C.UTF-8", "--no-sync")
    _run("pg_ctl", "-D", data, "-w", "-l", f"{folder}/log", "-o", f"{FAST} -k {folder}", "start")
    try:
        yield URL.create("postgresql", USER, database="postgres", query={"host": folder})
    finally:
        _run("pg_ctl", "-D", data, "-w", "-m", "immediate", "stop")
        shutil.rmtree(folder)


def _run(program: str, *args: str) -> None:
    command = [str(Path(POSTGRESQL or "", program)), *args]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd="/", user=USER if IS_ROOT else None)
