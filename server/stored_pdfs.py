"""The PDFs in the store, handed out only if they are the ones that were made.

The size is compared each time, the SHA-256 once for each file in each process, and again when the file has
changed. A file that is gone or differs is made again from the frozen invoice.
"""

from __future__ import annotations

import asyncio
import os
from collections import OrderedDict
from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from threading import Lock
from typing import TypeVar

import structlog

from documents.store import FileStore, Store, StoreUnavailable, pdf_key
from invoicing.errors import InvoicingError
from invoicing.invoices import pdf
from invoicing.storage.database import Database
from invoicing.storage.tables import Document
from resolvers.shared_threads import SharedThreads

MOST_REMEMBERED = 10_000  # files; some 3 MB
_THREADS, _OF_ACCOUNT = 8, 2  # that wait for object storage

T = TypeVar("T")

log = structlog.get_logger()

_Seen = tuple[str, tuple[object, ...]]
"""The SHA-256 of a file that was read, and what tells whether it is still the same file."""

Found = tuple[Path, os.stat_result] | bytes | str
"""A PDF as it is handed out: its file in the folder, its content, or the address where the store has it."""


class DocumentMissing(InvoicingError):
    """There is no such document, and nothing makes it."""

    code = "DOCUMENT_MISSING"


class DocumentNotReady(InvoicingError):
    """The PDF is being made again: the same link opens it in a moment."""

    code = "DOCUMENT_NOT_READY"
    retry_after = 2  # seconds; a PDF takes a tenth of one


class StoreAway(InvoicingError):
    """The store of the documents does not answer: the same link opens this one once it does."""

    code = "STORE_UNAVAILABLE"
    retry_after = 5  # seconds


class StoredPdfs:
    """With `redirect`, PDFs in object storage are fetched from there by who opens them."""

    def __init__(self, database: Database, store: Store, *, redirect: bool = False) -> None:
        self._database = database
        self._store = store
        self._redirect = redirect
        self._threads: SharedThreads | None = None
        if not isinstance(store, FileStore):  # which may take seconds to answer
            self._threads = SharedThreads(_THREADS, _OF_ACCOUNT, "store")
        self._read: OrderedDict[str, _Seen] = OrderedDict()
        self._lock = Lock()  # several threads compare files

    @property
    def are_files(self) -> bool:
        """Whether they are in the folder, from where they are sent without being read into memory."""
        return self._threads is None

    async def find(self, key: str, *, redirect: bool = True) -> Found:
        """The PDF under this key. Raises DocumentNotReady if it has to be made again.

        Without `redirect` it is never an address, whatever the settings say.
        """
        account_id = account_of(key)
        document = await self._database.read_for(account_id, pdf.document, key)
        if document is None:
            raise await self._why_there_is_none(key)
        try:
            found = await self._run(account_id, lambda: self._find(document, redirect=redirect))
        except StoreUnavailable as failure:
            log.error("the store cannot be used", reason=str(failure))
            raise StoreAway from failure
        if found is None:
            await self._replace(document)
            raise DocumentNotReady
        return found

    async def _run(self, account_id: str, call: Callable[[], T]) -> T:
        if self._threads is None:
            return await asyncio.to_thread(call)
        return await self._threads.run(account_id, call)

    def _find(self, document: Document, *, redirect: bool) -> Found | None:
        if isinstance(self._store, FileStore):
            return self._file(self._store, document)
        if self._redirect and redirect:
            return self._store.address(document.key) if self._is_right(document) else None
        content = self._store.read(document.key, size=document.size)
        is_right = content is not None and sha256(content).hexdigest() == document.sha256
        return content if is_right else None

    def _file(self, store: FileStore, document: Document) -> Found | None:
        try:
            path = store.path(document.key)
            return (path, path.stat()) if self._is_right(document) else None
        except OSError as failure:  # also a disk that cannot read it any more
            log.warning("a PDF cannot be read", key=document.key, reason=str(failure))
            return None

    def _is_right(self, document: Document) -> bool:
        """Whether the bytes are those that were made."""
        found = self._store.measure(document.key, read=False)
        if found is None or found.size != document.size:
            return False
        seen = document.sha256, found.state
        with self._lock:
            if self._read.get(document.key) == seen:
                self._read.move_to_end(document.key)
                return True
        read = self._store.measure(document.key)
        if read is None or read.sha256 != document.sha256:
            return False
        with self._lock:
            self._read[document.key] = seen
            if len(self._read) > MOST_REMEMBERED:
                self._read.popitem(last=False)
        return True

    async def _replace(self, damaged: Document) -> None:
        """Has it made again, unless it is the whole store that is not there."""
        try:
            await self._run(damaged.account_id, self._store.check_is_there)
        except StoreUnavailable as failure:
            log.error("the store cannot be used", reason=str(failure))
            return
        if await self._database.write_async(pdf.replace_damaged, damaged, now=datetime.now(UTC)):
            log.error(
                "a PDF in the store is not the one that was made, and is made again",
                invoice_id=damaged.invoice_id,
                account_id=damaged.account_id,
                key=damaged.key,
            )

    async def _why_there_is_none(self, key: str) -> DocumentMissing | DocumentNotReady:
        account_id = account_of(key)
        due = await self._database.list_for(account_id, pdf.invoices_to_print, account_id)
        is_made = await asyncio.to_thread(lambda: any(pdf_key(account_id, each) == key for each in due))
        return DocumentNotReady() if is_made else DocumentMissing()


def account_of(key: str) -> str:
    return key.partition("/")[0]
