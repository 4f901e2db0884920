"""An invoice with everything that became of it, for front doors that return it as one whole document."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from invoicing.access import Principal, Scope
from invoicing.invoices import view
from invoicing.invoices.queries import Issued
from invoicing.invoices.view import Became
from invoicing.ledger.balances import Balance
from invoicing.storage.tables import Customer, Payment
from resolvers import invoices
from resolvers.context import Context
from resolvers.loaders import FEW


@dataclass(frozen=True, slots=True)
class InvoiceHistory:
    """An invoice or a credit invoice, its credit invoices, and the payments on all of them, oldest first."""

    invoice: Issued
    balance: Balance
    customer: Customer | None
    payments: Sequence[Payment]
    credits: Sequence[InvoiceHistory]
    pdf_url: str | None
    is_for_customer: bool
    """Whether a customer sees it, and so not what is the seller's own."""

    @property
    def credited(self) -> int:
        """What its credit invoices take back of it, with VAT and with their rounding (BT-114)."""
        lines = [line for credit in self.credits for line in credit.invoice.frozen().lines]
        return -sum(
            line.total_ex_vat + line.vat_amount + line.rounding
            for line in lines
            if line.credited_invoice_id == self.invoice.id
        )

    @property
    def received(self) -> int:
        """The money that came in for it."""
        return self.balance.money.paid - self.balance.money.set_off

    @property
    def returned(self) -> int:
        """The money that went back, on it or on its credit invoices."""
        credited = sum(each.balance.money.refunded - each.balance.money.set_off for each in self.credits)
        return self.balance.money.refunded + credited

    @property
    def is_pending(self) -> bool:
        """Whether a gateway has still to say what became of a payment."""
        return any(payment.status == "PENDING" for payment in self.payments)

    @property
    def settled_at(self) -> datetime | None:
        """When the last of the money arrived; not before the invoice was issued."""
        if self.balance.state != "SETTLED":
            return None
        paid = [each.paid_at for each in self.payments if each.type == "PAYMENT" and each.paid_at]
        return max([self.invoice.created_at, *paid])

    @property
    def failed_at(self) -> datetime | None:
        """When the charge that failed last was begun."""
        if self.balance.state != "FAILED":
            return None
        tried = [each.created_at for each in self.payments if each.status in ("FAILED", "CANCELLED")]
        return max([self.invoice.created_at, *tried])

    @property
    def cancelled_at(self) -> datetime | None:
        """When the last of it was credited."""
        if self.balance.state != "CANCELLED":
            return None
        return max(each.invoice.created_at for each in self.credits)


def check_may_see_history(principal: Principal) -> None:
    """Refuses who may not see all of it. Is called before a change, so that its result can be shown."""
    principal.require(Scope.INVOICES_READ)
    principal.require(Scope.CUSTOMERS_READ)


async def invoice_history(ctx: Context, invoice: Issued) -> InvoiceHistory:
    check_may_see_history(ctx.principal)
    became = await ctx.read(view.became_if_few, ctx.principal, invoice, FEW)
    if became is None:
        became = await ctx.read_list(view.became, ctx.principal, invoice)
    crediting = [_history(ctx, each, became, []) for each in became.credits]
    return _history(ctx, invoice, became, crediting)


def _history(
    ctx: Context, invoice: Issued, became: Became, crediting: Sequence[InvoiceHistory]
) -> InvoiceHistory:
    moved = {each.id: each for each in became.payments.get(invoice.id, [])}
    moved |= {each.id: each for credit in crediting for each in credit.payments}
    return InvoiceHistory(
        invoice,
        became.balances[invoice.id],
        became.customer,
        sorted(moved.values(), key=lambda each: (each.created_at, each.id)),
        crediting,
        invoices.pdf_url(ctx, invoice),
        ctx.principal.customer_id is not None,
    )
