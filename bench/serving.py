"""Server processes to measure: the product, and those it is compared with."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

import orjson

from bench.homes import Home
from tools.ports import free_port

HOST = "127.0.0.1"
_PATIENCE = 120.0  # seconds to wait for the server to start
_PAUSE = 0.005  # seconds between two attempts


@dataclass(frozen=True, slots=True)
class Server:
    pid: int
    port: int
    token: str

    def at(self, path: str) -> str:
        return f"http://{HOST}:{self.port}{path}"

    def cpu(self) -> float:
        """CPU seconds of the process so far, without its children; Linux only."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Client:
    """One keep-alive connection."""

    def __init__(self, server: Server) -> None:
        self._http = HTTPConnection(HOST, server.port)
        self._headers = {"content-type": "application/json", "authorization": f"Bearer {server.token}"}

    def send(self, body: object) -> bytes:
        self._http.request("POST", "/graphql", orjson.dumps(body), self._headers)
        return self._http.getresponse().read()

    def ask(self, body: object) -> Any:
        answer = orjson.loads(self.send(body))
        assert "errors" not in answer, answer
        return answer["data"]


@contextmanager
def running_server(home: Home, token: str, *, workers: int = 0) -> Iterator[Server]:
    """`invoicing serve`, with so many PDF processes. Requests are counted, and never too many."""
    env = {
        **home.env,
        "INVOICING_WORKERS": str(workers),
        "INVOICING_LOG_LEVEL": "WARNING",
        "INVOICING_RATE_LIMIT": "1000000/s burst 1000000",
    }
    command = [str(Path(sys.executable).with_name("invoicing")), "serve", "--no-demo", "--port"]
    with _running(command, env, token) as server:
        yield server


@contextmanager
def plain_server(contender: str, answer: Path) -> Iterator[Server]:
    """A server of `bench.plain` that sends this response from memory."""
    with _running([sys.executable, "-m", "bench.plain", contender, str(answer)], {}, "none") as server:
        yield server


@contextmanager
def rest_server(question: str, url: str, account: str) -> Iterator[Server]:
    """A server of `bench.plain_rest` that answers this question from a database."""
    command = [sys.executable, "-m", "bench.plain_rest", question, url, account]
    with _running(command, {}, "none") as server:
        yield server


@contextmanager
def _running(command: Sequence[str], env: Mapping[str, str], token: str) -> Iterator[Server]:
    """Starts a server on a free port, the command's last argument, and waits until it responds."""
    port = free_port()
    with tempfile.TemporaryFile("w+") as stderr:
        process = subprocess.Popen([*command, str(port)], env={**os.environ, **env}, stderr=stderr)
        try:
            if not _responds(process, port):
                stderr.seek(0)
                raise RuntimeError(
                    f"A server did not start (exit code {process.poll()}): {stderr.read()[-3000:]}"
                )
            yield Server(process.pid, port, token)
        finally:
            process.terminate()
            process.wait()


def _responds(process: subprocess.Popen[bytes], port: int) -> bool:
    """Waits for a response."""
    until = time.monotonic() + _PATIENCE
    while process.poll() is None and time.monotonic() < until:
        http = HTTPConnection(HOST, port, timeout=1)
        try:
            http.request("GET", "/")
            http.getresponse().read()
            return True
        except (OSError, HTTPException):
            time.sleep(_PAUSE)
        finally:
            http.close()
    return False
