"""How many documents are made at once for who opens links: no key is needed, and so no rate limit holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from invoicing.errors import InvoicingError

MOST_OF_ACCOUNT = 16
MOST_OF_LINK = 4


class DocumentsBusy(InvoicingError):
    """Too many documents are being opened here: the same link opens this one in a moment."""

    code = "DOCUMENTS_BUSY"
    retry_after = 2  # seconds in which some are made: a document of 1,000 lines takes a tenth of one


class Openings:
    """The documents that are being made. For an event loop's thread."""

    def __init__(self) -> None:
        self._open: Counter[tuple[str, ...]] = Counter()

    @contextmanager
    def one_more(self, account_id: str, document: str) -> Iterator[None]:
        """Around the making of an account's document. Raises DocumentsBusy where it would be too many."""
        account, link = (account_id,), (account_id, document)
        if self._open[account] >= MOST_OF_ACCOUNT or self._open[link] >= MOST_OF_LINK:
            raise DocumentsBusy
        self._open.update((account, link))
        try:
            yield
        finally:
            self._open.subtract((account, link))
            for each in (account, link):
                if not self._open[each]:
                    del self._open[each]

    def __len__(self) -> int:
        return len(self._open)
