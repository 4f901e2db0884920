"""A till (cash register) for tests: orders, invoices, payments and refunds, in one short call each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from itertools import count
from typing import Any

from sqlalchemy import Table, select

from invoicing.access import Principal
from invoicing.invoices import from_orders
from invoicing.invoices.credit import LineCredit
from invoicing.invoices.queries import Issued
from invoicing.ledger import balances
from invoicing.ledger.balances import Balance
from invoicing.orders import returns
from invoicing.orders.actions import Action
from invoicing.orders.returns import Contra
from invoicing.payments import charges, manual, methods, refunds, set_off
from invoicing.payments.charges import PendingPayment
from invoicing.storage.database import Database
from invoicing.storage.tables import Payment, PaymentMethod, allocations
from invoicing.verify.books import verify
from tests.support import factories
from tests.support.factories import NOW, item

CASH = {"method": "CASH", "payment_date": NOW.date()}
KEYS = count()


@dataclass
class Till:
    """Acts in one account."""

    database: Database
    principal: Principal

    def write(self, command: Any, *args: Any, now: datetime = NOW, **options: Any) -> Any:
        return self.database.write(command, self.principal, *args, now=now, **options)

    def order(self, id: str, *prices: int, **values: Any) -> list[str]:
        """Creates an order with an item for each price, VAT included; returns the items' ids."""
        ids = [f"{id}-{place}" for place, _ in enumerate(prices)]
        items = [item(id=each, unit_price=price) for each, price in zip(ids, prices, strict=True)]
        factories.order(self.database, self.principal, id=id, items=items, **values)
        return ids

    def invoice(self, *item_ids: str, id: str | None = None) -> Issued:
        result: Issued = self.write(from_orders.invoice_items, item_ids, invoice_id=id)
        return result

    def sale(self, *prices: int, id: str = "sale", **values: Any) -> Issued:
        """Creates an order, and invoices it."""
        return self.invoice(*self.order(f"o-{id}", *prices, **values), id=id)

    def credit(self, invoice: Issued, amount: int | None = None, *, line: int = 0) -> Issued:
        """Credits all that is left of the invoice, or an amount of one line."""
        part = None if amount is None else [LineCredit(invoice.frozen().lines[line].id, amount=amount)]
        result: Issued = self.write(from_orders.credit_invoice, invoice.id, part, reason=None)
        return result

    def cancel(self, order_id: str, *item_ids: str) -> Issued:
        """Cancels invoiced items and issues the credit invoice for them."""
        contras = [Contra(id, None, f"{id}-undone") for id in item_ids]
        self.write(returns.undo_items, Action.CANCEL, order_id, contras)
        return self.invoice(*(contra.contra_item_id or "" for contra in contras))

    def pay(self, amount: int, *, key: str | None = None, now: datetime = NOW, **target: Any) -> Payment:
        values = {"amount": amount, "method": "ideal", "idempotency_key": key or f"pay-{next(KEYS)}"}
        result: Payment = self.write(manual.record_payment, {**values, **target}, now=now)
        return result

    def settle(self, invoice_id: str, **options: Any) -> Payment:
        result: Payment = self.write(manual.settle_invoice_manually, invoice_id, CASH, **options)
        return result

    def refund(self, payment: Payment, amount: int | None = None, *, key: str | None = None) -> Payment:
        """Refunds by a manual transfer."""
        values = {"idempotency_key": key or f"back-{next(KEYS)}", "manual_transfer": CASH}
        given = values if amount is None else {**values, "amount": amount}
        result: PendingPayment = self.write(refunds.begin_refund, payment.id, given, gateways=[])
        return result.payment

    def apply(
        self, source: str, target: str, amount: int | None = None, *, key: str | None = None
    ) -> Payment:
        """Sets what one invoice owes off against another."""
        named = key or f"apply-{next(KEYS)}"
        result: Payment = self.write(set_off.apply_credit, source, target, amount, key=named)
        return result

    def begin_refund(self, payment: Payment, amount: int | None = None) -> Payment:
        """Begins a refund through the payment's gateway."""
        values = {"idempotency_key": f"back-{next(KEYS)}", "amount": amount}
        result: PendingPayment = self.write(refunds.begin_refund, payment.id, values, gateways=["sandbox"])
        return result.payment

    def buyer(self, id: str = "ann", reference: str = "card") -> PaymentMethod:
        """Creates a customer with a payment method."""
        factories.customer(self.database, self.principal, id=id)
        return self.card(id, reference)

    def card(self, customer_id: str, reference: str, *, now: datetime = NOW) -> PaymentMethod:
        card = {"gateway": "sandbox", "reference": reference, "gateway_customer": None, "label": reference}
        result: PaymentMethod = self.write(methods.add_payment_method, customer_id, **card, now=now)
        return result

    def remove(self, method_id: str) -> PaymentMethod:
        return self.database.write(methods.remove_payment_method, self.principal, method_id)

    def cards(self, customer_id: str) -> list[PaymentMethod]:
        found = self.database.read(methods.methods_of, self.principal, [customer_id])
        return list(found.get(customer_id, []))

    def charge(self, invoice_id: str, method: str | None = "auto", **options: Any) -> PendingPayment:
        options = {"gateways": ["sandbox"], **options}
        result: PendingPayment = self.write(charges.begin_charge, invoice_id, method, **options)
        return result

    def resolve(self, payment: Payment, status: str, **options: Any) -> Payment:
        return self.database.write(
            charges.resolve,
            self.principal.account_id,
            payment.id,
            status,
            **{"reference": None, "now": NOW, **options},
        )

    def balance(self, invoice_id: str) -> Balance:
        return self.database.read(balances.balances_of, self.principal.account_id, [invoice_id])[invoice_id]

    def outstanding(self, *invoice_ids: str) -> list[int]:
        return [self.balance(id).money.outstanding for id in invoice_ids]

    def seen(self, invoice_id: str) -> tuple[str, str, int]:
        """The invoice's state, its payment status, and its outstanding amount."""
        found = self.balance(invoice_id)
        return found.state, str(found.money.status), found.money.outstanding

    def left(self, order_id: str) -> list[int]:
        """What is left of each payment on the order."""
        found = self.database.read(balances.available_on, self.principal.account_id, [order_id])
        return [available.left for available in found]

    def parts(self, payment: Payment) -> dict[str, int]:
        """The amounts allocated to invoices, by invoice id."""
        statement = select(allocations).where(allocations.c.payment_id == payment.id)
        rows = self.database.read(lambda connection: connection.execute(statement).all())
        return {row.invoice_id: row.amount for row in rows}

    def rows(self, table: Table) -> list[Any]:
        statement = select(table).where(table.c.account_id == self.principal.account_id).order_by(table.c.id)
        return self.database.read(lambda connection: list(connection.execute(statement)))

    def is_right(self) -> bool:
        assert self.database.read(verify, self.principal.account_id).findings == []
        return True
