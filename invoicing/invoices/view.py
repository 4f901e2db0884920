"""What became of an invoice: what subscribers are sent again when it changes, and REST shows with it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from invoicing.access import Principal
from invoicing.invoices import queries
from invoicing.invoices.queries import Issued
from invoicing.ledger import balances
from invoicing.ledger import queries as ledger_queries
from invoicing.ledger.balances import Balance
from invoicing.storage.tables import Payment


@dataclass(frozen=True, slots=True)
class Seen:
    """An invoice at one moment; two are equal if PDF, payments and credits are the same."""

    invoice: Issued
    payments: list[Payment]
    balance: Balance
    credited_by: list[str]


def see(connection: Connection, principal: Principal, invoice_id: str) -> Seen:
    """The invoice as it is now. NotFound if there is none, or it is not the principal's."""
    return around(connection, principal, queries.found_invoice(connection, principal, invoice_id))


def around(connection: Connection, principal: Principal, invoice: Issued) -> Seen:
    """An invoice that was found before, with what became of it until now."""
    id = invoice.id
    return Seen(
        invoice=invoice,
        payments=ledger_queries.payments_by_invoice(connection, principal, [id]).get(id, []),
        balance=balances.balances_of(connection, principal.account_id, [id])[id],
        credited_by=sorted(queries.credits_by_invoice(connection, principal, [id]).get(id, [])),
    )
