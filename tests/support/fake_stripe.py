"""A fake Stripe on a real socket, whose next requests can be made to fail.

The package localstripe (1.15) is not used: it has no idempotency keys, does not list payments by customer or
date and refuses a payment with a description, so it would test little of what matters here.
"""

from __future__ import annotations

import json
from collections import defaultdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from urllib.parse import parse_qsl, urlsplit

from tests.support.patience import PATIENCE
from tests.support.stripe_books import Json, Refusal, Request, StripeBooks

KEY = "sk_test_fake"


class FakeStripe:
    def __init__(self) -> None:
        self.books = StripeBooks()
        self.closing = Event()
        self._troubles: dict[str, list[str]] = defaultdict(list)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Ours", (_Connection,), {"stripe": self}))
        self._thread = Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def next(self, path: str, trouble: str) -> None:
        """Makes the next request of `path` fail: by a status, or by one of these.

        `drop`: it does not arrive; `lose`: it is carried out, but the response is lost; `hang`: like `lose`,
        but the connection stays open.
        """
        self._troubles[path].append(trouble)

    def trouble(self, path: str) -> str:
        return self._troubles[path].pop(0) if self._troubles[path] else ""


class _Connection(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one packet
    stripe: FakeStripe

    def do_GET(self) -> None:
        self._handle("GET", urlsplit(self.path).query)

    def do_POST(self) -> None:
        self._handle("POST", self.rfile.read(int(self.headers.get("Content-Length", 0))).decode())

    def log_message(self, *args: object) -> None:
        """Logs nothing."""

    def _handle(self, verb: str, params: str) -> None:
        path = urlsplit(self.path).path
        trouble = self.stripe.trouble(path)
        if self.headers["Authorization"] != f"Bearer {KEY}":
            return self._send(401, {"error": Refusal(401, "Invalid API Key provided: sk_****.").error})
        if trouble.isdecimal():
            return self._send(int(trouble), {"error": {"type": "api_error", "message": "Try again."}})
        if trouble == "drop":
            return self._hang_up()
        key = self.headers.get("Idempotency-Key") if verb == "POST" else None
        status, body = self.stripe.books.respond(Request(verb, path, dict(parse_qsl(params)), key))
        if trouble == "hang":
            self.stripe.closing.wait(PATIENCE)
        if trouble:
            return self._hang_up()
        return self._send(status, body)

    def _send(self, status: int, body: Json) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _hang_up(self) -> None:
        self.close_connection = True
