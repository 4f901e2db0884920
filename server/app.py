"""The ASGI application, put together in one place."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager

import structlog
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route, WebSocketRoute

from documents.links import Links
from documents.store import FileStore
from invoicing.storage.database import Database
from invoicing.storage.outbox import RENDER_INVOICE
from resolvers.gateway_calls import Gateways
from resolvers.watches import Watches
from resolvers.webhook_hosts import Hosts
from schema import ruled
from server import downloads, health, metrics, rest
from server.auth import Authenticator
from server.cors import cross_origin
from server.graphql.explorer import Explorer
from server.graphql.view import GraphQLView
from server.metrics import Metrics
from server.request_log import Requests
from server.rest.http import Front
from server.settings import Settings
from server.workers.charges import inquiring
from server.workers.pdf import Worker
from server.workers.subscribers import telling
from server.workers.wakeup import Wakeup
from server.workers.webhooks import delivering

log = structlog.get_logger()

Example = Callable[[], Mapping[str, object]]


def create_app(
    settings: Settings,
    database: Database,
    *,
    base_url: str,
    demo_token: str | None = None,
    example: Example | None = None,
) -> Starlette:
    """The server over a migrated database. With a demo token, the explorer opens with it filled in."""
    store = FileStore(settings.documents_dir)
    links = Links(settings.secret, base_url, settings.link_seconds)
    explorer = Explorer(
        authorization=f"Bearer {demo_token}" if demo_token else None,
        example=example,
    )
    gateways = Gateways(settings.gateways)
    hosts = Hosts(private=settings.webhook_private_addresses)
    counted = Metrics()
    authenticator = Authenticator(database)
    watches = Watches(settings.max_watches)
    view = GraphQLView(
        ruled(settings.rules),
        database=database,
        links=links,
        gateways=gateways,
        hosts=hosts,
        authenticator=authenticator,
        explorer=explorer,
        watches=watches,
        metrics=counted,
        origins=settings.cors_origins.split(),
    )

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with (
            _generating(database, store, settings.workers, counted),
            inquiring(database, gateways),
            delivering(database, hosts),
            telling(database, watches),
        ):
            yield
        hosts.close()
        gateways.close()
        database.close()

    app = Starlette(
        routes=[
            Route("/", _home),
            Route("/graphql", view),
            WebSocketRoute("/graphql", view),
            *explorer.routes,
            *downloads.routes(store, links),
            *health.routes(database, store),
            *metrics.routes(counted, database, watches, settings.metrics_token),
            *rest.routes(Front(database, links, gateways, authenticator)),
        ],
        middleware=[Middleware(Requests, counted), *cross_origin(settings.cors_origins.split())],
        lifespan=lifespan,
    )
    app.state.watches = watches
    return app


@asynccontextmanager
async def _generating(
    database: Database, store: FileStore, processes: int, counted: Metrics
) -> AsyncIterator[None]:
    """Makes PDFs beside the requests, unless that is left to workers elsewhere."""
    if processes == 0:
        async with Wakeup(database, RENDER_INVOICE).listening():  # workers elsewhere hear of what is issued
            yield
        return
    worker = Worker(database, store, processes=processes, metrics=counted)
    task = asyncio.create_task(worker.run())
    task.add_done_callback(_ended)
    yield
    worker.stop()
    await asyncio.wait([task])


def _ended(generator: asyncio.Task[None]) -> None:
    """Invoices go on without their paper: that has to be known."""
    if not generator.cancelled() and (error := generator.exception()):
        log.critical("no PDFs are made until the server is started again", exc_info=error)


async def _home(_: Request) -> Response:
    return RedirectResponse("/graphql")
