"""What tests of the ledger do to money, in a word each."""

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
from invoicing.payments import charges, manual, methods, refunds
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
    """One account's money."""

    database: Database
    principal: Principal

    def write(self, command: Any, *args: Any, now: datetime = NOW, **options: Any) -> Any:
        return self.database.write(command, self.principal, *args, now=now, **options)

    def order(self, id: str, *prices: int, **values: Any) -> list[str]:
        """An order of an item for each price, VAT included; answers their ids."""
        ids = [f"{id}-{place}" for place, _ in enumerate(prices)]
        items = [item(id=each, unit_price=price) for each, price in zip(ids, prices, strict=True)]
        factories.order(self.database, self.principal, id=id, items=items, **values)
        return ids

    def invoice(self, *item_ids: str, id: str | None = None) -> Issued:
        made: Issued = self.write(from_orders.invoice_items, item_ids, invoice_id=id)
        return made

    def sale(self, *prices: int, id: str = "sale", **values: Any) -> Issued:
        """An invoice, and its order of the same name."""
        return self.invoice(*self.order(f"o-{id}", *prices, **values), id=id)

    def credit(self, invoice: Issued, amount: int | None = None, *, line: int = 0) -> Issued:
        """All that is left of the invoice, or an amount of one of its lines."""
        part = None if amount is None else [LineCredit(invoice.frozen().lines[line].id, amount=amount)]
        made: Issued = self.write(from_orders.credit_invoice, invoice.id, part, reason=None)
        return made

    def cancel(self, order_id: str, *item_ids: str) -> Issued:
        """Cancels invoiced items and issues the credit for them."""
        contras = [Contra(id, None, f"{id}-undone") for id in item_ids]
        self.write(returns.undo_items, Action.CANCEL, order_id, contras)
        return self.invoice(*(contra.contra_item_id or "" for contra in contras))

    def pay(self, amount: int, *, key: str | None = None, now: datetime = NOW, **target: Any) -> Payment:
        values = {"amount": amount, "method": "ideal", "idempotency_key": key or f"pay-{next(KEYS)}"}
        made: Payment = self.write(manual.record_payment, {**values, **target}, now=now)
        return made

    def settle(self, invoice_id: str, **options: Any) -> Payment:
        made: Payment = self.write(manual.settle_invoice_manually, invoice_id, CASH, **options)
        return made

    def refund(self, payment: Payment, amount: int | None = None, *, key: str | None = None) -> Payment:
        """By hand."""
        values = {"idempotency_key": key or f"back-{next(KEYS)}", "manual_transfer": CASH}
        given = values if amount is None else {**values, "amount": amount}
        made: PendingPayment = self.write(refunds.begin_refund, payment.id, given, gateways=[])
        return made.payment

    def begin_refund(self, payment: Payment, amount: int | None = None) -> Payment:
        """Through the gateway that took it."""
        values = {"idempotency_key": f"back-{next(KEYS)}", "amount": amount}
        made: PendingPayment = self.write(refunds.begin_refund, payment.id, values, gateways=["sandbox"])
        return made.payment

    def buyer(self, id: str = "ann", reference: str = "card") -> PaymentMethod:
        """A customer whose card can be charged."""
        factories.customer(self.database, self.principal, id=id)
        return self.card(id, reference)

    def card(self, customer_id: str, reference: str, *, now: datetime = NOW) -> PaymentMethod:
        card = {"gateway": "sandbox", "reference": reference, "gateway_customer": None, "label": reference}
        made: PaymentMethod = self.write(methods.add_payment_method, customer_id, **card, now=now)
        return made

    def remove(self, method_id: str) -> PaymentMethod:
        return self.database.write(methods.remove_payment_method, self.principal, method_id)

    def cards(self, customer_id: str) -> list[PaymentMethod]:
        found = self.database.read(methods.methods_of, self.principal, [customer_id])
        return list(found.get(customer_id, []))

    def charge(self, invoice_id: str, method: str | None = "auto", **options: Any) -> PendingPayment:
        options = {"gateways": ["sandbox"], **options}
        made: PendingPayment = self.write(charges.begin_charge, invoice_id, method, **options)
        return made

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
        """Its state, how its payment stands, and what is outstanding."""
        found = self.balance(invoice_id)
        return found.state, str(found.money.status), found.money.outstanding

    def left(self, order_id: str) -> list[int]:
        """What is left of each payment on the order."""
        found = self.database.read(balances.available_on, self.principal.account_id, [order_id])
        return [available.left for available in found]

    def parts(self, payment: Payment) -> dict[str, int]:
        """How much of it went to which invoice."""
        of_it = select(allocations).where(allocations.c.payment_id == payment.id)
        rows = self.database.read(lambda connection: connection.execute(of_it).all())
        return {row.invoice_id: row.amount for row in rows}

    def rows(self, table: Table) -> list[Any]:
        mine = select(table).where(table.c.account_id == self.principal.account_id).order_by(table.c.id)
        return self.database.read(lambda connection: list(connection.execute(mine)))

    def is_right(self) -> bool:
        assert self.database.read(verify, self.principal.account_id).findings == []
        return True
