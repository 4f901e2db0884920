"""What the copy of a paid invoice says: the frozen invoice, with the payments that have paid it since."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import BindParameter, Connection, and_, bindparam, select

from invoicing.ledger.balances import Balance, balances_of
from invoicing.ledger.queries import payments_printed_on
from invoicing.snapshot import PrintedPayment, Snapshot
from invoicing.storage.tables import accounts, invoices, logos
from invoicing.stored_snapshot import load

_MINE: BindParameter[str] = bindparam("account")
_STORED = (
    select(invoices.c.snapshot, invoices.c.type, accounts.c.timezone, logos.c.content)
    .join(accounts, accounts.c.id == invoices.c.account_id)
    .outerjoin(logos, and_(logos.c.account_id == invoices.c.account_id, logos.c.sha256 == invoices.c.logo))
    .where(invoices.c.account_id == _MINE, invoices.c.id == bindparam("invoice"))
)


class Receipt(NamedTuple):
    """The frozen invoice as it is stored, what has paid it, and the image that it names as its logo."""

    snapshot: str
    payments: tuple[PrintedPayment, ...]
    logo: bytes | None

    def paper(self) -> Snapshot:
        """What is printed. Of a long invoice this takes long enough to be noticed."""
        paid = sum(each.amount for each in self.payments)
        return replace(load(self.snapshot), payments=self.payments, paid=paid)


def has_receipt(type: str, balance: Balance) -> bool:
    """Whether it is an invoice that asked for money and has all of it."""
    is_settled = type == "INVOICE" and balance.state == "SETTLED"
    return is_settled and balance.money.due > 0 and balance.money.outstanding <= 0


def receipt(connection: Connection, account_id: str, invoice_id: str) -> Receipt | None:
    """None if there is no such invoice, or something of it is open."""
    key = {"account": account_id, "invoice": invoice_id}
    found = connection.execute(_STORED, key).one_or_none()
    if found is None:
        return None
    if not has_receipt(found.type, balances_of(connection, account_id, [invoice_id])[invoice_id]):
        return None
    paid = payments_printed_on(connection, account_id, invoice_id, ZoneInfo(found.timezone))
    return Receipt(found.snapshot, paid, found.content)
