"""Receipts, which are made anew each time that one is opened."""

from __future__ import annotations

from pathlib import Path

from documents.receipt_links import ReceiptKey
from invoicing.invoices import receipt
from invoicing.storage.database import Database
from resolvers.shared_threads import SharedThreads
from server.stored_pdfs import DocumentMissing


class Receipts:
    """One at a time, in a thread of its own, as fonts serve one at a time: accounts take turns."""

    def __init__(self, database: Database, font_dir: Path | None) -> None:
        self._database = database
        self._font_dir = font_dir
        self._threads = SharedThreads(1, 1, "receipts")

    async def made(self, key: ReceiptKey) -> bytes:
        """The PDF of the receipt. Raises DocumentMissing."""
        found = await self._database.read_for(key.account_id, receipt.receipt, key.account_id, key.invoice_id)
        if found is None:
            raise DocumentMissing
        return await self._threads.run(key.account_id, lambda: self._printed(found))

    def _printed(self, found: receipt.Receipt) -> bytes:
        from documents.pdf import copy_of, use_font_folder  # takes a sixth of the start, and few need it

        use_font_folder(self._font_dir)
        return copy_of(found.paper(), found.logo)
