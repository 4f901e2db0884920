"""The page on which people try the API: GraphiQL if it has been built, else a small page of our own."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import structlog
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles

from invoicing.errors import DatabaseUnavailable
from server.graphql.content_types import accepted_by
from server.graphql.explorer_tabs import tabs

_QUESTION = frozenset(("query", "documentId", "extensions"))
"""Parameters of a GET of which one says what is asked."""

log = structlog.get_logger(__name__)

GRAPHIQL = Path(__file__).parents[2] / "graphiql" / "dist"
PLAIN = Path(__file__).parent / "explorer_plain"

HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self' data:"
        "; connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
}


class Explorer:
    """`example` has values of the tabs' variables: `order_id`, `item_ids`, `invoice_id`, or some of them."""

    def __init__(
        self,
        *,
        authorization: str | None = None,
        example: Callable[[], Mapping[str, object]] | None = None,
        graphiql: Path = GRAPHIQL,
    ) -> None:
        built = (graphiql / "index.html").is_file()
        site = graphiql if built else PLAIN
        self.authorization = authorization
        self.example = example
        self.html = (site / "index.html").read_text(encoding="utf-8")
        # Vite puts a hash of the content into each file name; the files of the small page keep their names.
        caching = "public, max-age=31536000, immutable" if built else "no-cache"
        assets = Assets(site / "assets", caching)
        self.routes: list[BaseRoute] = [Mount("/static/graphiql/assets", assets, name="explorer")]

    def page(self, *, is_local: bool) -> Response:
        """The key, and what it can see, are for whoever sits at this machine."""
        example = self._example() if is_local else {}
        config = {"authorization": self.authorization if is_local else None, "tabs": tabs(example)}
        # Inside a script element only '<' can end it, or begin a comment.
        data = json.dumps(config).replace("<", "\\u003c")
        return HTMLResponse(self.html.replace(">{}</script>", f">{data}</script>"), headers=HEADERS)

    def _example(self) -> Mapping[str, object]:
        """Empty if it cannot be read: the page is needed even then, to find out why."""
        try:
            return self.example() if self.example else {}
        except DatabaseUnavailable:
            return {}
        except Exception:
            log.exception("the explorer has no example")
            return {}


def is_browser(request: Request) -> bool:
    """Whether the page is what is asked for."""
    if request.method != "GET":
        return False
    asks = not _QUESTION.isdisjoint(request.query_params)
    return "text/html" in accepted_by(request) and not asks


class Assets(StaticFiles):
    """The page's files, with `caching` as their Cache-Control."""

    def __init__(self, directory: Path, caching: str) -> None:
        super().__init__(directory=directory)
        self.caching = caching

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        response = super().file_response(*args, **kwargs)
        response.headers["cache-control"] = self.caching
        response.headers["x-content-type-options"] = "nosniff"
        return response
