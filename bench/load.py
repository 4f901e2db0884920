"""HTTP load by wrk, a compiled client that itself uses hardly any CPU."""

from __future__ import annotations

import base64
import os
import re
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import orjson

from bench.serving import Server

CLIENTS = 16
_SCRIPT = Path(__file__).with_name("load.lua")


@dataclass(frozen=True, slots=True)
class Door:
    """A path to post to, and how the token is sent there."""

    path: str
    token: Literal["bearer", "basic", "accessToken"]

    def credential(self, token: str) -> tuple[str, str]:
        """The header's name and value."""
        if self.token == "accessToken":
            return "accessToken", token
        basic = base64.b64encode(f"{token}:".encode()).decode()
        return "authorization", f"Basic {basic}" if self.token == "basic" else f"Bearer {token}"


GRAPHQL = Door("/graphql", "bearer")


@dataclass(frozen=True, slots=True)
class Load:
    """The result: responses a second, how many bodies were sent, latencies in milliseconds.

    `cpu` is the CPU time of the server's process for one response, in milliseconds.
    """

    rate: float
    done: int
    sent: int
    errors: int
    p50: float
    p99: float
    cpu: float


def write_bodies(path: Path, bodies: Iterable[object]) -> Path:
    """Writes the bodies to a file for `load`; returns its path."""
    path.write_bytes(b"\n".join(orjson.dumps(body) for body in bodies))
    return path


def load(
    server: Server,
    bodies: Path,
    *,
    seconds: int,
    start: int = 0,
    clients: int = CLIENTS,
    door: Door = GRAPHQL,
) -> Load:
    """Sends the bodies in turn, from number `start`, for so many seconds."""
    header, value = door.credential(server.token)
    env = {**os.environ, "HEADER": header, "CREDENTIAL": value, "BODIES": str(bodies), "START": str(start)}
    command = ["wrk", "-t1", f"-c{clients}", f"-d{seconds}s", "--timeout=30s", "-s", str(_SCRIPT)]
    command.append(server.at(door.path))
    before = server.cpu()
    shown = subprocess.run(command, env=env, capture_output=True, text=True, check=True).stdout
    found = {name: int(number) for name, number in re.findall(r"\b(\w+)=(\d+)", shown)}
    cpu = (server.cpu() - before) / max(found["done"], 1) * 1000
    errors = found["errors"] + found["lost"]
    if errors:
        print(f"{errors} errors; the last: {shown.partition('told=')[2].strip()[:500]}", file=sys.stderr)
    rate = found["done"] / found["microseconds"] * 1_000_000
    return Load(rate, found["done"], found["sent"], errors, found["p50"] / 1000, found["p99"] / 1000, cpu)
