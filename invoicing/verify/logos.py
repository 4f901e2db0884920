"""Finds logos that are named and not there, and logos that are not what they were. Reads only."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256

from sqlalchemy import BindParameter, Connection, bindparam, select

from invoicing.storage.tables import accounts, invoices, logos

_ACCOUNT_ID: BindParameter[str] = bindparam("account")
_KEPT = select(logos.c.sha256).where(logos.c.account_id == _ACCOUNT_ID).order_by(logos.c.sha256)
_CONTENT = select(logos.c.content).where(
    logos.c.account_id == _ACCOUNT_ID, logos.c.sha256 == bindparam("its_hash")
)
_NAMED = (
    select(invoices.c.logo)
    .where(invoices.c.account_id == _ACCOUNT_ID, invoices.c.logo.is_not(None))
    .distinct()
)
_OF_ACCOUNT = select(accounts.c.logo).where(accounts.c.id == _ACCOUNT_ID)


def find_wrong_logos(connection: Connection, account_id: str) -> Iterator[tuple[str, str, str]]:
    """A subject, a kind and a sentence for each fault."""
    key = {"account": account_id}
    kept = connection.execute(_KEPT, key).scalars().all()
    for name in kept:  # one at a time: each may have half a megabyte
        content = connection.execute(_CONTENT, {**key, "its_hash": name}).scalar_one()
        if (found := sha256(content).hexdigest()) != name:
            yield name, "logo", f"The logo was changed: its SHA-256 is {found}."
    for name in sorted(set(connection.execute(_NAMED, key).scalars()) - set(kept)):
        yield name, "logo", "Invoices name this logo, and it is not there."
    own = connection.execute(_OF_ACCOUNT, key).scalar_one_or_none()
    if own is not None and own["sha256"] not in kept:
        yield own["sha256"], "logo", "The account names this logo, and it is not there."
