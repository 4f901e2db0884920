"""The ASGI application, put together in one place."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, nullcontext

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import Lifespan

from documents.links import Links
from documents.store import Store
from invoicing.storage.database import Database
from resolvers.context import Services
from resolvers.gateway_calls import Gateways
from resolvers.watches import Watches
from resolvers.webhook_hosts import Hosts
from schema import schema_under
from server import downloads, health, metrics, outages, rest
from server.auth import Authenticator
from server.contexts import Contexts
from server.cors import cross_origin
from server.graphql.explorer import Explorer
from server.graphql.persisted import AutomaticDocuments, ListedDocuments
from server.graphql.view import GraphQLView
from server.metrics import Metrics
from server.rate_limits.limits import RateLimits
from server.receipts import Receipts
from server.request_log import RequestLog
from server.settings import Settings
from server.stored_pdfs import StoredPdfs
from server.workers.charges import asking_gateways
from server.workers.pdf import making_pdfs
from server.workers.purge import purging
from server.workers.shared_limits import sharing_limits
from server.workers.statistics import collecting_statistics
from server.workers.subscribers import notifying_watches
from server.workers.webhooks import sending_webhooks

Example = Callable[[], Mapping[str, object]]


def create_app(
    settings: Settings,
    database: Database,
    *,
    base_url: str,
    demo_token: str | None = None,
    example: Example | None = None,
) -> Starlette:
    """The server on a migrated database. With a demo token, the explorer opens with it filled in."""
    store, counts = settings.documents, Metrics()
    pdfs = StoredPdfs(database, store, redirect=settings.store_downloads == "redirect")
    database.deadlock_listeners.append(counts.count_deadlock)
    outages.log_outages(database)
    contexts = _contexts(settings, database, base_url, counts)
    services = contexts.services
    shared_limits = contexts.limits if settings.rate_limit_shared else None
    origins = settings.cors_origins.split()
    receipts = Receipts(database, settings.font_dir)
    explorer = Explorer(authorization=f"Bearer {demo_token}" if demo_token else None, example=example)
    view = GraphQLView(
        schema_under(settings.rules),
        contexts=contexts,
        explorer=explorer,
        metrics=counts,
        documents=ListedDocuments(listed) if (listed := settings.listed_documents) else AutomaticDocuments(),
        origins=origins,
    )
    app = Starlette(
        routes=[
            Route("/", _home),
            graphql := Route("/graphql", view),
            WebSocketRoute("/graphql", view),
            *explorer.routes,
            *downloads.routes(database, pdfs, services.links, receipts),
            *health.routes(database, store),
            *metrics.routes(counts, database, services.watches, settings.metrics_token),
            *rest.routes(contexts),
        ],
        middleware=cross_origin(origins),
        lifespan=_lifespan(services, store, settings, counts, shared_limits),
    )
    # Outside of all else. Requests to GraphQL skip the rest, unless other sites' pages are told something.
    app.middleware_stack = RequestLog(app.build_middleware_stack(), counts, None if origins else graphql)
    app.state.watches = services.watches
    app.state.metrics = counts
    return app


def _lifespan(
    services: Services,
    store: Store,
    settings: Settings,
    counts: Metrics,
    shared_limits: RateLimits | None,
) -> Lifespan[Starlette]:
    """The workers run as long as the server does."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        database = services.database
        async with (
            making_pdfs(database, store, settings.workers, counts, settings.font_dir),
            asking_gateways(database, services.gateways),
            sending_webhooks(database, services.hosts, services.keyring),
            notifying_watches(database, services.watches),
            sharing_limits(database, shared_limits) if shared_limits else nullcontext(),
            purging(database, settings.retention, counts),
            collecting_statistics(database),
        ):
            yield
        services.hosts.close()
        services.gateways.close()
        database.close()

    return lifespan


def _contexts(settings: Settings, database: Database, base_url: str, counts: Metrics) -> Contexts:
    authenticator = Authenticator(database)
    watches = Watches(settings.max_watches)

    def forget_keys() -> None:
        """Whoever follows an invoice with a key that has ended is refused at once."""
        authenticator.forget()
        watches.notify_all()

    services = Services(
        database,
        Links(settings.secret, base_url, settings.link_seconds),
        settings.keyring,
        Gateways(settings.gateways),
        Hosts(private=settings.webhook_private_addresses, any_port=settings.webhook_any_port),
        watches,
        forget_keys,
    )
    limits = RateLimits(settings.rate, count_refusal=counts.count_rate_limited)
    return Contexts(services, authenticator, limits, settings.proxies, counts.count_execution)


async def _home(_: Request) -> Response:
    return RedirectResponse("/graphql")
