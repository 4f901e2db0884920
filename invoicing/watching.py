"""What somebody who follows an invoice wants to see again when it changes."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from invoicing import ledger, money_shown, queries
from invoicing.access import Principal
from invoicing.ledger import Standing
from invoicing.ledger_tables import Payment
from invoicing.queries import Issued


@dataclass(frozen=True, slots=True)
class Seen:
    """An invoice at a moment; two are equal if its PDF, its payment and its credits stand as before."""

    invoice: Issued
    payments: list[Payment]
    standing: Standing
    credited_by: list[str]


def see(connection: Connection, principal: Principal, invoice_id: str) -> Seen:
    """Raises NotFound when there is none, or it is not the principal's."""
    found = queries.found_invoice(connection, principal, invoice_id)
    return Seen(
        invoice=found,
        payments=money_shown.payments_by_invoice(connection, principal, [found.id]).get(found.id, []),
        standing=ledger.standings(connection, principal.account_id, [found.id])[found.id],
        credited_by=sorted(queries.credits_by_invoice(connection, principal, [found.id]).get(found.id, [])),
    )
