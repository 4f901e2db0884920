"""`invoicing serve`: the HTTP server, and the workers that make PDFs, ask gateways and send webhooks."""

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
from server.bodies import MAX_BODY
from server.commands.common import open_database
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
    from server.app import create_app  # here, or every other command would wait for it too

    settings = Settings()
    logs.configure(settings.log_level)
    with open_database(settings) as database:
        token = _fill_demo(settings, database) if with_demo and settings.is_embedded else None
        address = f"http://{_url_host(host)}:{port}"
        app = create_app(
            settings,
            database,
            base_url=settings.base_url or address,
            demo_token=token,
            example=(lambda: database.read(fill.invoiceable_example, token)) if token else None,
        )
        typer.echo(f"GraphiQL is at {address}/graphql", err=True)
        signal.signal(signal.SIGTERM, _exit)
        gc.freeze()  # what is loaded by now stays, so collections need not look at it
        config = uvicorn.Config(
            app,
            host=host,
            port=port,
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,  # the client's address is not used, and links are made from the base URL
            ws_max_size=MAX_BODY,
            timeout_graceful_shutdown=8,
        )
        Server(config, app.state.watches).run()


class Server(uvicorn.Server):
    """Ends subscriptions before it waits for open requests: they would never end by themselves."""

    def __init__(self, config: uvicorn.Config, watches: Watches) -> None:
        super().__init__(config)
        self._watches = watches

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._watches.end()
        await super().shutdown(sockets)


def _exit(*_: object) -> None:
    """Exits with 0. Uvicorn raises the signal again once it has finished the requests it had begun."""
    sys.exit(0)


def _url_host(host: str) -> str:
    """The host for a URL that is opened on this machine."""
    if host in ("0.0.0.0", "::"):  # noqa: S104 (compared, not listened on)
        return "localhost"
    return f"[{host}]" if ":" in host else host


def demo_token(settings: Settings) -> str:
    """The token of the demo account's key: the same at every start, another one on every machine."""
    digest = hmac.new(settings.secret.encode(), b"demo", hashlib.sha256).hexdigest()
    return f"{api_keys.PREFIX}demo_{digest[:32]}"


def _fill_demo(settings: Settings, database: Database) -> str:
    token = demo_token(settings)
    database.write(fill.create_demo_shop, token=token, now=datetime.now(UTC))
    return token
