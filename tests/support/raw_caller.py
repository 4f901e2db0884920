"""A caller on a socket of its own, who keeps to no rule of HTTP."""

from __future__ import annotations

import socket
from contextlib import suppress

import httpx

from tests.support.patience import PATIENCE


class RawCaller(socket.socket):
    def __init__(self, address: str) -> None:
        super().__init__()
        url = httpx.URL(address)
        self.settimeout(PATIENCE)
        self.connect((url.host, url.port))

    def send_as_far_as_taken(self, *parts: bytes) -> bool:
        """Returns whether all was taken before the other side had enough."""
        try:
            for part in parts:
                self.sendall(part)
        except OSError:
            return False
        return True

    def rest(self) -> bytes:
        """All that there is to read, to the end of the connection."""
        read = b""
        with suppress(ConnectionError):
            while more := self.recv(65_536):
                read += more
        return read


def status(answer: bytes) -> int:
    """Of the first answer; 0 if there is none."""
    return int(answer.split(b" ", 2)[1]) if answer else 0
