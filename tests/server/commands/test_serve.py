"""What `serve` says aloud before it lets others in."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tools.ports import free_port

ROOT = Path(__file__).parents[3]
RED, PLAIN = "\x1b[1;31mmind this\x1b[0m", "mind this"


@contextmanager
def started(folder: Path, *arguments: str, **settings: str) -> Iterator[str]:
    """What it has written on standard error by the time it listens; it is killed then."""
    port = free_port()
    env = {**os.environ, "INVOICING_DATA_DIR": str(folder), "INVOICING_WORKERS": "0", **settings}
    start = "from server.entry import main; main()"
    command = [sys.executable, "-c", start, "serve", "--port", str(port), *arguments]
    process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True, env=env)
    assert process.stderr
    said = ""
    try:
        while "Uvicorn running" not in said:
            line = process.stderr.readline()
            assert line, said
            said += line
        yield said
    finally:
        process.kill()
        process.wait()
        process.stderr.close()


def test_demo_data_and_no_limit_where_others_come_in_are_said(tmp_path: Path) -> None:
    with started(tmp_path, "--host", "0.0.0.0", INVOICING_RATE_LIMIT="off") as said:  # noqa: S104
        assert "0.0.0.0 is open to others, and there is demo data." in said
        assert "0.0.0.0 is open to others, and INVOICING_RATE_LIMIT is off." in said
        assert "\x1b" not in said


def test_on_this_machine_alone_nothing_is_to_be_said(tmp_path: Path) -> None:
    with started(tmp_path, INVOICING_RATE_LIMIT="off") as said:
        assert "open to others" not in said


@pytest.mark.parametrize(("no_color", "shown"), [("", RED), ("1", PLAIN)])
def test_it_is_red_on_a_terminal_that_has_colours(no_color: str, shown: str) -> None:
    ours, terminal = pty.openpty()
    colours = ("FORCE_COLOR", "NO_COLOR", "TTY_COMPATIBLE")
    env = {name: value for name, value in os.environ.items() if name not in colours}
    env |= {"TERM": "xterm-256color", "NO_COLOR": no_color}
    say = "from server.commands.common import say_in_red; say_in_red('mind this')"
    subprocess.run([sys.executable, "-c", say], cwd=ROOT, stderr=terminal, env=env, check=True)
    os.close(terminal)
    said = os.read(ours, 1_000).decode()
    os.close(ours)
    assert shown in said
    assert ("\x1b[1;31m" in said) is (shown == RED)


def test_a_rate_that_is_none_is_refused_with_what_to_write(tmp_path: Path) -> None:
    env = {**os.environ, "INVOICING_DATA_DIR": str(tmp_path), "INVOICING_RATE_LIMIT": "many"}
    start = "from server.entry import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", start, "serve"], cwd=ROOT, env=env, capture_output=True, text=True
    )
    assert done.returncode != 0
    assert "“many” is no rate: write `50/s burst 200`" in done.stderr
