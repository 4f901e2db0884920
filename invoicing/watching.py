"""What somebody who follows an invoice wants to see again when it changes."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from invoicing import ledger, money_shown, queries
from invoicing.access import Principal
from invoicing.queries import Issued


@dataclass(frozen=True, slots=True)
class Seen:
    """An invoice at a moment; two are equal if its PDF, its payment and its credits stand as before."""

    invoice: Issued
    payments: tuple[tuple[str, str], ...]
    standing: ledger.Standing
    credited_by: tuple[str, ...]


def see(connection: Connection, principal: Principal, invoice_id: str) -> Seen:
    """Raises NotFound when there is none, or it is not the principal's."""
    found = queries.found_invoice(connection, principal, invoice_id)
    payments = money_shown.payments_by_invoice(connection, principal, [found.id]).get(found.id, [])
    credited = queries.credits_by_invoice(connection, principal, [found.id]).get(found.id, [])
    return Seen(
        invoice=found,
        payments=tuple((payment.id, payment.status) for payment in payments),
        standing=ledger.standings(connection, principal.account_id, [found.id])[found.id],
        credited_by=tuple(sorted(credited)),
    )
