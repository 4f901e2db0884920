"""`invoicing serve`: the HTTP server, with the making of PDFs inside."""

from __future__ import annotations

import gc
import hashlib
import hmac
import signal
import socket
import sys
from datetime import UTC, datetime
from typing import Annotated

import typer
import uvicorn

from invoicing.accounts import api_keys
from invoicing.demo import fill
from invoicing.storage.database import Database
from resolvers.watches import Watches
from server import logs
from server.app import create_app
from server.bodies import MAX_BODY
from server.commands.common import opened
from server.settings import Settings


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on; 0.0.0.0 for all.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8000,
    with_demo: Annotated[
        bool, typer.Option("--demo/--no-demo", help="Demo data, where the database is the embedded one.")
    ] = True,
) -> None:
    """Run the server. With no configuration at all it keeps everything in ./data.

    Open http://127.0.0.1:8000 in a browser for GraphiQL. On the embedded database it makes a demo
    account and fills its key in; --no-demo leaves that out. PDFs are made by INVOICING_WORKERS processes.
    """
    settings = Settings()
    logs.configure(settings.log_level)
    with opened(settings) as database:
        token = _demo(settings, database) if with_demo and settings.is_embedded else None
        shown = f"http://{_named(host)}:{port}"
        app = create_app(
            settings,
            database,
            base_url=settings.base_url or shown,
            demo_token=token,
            example=(lambda: database.read(fill.invoiceable_example, token)) if token else None,
        )
        typer.echo(f"GraphiQL is at {shown}/graphql", err=True)
        signal.signal(signal.SIGTERM, _end)
        gc.freeze()  # what is here by now stays: no collection need look at it again
        config = uvicorn.Config(
            app,
            host=host,
            port=port,
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,  # nothing depends on who asks; links are made from the base URL
            ws_max_size=MAX_BODY,
            timeout_graceful_shutdown=8,
        )
        Server(config, app.state.watches).run()


class Server(uvicorn.Server):
    """Ends what only waits first: otherwise it would be waited for, and it does not end by itself."""

    def __init__(self, config: uvicorn.Config, watches: Watches) -> None:
        super().__init__(config)
        self._watches = watches

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._watches.end()
        await super().shutdown(sockets)


def _end(*_: object) -> None:
    """To be told to end is no failure. Uvicorn raises the signal again when it has ended what was begun."""
    sys.exit(0)


def _named(host: str) -> str:
    """The host as a URL on this machine names it."""
    if host in ("0.0.0.0", "::"):  # noqa: S104 (all addresses: whoever runs it asked for that)
        return "localhost"
    return f"[{host}]" if ":" in host else host


def demo_token(settings: Settings) -> str:
    """The demo account's key: the same at every start, different on every machine."""
    digest = hmac.new(settings.secret.encode(), b"demo", hashlib.sha256).hexdigest()
    return f"{api_keys.PREFIX}demo_{digest[:32]}"


def _demo(settings: Settings, database: Database) -> str:
    token = demo_token(settings)
    database.write(fill.create_demo_shop, token=token, now=datetime.now(UTC))
    return token
