"""A receiver of webhooks: a real HTTP server on a socket, with prepared responses."""

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

from tests.support.patience import PATIENCE


@dataclass(frozen=True, slots=True)
class Reply:
    status: int = 200
    body: bytes = b""
    location: str | None = None
    hangs: bool = False


@dataclass(frozen=True, slots=True)
class ReceivedRequest:
    """A request as it was received."""

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
        """The message, verified with the secret by the library that receivers use."""
        read: dict[str, Any] = Webhook(secret).verify(self.body, self.headers)
        return read


@dataclass
class Receiver:
    """Sends `replies` one after the other, then `Reply()`; `free` ends those that hang."""

    url: str = ""
    got: list[ReceivedRequest] = field(default_factory=list)
    replies: deque[Reply] = field(default_factory=deque)
    free: threading.Event = field(default_factory=threading.Event)
    arrived: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))

    @property
    def types(self) -> list[str]:
        return [got.message["type"] for got in self.got]

    def wait(self, messages: int = 1) -> None:
        """Waits until so many more messages have arrived."""
        for _ in range(messages):
            assert self.arrived.acquire(timeout=PATIENCE)


@contextmanager
def running_receiver(*replies: Reply, tls: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    receiver = Receiver(replies=deque(replies))
    with ThreadingHTTPServer(("127.0.0.1", 0), _request_handler(receiver)) as server:
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


def _request_handler(receiver: Receiver) -> type[BaseHTTPRequestHandler]:
    class RequestHandler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            headers = {name.lower(): value for name, value in self.headers.items()}
            reply = receiver.replies.popleft() if receiver.replies else Reply()
            receiver.got.append(ReceivedRequest(self.path, headers, body))
            receiver.arrived.release()
            if reply.hangs:
                receiver.free.wait(PATIENCE)
            try:
                self._send(reply)
            except OSError:  # the sender no longer waits
                self.close_connection = True

        def _send(self, reply: Reply) -> None:
            self.send_response(reply.status)
            if reply.location:
                self.send_header("location", reply.location)
            self.send_header("content-length", str(len(reply.body)))
            self.end_headers()
            self.wfile.write(reply.body)

        def log_message(self, *args: object) -> None:
            """Logs nothing."""

    return RequestHandler
