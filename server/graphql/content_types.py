"""What a GraphQL request and its answer are made of: JSON in, and the kind of JSON that the caller takes."""

from __future__ import annotations

from functools import lru_cache

from cross_web import HTTPException
from starlette.requests import Request

from server.bodies import TooLarge, body

JSON = "application/json"
GRAPHQL = "application/graphql-response+json"  # its status tells what is wrong, JSON's does so in the body
VARY = {"vary": "accept"}

_UTF_8 = ("utf-8", "utf8", "*")


def answer_type(request: Request) -> str:
    """The media type to answer in. Raises HTTPException 406 when the caller takes none of ours."""
    accepted = negotiated(request.headers.get("accept", ""))
    if accepted is None:
        raise HTTPException(406, f"Answers come as {GRAPHQL} or {JSON}.")
    return accepted


@lru_cache(64)
def negotiated(accept: str) -> str | None:
    """Of the two the one that is preferred; JSON where a wildcard leaves it open, None if neither will do."""
    if not accept.strip():
        return JSON
    weights = dict(map(_weighed, accept.split(",")))
    named = weights.get(GRAPHQL, 0.0)
    ranges = (JSON, "application/*", "*/*")  # the most specific one counts
    plain = next((weights[each] for each in ranges if each in weights), 0.0)
    if named > 0 and named >= plain:
        return GRAPHQL
    return JSON if plain > 0 else None


def accepts(accept: str, media: str) -> bool:
    """Whether the media type is named as acceptable; wildcards do not count."""
    return any(name == media and weight > 0 for name, weight in map(_weighed, accept.split(",")))


def _weighed(media_range: str) -> tuple[str, float]:
    media, parameters = _parsed(media_range)
    if parameters.get("charset", "utf-8") not in _UTF_8:
        return media, 0.0
    try:
        return media, float(parameters.get("q", 1))
    except ValueError:
        return media, 0.0


@lru_cache(64)
def _is_json(content_type: str) -> bool:
    media, parameters = _parsed(content_type)
    return media == JSON and parameters.get("charset", "utf-8") in _UTF_8


def _parsed(header: str) -> tuple[str, dict[str, str]]:
    media, *parameters = (part.strip().lower() for part in header.split(";"))
    pairs = (parameter.partition("=") for parameter in parameters)
    return media, {name.strip(): value.strip().strip('"') for name, _, value in pairs}


async def read_body(request: Request) -> None:
    """Keeps the body with the request. Raises HTTPException 415, 413 or 400 if it can be no operation."""
    if not _is_json(request.headers.get("content-type", "")):
        raise HTTPException(415, f"Send the operation as {JSON}, in UTF-8.")
    try:
        request._body = await body(request)
    except TooLarge as large:
        raise HTTPException(413, str(large)) from large
    start = request._body.lstrip()[:1]
    if start == b"[":
        raise HTTPException(400, "Batches are not taken: send one operation a request.")
    if start != b"{":
        raise HTTPException(400, "The body must be a JSON object with a query in it.")
