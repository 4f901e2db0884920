"""The PDFs in the store, handed out only if they are the ones that were made.

The size is compared each time, the SHA-256 once for each file in each process, and again when the file has
changed. A file that is gone or differs is made again from the frozen invoice.
"""

from __future__ import annotations

import asyncio
import os
from collections import OrderedDict
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock

import structlog

from documents.store import FileStore, pdf_key
from invoicing.errors import InvoicingError
from invoicing.invoices import pdf
from invoicing.storage.database import Database
from invoicing.storage.tables import Document

MOST_REMEMBERED = 10_000  # files; some 3 MB

log = structlog.get_logger()

_Seen = tuple[str, int, int, int, int]
"""What tells whether a file is the one that was read: its SHA-256 and what `stat` says."""


class DocumentMissing(InvoicingError):
    """There is no such document, and nothing makes it."""

    code = "DOCUMENT_MISSING"


class DocumentNotReady(InvoicingError):
    """The PDF is being made again: the same link opens it in a moment."""

    code = "DOCUMENT_NOT_READY"
    retry_after = 2  # seconds; a PDF takes a tenth of one


class StoredPdfs:
    def __init__(self, database: Database, store: FileStore) -> None:
        self._database = database
        self._store = store
        self._read: OrderedDict[str, _Seen] = OrderedDict()
        self._lock = Lock()  # several threads compare files

    async def find(self, key: str) -> tuple[Path, os.stat_result]:
        """The file under this key. Raises DocumentNotReady if it has to be made again."""
        document = await self._database.read_for(_account_of(key), pdf.document, key)
        if document is None:
            raise await self._why_there_is_none(key)
        found = await asyncio.to_thread(self._find, document)
        if found is None:
            await self._replace(document)
            raise DocumentNotReady
        return found

    def _find(self, document: Document) -> tuple[Path, os.stat_result] | None:
        path = self._store.path(document.key)
        try:
            stat = path.stat()
            is_right = stat.st_size == document.size and self._is_same(document, stat)
        except OSError as failure:  # also a disk that cannot read it any more
            log.warning("a PDF cannot be read", key=document.key, reason=str(failure))
            return None
        return (path, stat) if is_right else None

    def _is_same(self, document: Document, stat: os.stat_result) -> bool:
        """Whether the bytes are those that were made. `ctime` tells of a change that keeps `mtime`."""
        seen = (document.sha256, stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns)
        with self._lock:
            if self._read.get(document.key) == seen:
                self._read.move_to_end(document.key)
                return True
        found = self._store.measure(document.key)
        if found is None or found.sha256 != document.sha256:
            return False
        with self._lock:
            self._read[document.key] = seen
            if len(self._read) > MOST_REMEMBERED:
                self._read.popitem(last=False)
        return True

    async def _replace(self, damaged: Document) -> None:
        """Has it made again, unless it is the whole store that is not there."""
        if not await asyncio.to_thread(self._store.root.is_dir):
            log.error("the folder of the PDFs is not there", folder=str(self._store.root))
            return
        if await self._database.write_async(pdf.replace_damaged, damaged, now=datetime.now(UTC)):
            log.error(
                "a PDF in the store is not the one that was made, and is made again",
                invoice_id=damaged.invoice_id,
                account_id=damaged.account_id,
                key=damaged.key,
            )

    async def _why_there_is_none(self, key: str) -> DocumentMissing | DocumentNotReady:
        account_id = _account_of(key)
        due = await self._database.list_for(account_id, pdf.invoices_to_print, account_id)
        is_made = await asyncio.to_thread(lambda: any(pdf_key(account_id, each) == key for each in due))
        return DocumentNotReady() if is_made else DocumentMissing()


def _account_of(key: str) -> str:
    return key.partition("/")[0]
