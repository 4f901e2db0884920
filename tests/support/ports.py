"""Ports for servers that are told where to listen."""

from __future__ import annotations

import os
import socket
from itertools import cycle

FIRST, EACH, PARTS = 20_000, 1_000, 12
"""Below those that a system gives to connections (32,768 on Linux, 49,152 on macOS): until a server has
started, a connection of another test, or the one that looks whether it listens, could get its port."""


def _own_ports() -> cycle[int]:
    """Each process of pytest has its part of them, and begins somewhere in it."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    first = FIRST + worker % PARTS * EACH
    begin = os.getpid() % EACH
    return cycle([first + (begin + number) % EACH for number in range(EACH)])


_ports = _own_ports()


def free_port() -> int:
    """One on which nobody listens, and which no other test gets meanwhile."""
    while True:
        port = next(_ports)
        with socket.socket() as free:
            try:
                free.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port
