"""Somebody who listens to webhooks: a real HTTP server on a socket, which answers as it is told."""

from __future__ import annotations

import ssl
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import orjson
from standardwebhooks.webhooks import Webhook


@dataclass(frozen=True, slots=True)
class Reply:
    status: int = 200
    body: bytes = b""
    location: str | None = None
    hangs: bool = False


@dataclass(frozen=True, slots=True)
class Got:
    """A request as it came over the wire."""

    path: str
    headers: dict[str, str]
    body: str

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def message(self) -> dict[str, Any]:
        read: dict[str, Any] = orjson.loads(self.body)
        return read

    def verified(self, secret: str) -> dict[str, Any]:
        """The message, if the secret has signed it: with the library that receivers use."""
        read: dict[str, Any] = Webhook(secret).verify(self.body, self.headers)
        return read


@dataclass
class Receiver:
    """`replies` are given one after the other, then `Reply()`; `free` lets those go that hang."""

    url: str = ""
    got: list[Got] = field(default_factory=list)
    replies: deque[Reply] = field(default_factory=deque)
    free: threading.Event = field(default_factory=threading.Event)
    arrived: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))

    @property
    def types(self) -> list[str]:
        return [got.message["type"] for got in self.got]

    def wait(self, messages: int = 1) -> None:
        """Until so many more have come."""
        for _ in range(messages):
            assert self.arrived.acquire(timeout=30)


@contextmanager
def receiving(*replies: Reply, tls: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    receiver = Receiver(replies=deque(replies))
    with ThreadingHTTPServer(("127.0.0.1", 0), _answering(receiver)) as server:
        if tls is not None:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        receiver.url = f"{'https' if tls else 'http'}://127.0.0.1:{server.server_port}/hook"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield receiver
        finally:
            receiver.free.set()
            server.shutdown()
            thread.join()


def _answering(receiver: Receiver) -> type[BaseHTTPRequestHandler]:
    class Answering(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            headers = {name.lower(): value for name, value in self.headers.items()}
            reply = receiver.replies.popleft() if receiver.replies else Reply()
            receiver.got.append(Got(self.path, headers, body))
            receiver.arrived.release()
            if reply.hangs:
                receiver.free.wait(30)
            try:
                self._say(reply)
            except OSError:  # nobody waits for it any more
                self.close_connection = True

        def _say(self, reply: Reply) -> None:
            self.send_response(reply.status)
            if reply.location:
                self.send_header("location", reply.location)
            self.send_header("content-length", str(len(reply.body)))
            self.end_headers()
            self.wfile.write(reply.body)

        def log_message(self, *args: object) -> None:
            """Says nothing."""

    return Answering
