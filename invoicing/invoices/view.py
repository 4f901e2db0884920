"""What became of an invoice: what subscribers are sent again when it changes, and what REST shows of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from invoicing.access import Principal
from invoicing.customers.details import customers_by_id
from invoicing.invoices import queries
from invoicing.invoices.queries import Issued
from invoicing.ledger import balances
from invoicing.ledger import queries as ledger_queries
from invoicing.ledger.balances import Balance
from invoicing.storage.tables import Customer, Payment


@dataclass(frozen=True, slots=True)
class Seen:
    """An invoice at one moment; two are equal if PDF, payments and credits are the same."""

    invoice: Issued
    payments: list[Payment]
    balance: Balance
    credited_by: list[str]


def see(connection: Connection, principal: Principal, invoice_id: str) -> Seen:
    """The invoice as it is now. NotFound if there is none, or it is not the principal's."""
    invoice = queries.found_invoice(connection, principal, invoice_id)
    id = invoice.id
    return Seen(
        invoice=invoice,
        payments=ledger_queries.payments_by_invoice(connection, principal, [id]).get(id, []),
        balance=balances.balances_of(connection, principal.account_id, [id])[id],
        credited_by=sorted(_credits_of(connection, principal, invoice)),
    )


@dataclass(frozen=True, slots=True)
class Became:
    """What became of invoices: each of these is by the ids of the invoices and of their credit invoices."""

    credits: list[Issued]
    """Credit invoices of the invoice that was asked for, oldest first."""
    payments: Mapping[str, list[Payment]]
    balances: Mapping[str, Balance]
    customer: Customer | None
    """The buyer of all of them; None after a guest's order."""


def became(connection: Connection, principal: Principal, invoice: Issued) -> Became:
    """What became until now of an invoice that was found before."""
    return _became(connection, principal, invoice, _credits_of(connection, principal, invoice))


def became_if_few(connection: Connection, principal: Principal, invoice: Issued, most: int) -> Became | None:
    """The same, among single rows; None if it has more credit invoices than may be read there."""
    crediting = _credits_of(connection, principal, invoice)
    return _became(connection, principal, invoice, crediting) if len(crediting) <= most else None


def _credits_of(connection: Connection, principal: Principal, invoice: Issued) -> list[str]:
    return queries.credits_by_invoice(connection, principal, [invoice.id]).get(invoice.id, [])


def _became(
    connection: Connection, principal: Principal, invoice: Issued, crediting: Sequence[str]
) -> Became:
    found = queries.invoices_by_id(connection, principal, crediting).values() if crediting else ()
    ids, buyer = [invoice.id, *crediting], invoice.customer_id
    buyers = customers_by_id(connection, principal, [buyer]) if buyer else {}
    return Became(
        credits=sorted(found, key=lambda each: (each.created_at, each.id)),
        payments=ledger_queries.payments_by_invoice(connection, principal, ids),
        balances=balances.balances_of(connection, principal.account_id, ids),
        customer=buyers.get(buyer or ""),
    )
