"""`invoicing serve`: the HTTP server, and the workers that make PDFs, ask gateways and send webhooks."""

from __future__ import annotations

import hashlib
import hmac
import os
import signal
import socket
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Annotated

import typer
import uvicorn
from starlette.applications import Starlette

from invoicing.accounts import api_keys
from invoicing.storage.database import Database
from resolvers.watches import Watches
from server import logs
from server.bodies import MAX_BODY
from server.commands.common import exit_with, open_database, say_in_red
from server.commands.reseal import seal_stored
from server.connections import open_files
from server.connections.addresses import is_loopback
from server.connections.guard import Guard
from server.connections.limited import limited_config
from server.graphql.locality import names_this_machine
from server.loading import loading, look_seldom_for_garbage
from server.settings import Settings

_FILES_OF_OURS = 200  # of the database, of PDFs, to their processes and to webhooks
_FEWEST_CONNECTIONS = 50

_DEMO_FOR_OTHERS = (
    "The demo's key is on the page only for who opens it at this machine, but it works for everybody who has "
    "it, with all scopes of the demo account. For real work start with --no-demo."
)
_NO_LIMIT = "One key can keep the server busy, and wrong keys are looked up however many come."


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
    with loading():  # here, or every other command would wait for it too
        from server.app import create_app

    settings = Settings()
    logs.configure(settings.log_level)
    _check_can_listen(host, port)
    with open_database(settings) as database:
        seal_stored(settings, database)
        token = _fill_demo(settings, database) if with_demo and settings.is_embedded else None
        address = f"http://{_url_host(host)}:{port}"
        with loading():
            app = create_app(
                settings,
                database,
                base_url=settings.base_url or address,
                demo_token=token if names_this_machine(settings.base_url or address) else None,
                example=partial(_example, database, token) if token else None,
            )
        look_seldom_for_garbage()
        typer.echo(f"GraphiQL is at {address}/graphql", err=True)
        if token and is_open_to_others(host):
            say_in_red(f"{host} is open to others, and there is demo data. {_DEMO_FOR_OTHERS}")
        if settings.rate is None and is_open_to_others(host):
            say_in_red(f"{host} is open to others, and INVOICING_RATE_LIMIT is off. {_NO_LIMIT}")
        signal.signal(signal.SIGTERM, _exit)
        Server(_config(settings, app, host, port), app.state.watches).run()


class Server(uvicorn.Server):
    """Ends subscriptions before it waits for open requests: they would never end by themselves."""

    def __init__(self, config: uvicorn.Config, watches: Watches) -> None:
        super().__init__(config)
        self._watches = watches

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._watches.end()
        await super().shutdown(sockets)


def _config(settings: Settings, app: Starlette, host: str, port: int) -> uvicorn.Config:
    guard = Guard(
        proxies=settings.proxies,
        most=max(open_files.raise_limit() - _FILES_OF_OURS, _FEWEST_CONNECTIONS),
        most_per_address=settings.max_connections_per_address,
        count_refusal=app.state.metrics.count_refused_connection,
    )
    return limited_config(
        app,
        guard,
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # links are made from the base URL, and Proxies says where a caller is
        ws_max_size=MAX_BODY,
        timeout_graceful_shutdown=8,
    )


def _exit(*_: object) -> None:
    """Exits with 0. Uvicorn raises the signal again once it has finished the requests it had begun."""
    sys.exit(0)


def _check_can_listen(host: str, port: int) -> None:
    """Says it now, and not after the database has been migrated and filled.

    It does not listen: whoever connected then would be cut off.
    """
    try:
        for family, *_, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
            with socket.socket(family) as tried:
                # After a server has ended, its port stays taken for a while for all who do not ask for it so.
                tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, True)
                if family == socket.AF_INET6:
                    tried.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, True)
                tried.bind(address)
    except OSError as failure:
        reason = os.strerror(failure.errno) if failure.errno and failure.errno > 0 else failure.strerror
        raise exit_with(f"Nothing can listen on port {port} of {host} ({reason}): say --port.") from None


def _url_host(host: str) -> str:
    """The host for a URL that is opened on this machine."""
    if host in ("0.0.0.0", "::"):  # noqa: S104 (compared, not listened on)
        return "localhost"
    return f"[{host}]" if ":" in host else host


def is_open_to_others(host: str) -> bool:
    """Whether listening on it lets other machines in."""
    return host != "localhost" and not is_loopback(host)


def demo_token(settings: Settings) -> str:
    """The token of the demo account's key: the same at every start, another one on every machine."""
    digest = hmac.new(settings.secret.encode(), b"demo", hashlib.sha256).hexdigest()
    return f"{api_keys.PREFIX}demo_{digest[:32]}"


def _fill_demo(settings: Settings, database: Database) -> str:
    from invoicing.demo import fill  # not above: only demos need it

    token = demo_token(settings)
    database.write(fill.create_demo_shop, token=token, now=datetime.now(UTC))
    return token


def _example(database: Database, token: str) -> Mapping[str, object]:
    """What the explorer's example invoices."""
    from invoicing.demo import fill

    return database.read(fill.invoiceable_example, token)
