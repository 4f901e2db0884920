"""What others are to hear of once it is committed: kinds of jobs that wait, and invoices that changed."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from sqlalchemy import Connection

NOTHING: frozenset[str] = frozenset()
_NEWS = "news"  # in `connection.info`
_INVOICE = "invoice\t"


def notify(connection: Connection, topics: Iterable[str]) -> None:
    """The database tells its listeners once this is committed."""
    connection.info.setdefault(_NEWS, set()).update(topics)


def collect(connection: Connection) -> Collection[str]:
    """What was told in the transaction that ends."""
    news: Collection[str] = connection.info.pop(_NEWS, NOTHING)
    return news


def invoices_changed(connection: Connection, account_id: str, ids: Iterable[object]) -> None:
    """Something that is shown of these invoices is not as it was: their PDF, payment or credits."""
    notify(connection, (of_invoice(account_id, str(id)) for id in ids))


def of_invoice(account_id: str, invoice_id: str) -> str:
    """The topic under which an invoice's changes are told."""
    return f"{_INVOICE}{account_id}\t{invoice_id}"


def is_of_invoice(topic: str) -> bool:
    return topic.startswith(_INVOICE)
