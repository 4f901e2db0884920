"""Media types: a GraphQL request is JSON, its response the kind of JSON that the client accepts."""

from __future__ import annotations

from functools import lru_cache

from cross_web import HTTPException
from starlette.requests import Request

from server.bodies import read_bytes

JSON = "application/json"
GRAPHQL = "application/graphql-response+json"  # its status says what is wrong; with JSON the body alone does
VARY = {"vary": "accept"}

_UTF_8 = ("utf-8", "utf8", "*")


def response_type(request: Request) -> str:
    """The media type of the response. Raises HTTPException 406 if the client accepts none that we have."""
    accepted = negotiate(accepted_by(request))
    if accepted is None:
        raise HTTPException(406, f"Answers come as {GRAPHQL} or {JSON}.")
    return accepted


def accepted_by(request: Request) -> str:
    """What the client accepts. A header that comes several times is one list (RFC 9110, 5.3)."""
    return ", ".join(request.headers.getlist("accept"))


@lru_cache(64)
def negotiate(accept: str) -> str | None:
    """The preferred one of our media types: JSON if a wildcard allows both, None if neither is allowed."""
    if not accept.strip():
        return JSON
    weights = dict(map(_media_weight, accept.split(",")))
    graphql = weights.get(GRAPHQL, 0.0)
    ranges = (JSON, "application/*", "*/*")  # the most specific one counts
    json = next((weights[each] for each in ranges if each in weights), 0.0)
    if graphql > 0 and graphql >= json:
        return GRAPHQL
    return JSON if json > 0 else None


def accepts(accept: str, media: str) -> bool:
    """Whether the header names the media type as acceptable; wildcards do not count."""
    return any(name == media and weight > 0 for name, weight in map(_media_weight, accept.split(",")))


def _media_weight(media_range: str) -> tuple[str, float]:
    media, parameters = _parse(media_range)
    if parameters.get("charset", "utf-8") not in _UTF_8:
        return media, 0.0
    try:
        return media, float(parameters.get("q", 1))
    except ValueError:
        return media, 0.0


@lru_cache(64)
def is_json(content_type: str) -> bool:
    media, parameters = _parse(content_type)
    return media == JSON and parameters.get("charset", "utf-8") in _UTF_8


def _parse(header: str) -> tuple[str, dict[str, str]]:
    """A media type and its parameters, in lower case."""
    media, *parameters = (part.strip().lower() for part in header.split(";"))
    pairs = (parameter.partition("=") for parameter in parameters)
    return media, {name.strip(): value.strip().strip('"') for name, _, value in pairs}


async def read_body(request: Request) -> None:
    """Keeps the body with the request. Raises BodyTooLarge, or HTTPException 415 or 400."""
    if not is_json(request.headers.get("content-type", "")):
        raise HTTPException(415, f"Send the operation as {JSON}, in UTF-8.")
    check_body(body := await read_bytes(request.receive))
    request._body = body


def check_body(body: bytes) -> None:
    """Raises HTTPException 400 where it is no object."""
    start = body[:1] if body[:1] == b"{" else body.lstrip()[:1]
    if start == b"[":
        raise HTTPException(400, "Batches are not taken: send one operation a request.")
    if start != b"{":
        raise HTTPException(400, "The body must be a JSON object with a query in it.")
