"""Ports for servers that are told where to listen."""

from __future__ import annotations

import os
import socket
from itertools import cycle, islice

FIRST, EACH, PARTS = 10_000, 200, 50
"""Below those that a system gives to connections (from 32,768 on, unless Linux is told otherwise): until a
server has started, any connection could get its port, or the very one that looks whether it listens."""


def _own_ports() -> cycle[int]:
    """Each process of a run of pytest has its part of them, up to fifty, and begins somewhere in it. All else
    has the first part."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    first = FIRST + worker % PARTS * EACH
    begin = os.getpid() % EACH
    return cycle([first + (begin + number) % EACH for number in range(EACH)])


_ports = _own_ports()


def free_port() -> int:
    """One on which nobody listens, and which no other process of this run of pytest gets meanwhile."""
    for port in islice(_ports, EACH):
        with socket.socket() as free:
            try:
                free.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port
    raise OSError(f"Each of {EACH} ports is taken.")


def is_open(port: int) -> bool:
    """Whether somebody listens on it."""
    with socket.socket() as caller:
        return caller.connect_ex(("127.0.0.1", port)) == 0
