"""A POST of JSON that wants one answer: what its headers and its body say, read in few steps.

It is how nearly all operations come. What is not as it should be is None here: the view then says what it is.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from starlette.types import Scope
from strawberry.http import GraphQLRequestData

from schema.execution.operations import is_ambiguous, is_subscription
from server.auth import token_in
from server.bodies import json_in
from server.graphql.content_types import is_json, negotiate
from server.graphql.persisted import Asked, Documents

_TEXT, _OBJECT = (str, type(None)), (dict, type(None))


class Head(NamedTuple):
    """What the headers of a request say."""

    media: str
    """Of the answer."""
    authorization: str

    @property
    def token(self) -> str:
        """Raises Unauthorized if there is none."""
        return token_in(self.authorization)


def head_of(scope: Scope) -> Head | None:
    """None where it is no POST of JSON that wants one answer, or a header comes twice."""
    if scope["method"] != "POST":
        return None
    headers = dict(scope["headers"])
    if len(headers) != len(scope["headers"]):
        return None
    media = _media_of(headers.get(b"content-type", b""), headers.get(b"accept", b""))
    if media is None:
        return None
    return Head(media, headers.get(b"authorization", b"").decode("latin-1"))


@lru_cache(64)
def _media_of(content_type: bytes, accept: bytes) -> str | None:
    is_posted_json = is_json(content_type.decode("latin-1"))
    return negotiate(accept.decode("latin-1")) if is_posted_json else None


def asked_in(body: bytes, documents: Documents, holder: str) -> GraphQLRequestData | None:
    """None if something is not as it should be, or it is a subscription."""
    try:
        sent = json_in(body)
    except ValueError:
        return None
    if not isinstance(sent, dict):
        return None
    query, name = sent.get("query"), sent.get("operationName")
    variables, extensions = sent.get("variables"), sent.get("extensions")
    if not (isinstance(query, _TEXT) and isinstance(name, _TEXT)):
        return None
    if not (isinstance(variables, _OBJECT) and isinstance(extensions, _OBJECT)):
        return None
    text = documents.text(Asked.of(query, sent.get("documentId"), extensions), holder)
    if not text or is_subscription(text, name) or is_ambiguous(text, name):
        return None
    return GraphQLRequestData(text, variables, name, extensions)
