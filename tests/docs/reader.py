"""Somebody who reads a page beside a server of their own, and types its examples in as they are."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.docs.pages import ROOT, Block
from tests.server.test_whole_walk import serving
from tests.support.installed import SDK_VERSIONS, sdk_python
from tests.support.nursery import program
from tests.support.patience import PATIENCE
from tools.ports import free_port

SERVE = re.compile(r"((?:[A-Z_]+=\S+ )*)python3 dev\.py serve\n")
ADDRESS = re.compile(r'(127\.0\.0\.1(?::|", ))(8000|9000)\b')
SUBSCRIBED = 28  # how curl ends after --max-time

# `dev.py run` would install what is installed here already; tests/test_dev.py tests it.
TERMINAL = """
set -euo pipefail -o allexport
trap 'export -p > .variables' EXIT
[ ! -e .variables ] || . ./.variables
python3() {
  if [ "$1 $2" = "dev.py run" ]; then
    shift 2
    command %s "$@"
  else
    command "$PYTHON" "$@"
  fi
}
"""


class Reader:
    """Works in a folder like a checkout, with the server's data, a terminal and a browser.

    Only the ports are others than those on the page: 8000 and 9000 may be taken on this machine.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._server = ExitStack()
        self._ports = {"9000": str(free_port())}
        (folder / ".venv").symlink_to(sys.prefix)
        (folder / "home").mkdir()
        (folder / "home" / ".curlrc").write_text("fail-with-body\nno-progress-meter\n")
        self.start()

    def start(self, **settings: str) -> None:
        """`python3 dev.py serve`, in place of the server that runs."""
        self.close()
        server = serving(self.folder / "data", program=program(), **settings)
        self._address = self._server.enter_context(server)
        self._ports["8000"] = self._address.rpartition(":")[2]
        page = httpx.get(f"{self._address}/graphql", headers={"accept": "text/html"}, timeout=PATIENCE).text
        found = re.search(r"Bearer inv_demo_\w+", page)
        assert found is not None
        self._browser = {"authorization": found[0]}

    def close(self) -> None:
        self._server.close()

    def type(self, block: Block) -> None:
        """Does what a block says. Fails if it fails, or if an answer in it is a refusal."""
        text = ADDRESS.sub(lambda found: found[1] + self._ports[found[2]], block.text)
        if started := SERVE.fullmatch(text):
            self.start(**dict(setting.split("=", 1) for setting in started[1].split()))
        elif saved := re.match(r"# (\w+\.py)\n", text):
            (self.folder / saved[1]).write_text(text)
        elif block.language == "graphql":
            self._run_operation(text)
        elif block.language == "python":
            python = sdk_python(SDK_VERSIONS[-1]) if "from polar" in text else sys.executable
            self._run([str(python), "-c", text], block)
        else:
            self._run(["bash", "-c", TERMINAL % shlex.join(program()) + text], block)

    def _run_operation(self, text: str) -> None:
        """As in GraphiQL; of a subscription, the first answer."""
        asked = {"query": text}
        headers = {**self._browser, "accept": "application/json, text/event-stream"}
        with httpx.stream("POST", f"{self._address}/graphql", json=asked, headers=headers) as answer:
            first = next(line for line in answer.iter_lines() if "{" in line)
        (told,) = json_in(first)
        assert "errors" not in told, told
        assert told["data"]

    def _run(self, command: list[str], block: Block) -> None:
        if not Path(command[0]).is_file() and command[0] != "bash":
            assert not os.environ.get("CI")
            pytest.skip(f"{command[0]} is not installed here: `python3 dev.py test` does it")
        settings = {"HOME": str(self.folder / "home"), "PYTHON": sys.executable, "PYTHONPATH": str(ROOT)}
        settings["INVOICING_DATA_DIR"] = str(self.folder / "data")
        done = subprocess.run(
            command,
            cwd=self.folder,
            env={**os.environ, **self._variables(), **settings},
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )
        allowed = (0, SUBSCRIBED) if "--max-time" in block.text else (0,)
        assert done.returncode in allowed, done.stdout + done.stderr
        refusals = [told for told in json_in(done.stdout) if is_refusal(told)]
        assert refusals == []

    def _variables(self) -> dict[str, str]:
        """What was exported in the terminal, for programs that are started there."""
        kept = self.folder / ".variables"
        text = kept.read_text() if kept.exists() else ""
        return dict(re.findall(r'^declare -x (\w+)="(.*)"$', text, re.MULTILINE))


def json_in(text: str) -> Iterator[dict[str, Any]]:
    """Each JSON object in a text, among whatever else there is."""
    decoder, at = json.JSONDecoder(), text.find("{")
    while at >= 0:
        try:
            found, end = decoder.raw_decode(text, at)
        except json.JSONDecodeError:
            end = at + 1
        else:
            yield found
        at = text.find("{", end)


def is_refusal(told: dict[str, Any]) -> bool:
    return bool({"errors", "error"} & set(told)) or told.get("success") is False
