"""Documents that clients name by an id instead of sending them.

Either the operator gave the server all documents that it executes (`ListedDocuments`), or clients send each
once with its hash, and from then on the hash alone (`AutomaticDocuments`, as Apollo's automatic persisted
queries do).
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

from cross_web import HTTPException

from schema.codes import Code
from schema.execution.documents import LONGEST

MOST_OF_ONE = 1_000  # documents of one holder
MOST_BYTES_OF_ONE = 2_000_000
MOST_BYTES = 64_000_000  # of all holders together
_BESIDES = 500  # bytes that a document takes besides its text: its hash, its places, its share of its holder

_PREFIX = "sha256:"
"""Of an id that is a hash, as GraphQL over HTTP and graphql-codegen write it. Ids are compared without it."""


class DocumentRefused(HTTPException):
    """The document is not executed, because of the id under which it was asked for."""

    def __init__(self, message: str, code: Code = Code.BAD_REQUEST) -> None:
        super().__init__(400, message)
        self.code = code


class Asked(NamedTuple):
    """What a request says of its document: its text, its id, or both. Apollo's id is a hash."""

    text: str | None
    id: str | None = None
    sha256: str | None = None

    @classmethod
    def of(cls, text: str | None, document_id: Any, extensions: Any) -> Asked:
        """Raises DocumentRefused."""
        if document_id is not None and not isinstance(document_id, str):
            raise DocumentRefused("`documentId` must be a string.")
        persisted = extensions.get("persistedQuery") if isinstance(extensions, dict) else None
        if persisted is None:
            return cls(text, document_id and document_id.removeprefix(_PREFIX))
        sha256 = persisted.get("sha256Hash") if isinstance(persisted, dict) else None
        if not isinstance(sha256, str) or persisted.get("version") != 1:
            raise DocumentRefused("`persistedQuery` must have the version 1 and a `sha256Hash`.")
        sha256 = sha256.removeprefix(_PREFIX)
        return cls(text, sha256, sha256)


class Documents(Protocol):
    def text(self, asked: Asked, holder: str) -> str | None:
        """The document to execute, None if nothing was asked for. Raises DocumentRefused."""


class ListedDocuments:
    """The documents of a manifest, by their ids or word for word; no others."""

    def __init__(self, by_id: Mapping[str, str]) -> None:
        self._by_id = {id.removeprefix(_PREFIX): text for id, text in by_id.items()}
        self._texts = frozenset(by_id.values())

    def text(self, asked: Asked, _: str) -> str:
        text = asked.text if asked.text is not None else self._by_id.get(asked.id or "")
        if text is None or text not in self._texts:
            raise DocumentRefused(
                "The server executes persisted documents only, and this is none of them.",
                Code.DOCUMENT_NOT_PERSISTED,
            )
        return text


class _Kept:
    """The documents of one holder, by their hashes, the one used last at the end.

    They are kept in UTF-8: as a text, one with a single rare character takes four bytes for each of all.
    """

    def __init__(self) -> None:
        self.by_hash: OrderedDict[str, bytes] = OrderedDict()
        self.size = 0  # bytes

    def add(self, sha256: str, content: bytes) -> None:
        self.by_hash[sha256] = content
        self.size += _BESIDES + len(content)

    def drop_oldest(self) -> int:
        """Returns how many bytes are free now."""
        _, content = self.by_hash.popitem(last=False)
        self.size -= _BESIDES + len(content)
        return _BESIDES + len(content)


class AutomaticDocuments:
    """Documents that clients sent with their hashes, in memory, each for those who sent it.

    Each holder has so many at most. Where all of them together are too large, whoever has most gives way: an
    account that sends many loses its own.
    """

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._holders: dict[str, _Kept] = {}
        self._most_bytes = most_bytes
        self._size = 0

    def text(self, asked: Asked, holder: str) -> str | None:
        if asked.text is not None and asked.sha256 is not None:
            self._keep(asked.text, asked.sha256, holder)
        if asked.text is not None or asked.id is None:
            return asked.text
        kept = self._holders.get(holder)
        if kept is None or asked.id not in kept.by_hash:
            raise DocumentRefused("PersistedQueryNotFound", Code.PERSISTED_QUERY_NOT_FOUND)
        kept.by_hash.move_to_end(asked.id)
        return kept.by_hash[asked.id].decode(errors="surrogatepass")

    def _keep(self, text: str, sha256: str, holder: str) -> None:
        if len(text) > LONGEST:
            return  # it will be refused for that
        content = text.encode(errors="surrogatepass")
        if hashlib.sha256(content).hexdigest() != sha256:
            raise DocumentRefused("`sha256Hash` is not the SHA-256 of the document, in hexadecimal.")
        kept = self._holders.setdefault(holder, _Kept())
        if sha256 in kept.by_hash:
            return
        before = kept.size
        kept.add(sha256, content)
        while len(kept.by_hash) > MOST_OF_ONE or kept.size > MOST_BYTES_OF_ONE:
            kept.drop_oldest()
        self._size += kept.size - before
        while self._size > self._most_bytes:
            self._drop_one_of_the_largest()

    def _drop_one_of_the_largest(self) -> None:
        holder, largest = max(self._holders.items(), key=lambda each: each[1].size)
        self._size -= largest.drop_oldest()
        if not largest.by_hash:
            del self._holders[holder]
