"""`invoicing erase-customer`: what is known of a customer, but for what the law has the seller keep."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from invoicing.audit.actions import AuditAction
from invoicing.audit.entries import Act, audited
from invoicing.audit.subjects import AuditSubjectType, Subject, subjects
from invoicing.customers.details import find_customer
from invoicing.erasure.customer import Erased
from invoicing.erasure.customer import erase_customer as erase
from invoicing.errors import CustomerNotFound, InvoicingError
from invoicing.storage.database import Database
from invoicing.storage.tables import Customer
from server.commands.common import (
    AccountOption,
    choose_account,
    command_line_principal,
    exit_with,
    open_database,
)
from server.settings import Settings


def erase_customer(
    customer: Annotated[str, typer.Argument(help="Its id, or its handle.")],
    in_account: AccountOption = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask whether it is meant.")] = False,
) -> None:
    """Erase what is known of a customer. It cannot be undone.

    A customer without invoices and payments is deleted, with its orders. Of another one everything is blanked
    that stands beside the issued invoices and the payments: these have to be kept. While an order, an
    invoice or a payment is open, it is refused.
    """
    with open_database(Settings()) as database:
        principal = command_line_principal(choose_account(database, in_account).id)
        try:
            found = _found(database, principal.account_id, customer)
            if not yes:
                typer.confirm(f"Erase the customer {found.name} ({found.id}) for good?", abort=True)
            now = datetime.now(UTC)
            act = Act.of(principal, AuditAction.ERASE_CUSTOMER, at=now)
            erased = database.write(audited(act, erase, _subjects), principal, id=found.id, now=now)
        except InvoicingError as refusal:
            raise exit_with(str(refusal)) from None
        is_emptied = database.empty_log()
    typer.echo(_told(erased))
    if not is_emptied:
        typer.echo("SQLite's log (…-wal) still has what was erased, until it is written over.", err=True)


def _subjects(erased: Erased) -> list[Subject]:
    return subjects(AuditSubjectType.CUSTOMER, erased.customer_id)


def _found(database: Database, account_id: str, named: str) -> Customer:
    principal = command_line_principal(account_id)
    try:
        return database.read(find_customer, principal, id=named)
    except CustomerNotFound:
        return database.read(find_customer, principal, handle=named)


def _told(erased: Erased) -> str:
    if erased.is_gone:
        return f"The customer {erased.customer_id} is deleted, with {erased.orders:,} orders."
    return (
        f"The customer {erased.customer_id} and {erased.orders:,} orders are blanked. "
        f"{erased.invoices:,} invoices and all payments stay as they were issued and made."
    )
