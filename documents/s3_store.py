"""Finished files in S3-compatible object storage, where a file is there completely or not at all by itself.

Only who uses it imports this module: the client is the package of the extra `s3`. The processes that make
PDFs are started anew and not forked, which the client would not survive.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from hashlib import sha256
from typing import TYPE_CHECKING, TypeVar

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError, InvalidPathError, PreconditionError
from obstore.store import S3Store as Client

from documents.filenames import inline
from documents.s3_failures import reason_of
from documents.s3_place import S3Place
from documents.store import Measure, NotListed, OutsideStore, StoredMeanwhile, StoreUnavailable

SIGNED_FOR = timedelta(seconds=60)  # in which a browser has to begin
_RETRIES = 2
_AFTER_ANOTHER = 2  # of a batch of 16 that eight threads put
_PROBE = "is-the-store-there"
_PDF = "application/pdf"
_NO_CONDITIONS = ("NotImplemented", "501")

if TYPE_CHECKING:
    from obstore.store import S3Config

T = TypeVar("T")

_overwriting: set[S3Place] = set()
"""Places whose server does not know conditional writes, as it said itself."""


@dataclass(frozen=True, slots=True)
class S3Store:
    place: S3Place

    @property
    def patience(self) -> float:
        """Each takes three calls at most, and a call twice its time where it is repeated."""
        return _AFTER_ANOTHER * 3 * 2 * self.place.timeout

    def put(self, key: str, content: bytes, *, filename: str = "", attempt: int = 1) -> None:  # noqa: ARG002
        """Never replaces what was not there when it began: two workers may make the same file."""
        found = self._head(key)
        mode: obstore.PutMode = "create" if found is None else {"e_tag": found["e_tag"]}
        if self.place in _overwriting or (found and not found["e_tag"]):
            mode = "overwrite"
        try:
            self._put(key, content, filename, mode)
        except (AlreadyExistsError, PreconditionError):
            if self.read(key, size=len(content)) != content:
                raise StoredMeanwhile(key) from None

    def read(self, key: str, *, size: int | None = None) -> bytes | None:
        """Nothing is fetched of a file that has another size."""

        def read() -> bytes | None:
            found = obstore.get(self._client(), _checked(key))
            return bytes(found.bytes()) if size in (None, found.meta["size"]) else None

        return self._found(read)

    def measure(self, key: str, *, read: bool = True) -> Measure | None:
        if read:
            content = self.read(key)
            return None if content is None else Measure(len(content), sha256(content).hexdigest())
        meta = self._head(key)
        if meta is None:
            self.read(key, size=-1)  # which says whether there is a bucket
            return None
        return Measure(meta["size"], state=(meta["e_tag"], meta["last_modified"], meta["size"]))

    def sizes(self, account_id: str | None = None) -> Iterator[tuple[str, int]]:
        """A thousand with each call. The client gives up at a name that it cannot read."""
        batches = iter(obstore.list(self._client(), prefix=account_id, chunk_size=1_000))
        while batch := self._asked(lambda: self._listed(batches)):
            yield from ((key, size) for key, size in batch if key.endswith(".pdf"))

    def clear(self, key: str, *, attempts: int) -> None:
        """Nothing: what was not sent completely is not there."""

    def check_is_there(self) -> None:
        """Asks for a file that is not there: the server says why it does not have it.

        Nothing is written: that would cost something each time, and a bucket does not become full.
        """
        self._found(lambda: obstore.get(self._client(), _PROBE))

    def check_writable(self) -> None:
        self.check_is_there()

    def address(self, key: str) -> str | None:
        """It is signed, and opens the file for a minute, for whoever has it."""
        signed: str = self._asked(lambda: obstore.sign(self._client(), "GET", _checked(key), SIGNED_FOR))
        return signed

    def _listed(self, batches: Iterator[Sequence[obstore.ObjectMeta]]) -> list[tuple[str, int]]:
        try:
            return [(each["path"], each["size"]) for each in next(batches, ())]
        except InvalidPathError as stranger:
            told = str(stranger).split("\n")[0]
            raise NotListed(f"{self.place} cannot be listed, as others' files are in it ({told}).") from None

    def _head(self, key: str) -> obstore.ObjectMeta | None:
        return self._found(lambda: obstore.head(self._client(), _checked(key)), is_told="404")

    def _put(self, key: str, content: bytes, filename: str, mode: obstore.PutMode) -> None:
        attributes: obstore.Attributes = {
            "Content-Type": _PDF,
            "Content-Disposition": inline(filename or key.rpartition("/")[2]),
            "Cache-Control": "private",
        }

        def put(mode: obstore.PutMode) -> None:
            obstore.put(  # in one piece, as pieces of what was killed would stay and cost
                self._client(), _checked(key), content, attributes=attributes, mode=mode, use_multipart=False
            )

        try:
            put(mode)
        except (AlreadyExistsError, PreconditionError):
            raise
        except (BaseError, OSError) as failure:
            if mode == "overwrite" or reason_of(failure) not in _NO_CONDITIONS:
                raise self._unavailable(failure) from None
            _overwriting.add(self.place)
            logging.getLogger(__name__).warning(
                "%s knows no conditional writes: a file that two workers make at once is written twice",
                self.place,
            )
            self._asked(lambda: put("overwrite"))

    def _asked(self, ask: Callable[[], T]) -> T:
        try:
            return ask()
        except NotListed:
            raise
        except (BaseError, OSError) as failure:
            raise self._unavailable(failure) from None

    def _found(self, ask: Callable[[], T], *, is_told: str = "NoSuchKey") -> T | None:
        """None if it is told that there is no such file. Without a bucket, or a server of this kind, that
        is told in other words.
        """
        try:
            return ask()
        except FileNotFoundError as failure:
            if reason_of(failure) == is_told:
                return None
            raise self._unavailable(failure) from None
        except (BaseError, OSError) as failure:
            raise self._unavailable(failure) from None

    def _unavailable(self, failure: Exception) -> StoreUnavailable:
        first, *_ = str(failure).split("\n")
        told = f"{reason_of(failure)}: {first.partition(': <?xml')[0]}"
        return StoreUnavailable(f"The store of the PDFs, {self.place}, cannot be used ({told}).")

    def _client(self) -> Client:
        return client_of(self.place)


@cache
def client_of(place: S3Place) -> Client:
    """One for each process: it keeps its connections. Credentials are read as AWS's own tools read them."""
    timeout = timedelta(seconds=place.timeout)
    pause, longest_pause = timedelta(milliseconds=100), timedelta(milliseconds=500)
    return Client(
        place.bucket,
        prefix=place.prefix or None,
        config=_config(place),
        client_options={
            "allow_http": place.endpoint.startswith("http://"),
            "timeout": timeout,
            "connect_timeout": timeout,
        },
        retry_config={
            "max_retries": _RETRIES,
            "retry_timeout": timeout,
            "backoff": {"init_backoff": pause, "max_backoff": longest_pause, "base": 2},
        },
    )


def _config(place: S3Place) -> S3Config:
    config: S3Config = {"conditional_put": "etag", "virtual_hosted_style_request": not place.path_style}
    if place.region:
        config["region"] = place.region
    if place.endpoint:
        scheme, host = place.endpoint.split("://")
        config["endpoint"] = f"{scheme}://{host}" if place.path_style else f"{scheme}://{place.bucket}.{host}"
    return config


def _checked(key: str) -> str:
    if {"", ".", ".."} & {*key.split("/")}:
        raise OutsideStore(key)
    return key
