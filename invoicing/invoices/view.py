"""What subscribers of an invoice are sent again when it changes."""

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
    found = queries.found_invoice(connection, principal, invoice_id)
    return Seen(
        invoice=found,
        payments=ledger_queries.payments_by_invoice(connection, principal, [found.id]).get(found.id, []),
        balance=balances.balances_of(connection, principal.account_id, [found.id])[found.id],
        credited_by=sorted(queries.credits_by_invoice(connection, principal, [found.id]).get(found.id, [])),
    )
