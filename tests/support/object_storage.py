"""A server of S3's protocol (moto), and one in front of it that is slow or fails when it is told to."""

from __future__ import annotations

import re
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.support.installed import MOTO

BUCKET = "invoices"
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "key",
    "AWS_SECRET_ACCESS_KEY": "secret",
    "AWS_REGION": "us-east-1",
}


@contextmanager
def running_server() -> Iterator[str]:
    """Its address; it has the bucket BUCKET."""
    command = [str(MOTO), "-H", "127.0.0.1", "-p", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) as server:
        assert server.stderr is not None
        try:
            address = next(
                found[1] for line in server.stderr if (found := re.search(r"http://(127\.0\.0\.1:\d+)", line))
            )
            threading.Thread(target=server.stderr.read, daemon=True).start()  # or the pipe gets full
            connection = HTTPConnection(address)
            connection.request("PUT", f"/{BUCKET}")
            assert connection.getresponse().status == 200
            connection.close()
            yield f"http://{address}"
        finally:
            server.kill()


Answer = tuple[int, bytes]


@dataclass
class Front:
    """What stands in front of the storage: `meddle` is asked first, with the method and the path.

    It may wait, return an answer of its own, or None for that of the storage.
    """

    storage: str
    meddle: Callable[[str, str], Answer | None] = lambda _, __: None
    asked: list[tuple[str, str]] = field(default_factory=list)
    endpoint: str = ""

    @contextmanager
    def running(self, tls: ssl.SSLContext | None = None) -> Iterator[Front]:
        front = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_one(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                front.asked.append((self.command, self.path))
                own = front.meddle(self.command, self.path)
                if own is not None:
                    self._send(own[0], {}, own[1])
                    return
                storage = HTTPConnection(front.storage.removeprefix("http://"))
                storage.request(self.command, self.path, body, dict(self.headers))
                answer = storage.getresponse()
                self._send(answer.status, dict(answer.headers), answer.read())
                storage.close()

            def _send(self, status: int, headers: dict[str, str], body: bytes) -> None:
                self.send_response_only(status)
                length = headers.pop("Content-Length", str(len(body)))
                for name, value in headers.items():
                    if name.lower() not in ("connection", "transfer-encoding"):
                        self.send_header(name, value)
                self.send_header("Content-Length", length)
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = handle_one  # noqa: N815

            def log_message(self, *_: object) -> None: ...

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        if tls is not None:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        self.endpoint = f"{'http' if tls is None else 'https'}://127.0.0.1:{server.server_port}"
        try:
            yield self
        finally:
            server.shutdown()
            server.server_close()
            thread.join()
