"""Topics to notify after a commit: kinds of jobs that wait, and invoices that changed."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from sqlalchemy import Connection

NOTHING: frozenset[str] = frozenset()
_TOPICS = "topics"  # in `connection.info`
_INVOICE = "invoice\t"


def notify(connection: Connection, topics: Iterable[str]) -> None:
    """The database notifies its listeners of these topics after the commit."""
    connection.info.setdefault(_TOPICS, set()).update(topics)


def collect(connection: Connection) -> Collection[str]:
    """Removes and returns the topics of the transaction that ends."""
    topics: Collection[str] = connection.info.pop(_TOPICS, NOTHING)
    return topics


def notify_invoices_changed(connection: Connection, account_id: str, ids: Iterable[object]) -> None:
    """Notifies that something shown of these invoices has changed: their PDF, payment or credits."""
    notify(connection, (invoice_topic(account_id, str(id)) for id in ids))


def invoice_topic(account_id: str, invoice_id: str) -> str:
    """The topic of an invoice's changes."""
    return f"{_INVOICE}{account_id}\t{invoice_id}"


def is_invoice_topic(topic: str) -> bool:
    return topic.startswith(_INVOICE)
