"""Money back on an invoice: a credit invoice and the refunds that settle it, written down together.

Both are in one commit, and the gateway is called after it. If the process dies in between, the same request
under the same key finds the credit invoice, begins the refunds that are missing, and calls the gateway for
those that are pending.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from invoicing import checks
from invoicing.access import Principal
from invoicing.accounts.settings import account
from invoicing.errors import IdempotencyKeyReused, NotCreditable, NotSettled, RefundTooHigh
from invoicing.idempotency import asked_by, fingerprint, made_before
from invoicing.invoices import credit as crediting
from invoicing.invoices import queries, rounding
from invoicing.invoices.credit import LineCredit
from invoicing.invoices.credit_lines import lock_creditable
from invoicing.invoices.draft import today_of
from invoicing.invoices.issue import issue
from invoicing.invoices.queries import Issued
from invoicing.ledger import balances, entries
from invoicing.ledger import queries as ledger_queries
from invoicing.ledger.balances import Refundable
from invoicing.ledger.distribution import spread
from invoicing.locks import lock_for_refund, orders_on, orders_sharing, sales_of
from invoicing.money import shares
from invoicing.payments.charges import PendingPayment
from invoicing.payments.manual import ManualTransferMethod
from invoicing.payments.refunds import begin_refund
from invoicing.payments.values import ManualTransferValues, RefundPaymentValues
from invoicing.storage.tables import Payment

RefundAmount = int | Sequence[LineCredit] | None
"""How much goes back: an amount with VAT, lines, or all that is left."""


@dataclass(frozen=True, slots=True)
class Repaid:
    """The credit invoice, and the refunds that gateways are to be asked for unless they are known."""

    credit: Issued
    begun: Sequence[PendingPayment]


def refund_invoice(
    connection: Connection,
    principal: Principal,
    invoice_id: str,
    asked: RefundAmount,
    *,
    key: str,
    reason: str | None = None,
    transfer: ManualTransferValues | None = None,
    gateways: Sequence[str],
    now: datetime,
) -> Repaid:
    """Credits a settled invoice and pays what was credited back, the newest payment first.

    The gateway that took the money pays it back; money that came without a gateway is refunded by hand, dated
    today. With a `transfer` all of it is refunded by hand. The same request under the same `key` does nothing
    twice, but tries again what failed.
    """
    checks.identifier(key, "key")
    note = checks.optional(checks.text(1_000))(reason, "reason")
    request = fingerprint("refund_invoice", invoice_id, asked, note, transfer)
    sale = _locked(connection, principal, invoice_id)
    named = f"refund_{hashlib.sha256(f'{invoice_id}:{key}'.encode()).hexdigest()[:32]}"
    credit = made_before(
        connection,
        principal,
        queries.invoice,
        named,
        asked_by(request),
        refusal=lambda _: IdempotencyKeyReused(field="key", ids=[key]),
    ) or _credited(connection, principal, sale, asked, note, named, request=request, now=now)
    made = _made(connection, principal, credit)
    live = [each for each in made if each.status in ("PENDING", "PAID")]
    owed = _owed(connection, principal, credit, live)
    begun = [_again(connection, each) for each in live]
    for place, (paid, amount) in enumerate(_sources(connection, principal, sale, owed), len(made)):
        values: RefundPaymentValues = {
            "amount": amount,
            "reference": credit.number,
            "manual_transfer": transfer or _by_hand(connection, paid, now),
            "idempotency_key": f"{named}:{place}",
        }
        begun.append(begin_refund(connection, principal, paid.id, values, gateways=gateways, now=now))
    return Repaid(queries.found_invoice(connection, principal, named), begun)


def _locked(connection: Connection, principal: Principal, invoice_id: str) -> Issued:
    """The invoice, locked with everything that its credit invoice and the refunds may change."""
    if queries.found_invoice(connection, principal, invoice_id).type == "CREDIT":
        raise NotCreditable(field="invoice_id", ids=[invoice_id])
    lock_for_refund(connection, principal.account_id, invoice_id=invoice_id)
    return queries.found_invoice(connection, principal, invoice_id)


def _credited(
    connection: Connection,
    principal: Principal,
    sale: Issued,
    asked: RefundAmount,
    note: str | None,
    named: str,
    *,
    request: str,
    now: datetime,
) -> Issued:
    if sale.state != "SETTLED":
        raise NotSettled(field="invoice", ids=[sale.id])
    lines = _spread(connection, principal, sale, asked, now=now) if isinstance(asked, int) else asked
    plan = crediting.credit_invoice(connection, principal, sale, lines, reason=note, now=now)
    credit = issue(connection, principal, plan, named, request=request, now=now)
    printed = credit.frozen().set_off or ()  # what is set off against other invoices has not gone back
    set_off = sum(each.amount for each in printed if each.number == sale.number)
    if asked is not None and set_off:  # a part of the money has gone back already
        raise RefundTooHigh(
            f"{-credit.due - set_off} is left of what was paid.", field="amount", ids=[sale.id]
        )
    return credit


def _spread(
    connection: Connection, principal: Principal, sale: Issued, amount: int, *, now: datetime
) -> list[LineCredit] | None:
    """The amount, distributed over the lines by what is left; the full amount is all lines in full.

    Where the rounding of what is left is above zero, there are amounts between its total and what it asked:
    no part of the lines comes to them.
    """
    lines = lock_creditable(connection, principal, [sale])[sale.id]
    left = [each.left_with_vat for each in lines]
    most = sum(left)
    if any(left):
        whole = crediting.credit_invoice(connection, principal, sale, None, reason=None, now=now)
        most = -whole.snapshot.due
    if not 0 < checks.money(amount, "amount") <= most:
        raise RefundTooHigh(f"{most} of the invoice is left to credit.", field="amount", ids=[sale.id])
    if amount == most:
        return None
    if amount >= sum(left):
        raise RefundTooHigh(
            f"{most} of the invoice is left to credit: all of it, or less than {sum(left)}.",
            field="amount",
            ids=[sale.id],
        )
    parts = shares(amount, left, amount, sum(left))
    return [
        LineCredit(each.line.id, with_vat=part) for each, part in zip(lines, parts, strict=True) if part != 0
    ]


def _made(connection: Connection, principal: Principal, credit: Issued) -> list[Payment]:
    """The refunds begun for the credit invoice; their keys are numbered."""
    made: list[Payment] = []
    while found := entries.under_key(connection, principal, f"{credit.id}:{len(made)}"):
        made.append(found)
    return made


def _owed(connection: Connection, principal: Principal, credit: Issued, made: Sequence[Payment]) -> int:
    """What is still to be refunded of a credit invoice. Its own refunds count even if they settled an older
    credit invoice first, and so does everything else that settled this one."""
    money = balances.balances_of(connection, principal.account_id, [credit.id])[credit.id].money
    under_way = sum(each.amount for each in made if each.status == "PENDING")
    refunded = sum(each.amount for each in made)
    return max(0, min(-money.outstanding - under_way, -money.due - money.set_off - refunded))


def _sources(
    connection: Connection, principal: Principal, sale: Issued, owed: int
) -> list[tuple[Payment, int]]:
    """The payments that pay back what is owed, and how much of each.

    What rounding makes an order's credit give back beyond what its invoice asked, other payments on the order
    and its invoices pay back, the newest first. Where there are none, it stays owed.
    """
    sources = []
    paid = ledger_queries.payments_by_invoice(connection, principal, [sale.id]).get(sale.id, [])
    for each in reversed([one for one in paid if (one.type, one.status) == ("PAYMENT", "PAID")]):
        amount = min(owed, balances.refundable(connection, principal.account_id, each.id))
        if amount > 0:
            sources.append((each, amount))
            owed -= amount
    if owed > 0:
        if owed > rounding.given_back_beyond(connection, principal.account_id, sale.id, sale.due):
            raise RefundTooHigh("Less is left of what was paid.", field="amount", ids=[sale.id])
        own = {each.id for each, _ in sources}
        others = [each for each in _refundable_beside(connection, principal, sale) if each.id not in own]
        parts = spread(sale.id, owed, [(each.id, each.left) for each in others])
        sources += [
            (entries.payment(connection, principal.account_id, part.invoice_id), part.amount)
            for part in parts
        ]
    return sources


def _refundable_beside(connection: Connection, principal: Principal, sale: Issued) -> list[Refundable]:
    """The payments on its orders and on all their invoices, of which something is left."""
    account_id = principal.account_id
    orders = orders_sharing(connection, account_id, orders_on(connection, account_id, sale.id))
    sales = sales_of(connection, account_id, orders)
    return balances.refundable_on(connection, account_id, sales, orders)


def _by_hand(connection: Connection, paid: Payment, now: datetime) -> ManualTransferValues | None:
    """The manual transfer that refunds money that came without a gateway: same method, today."""
    if paid.gateway is not None:
        return None
    known = paid.method in set(ManualTransferMethod)
    today = today_of(account(connection, paid.account_id), now)
    return {
        "method": paid.method if known else ManualTransferMethod.OTHER.value,
        "payment_date": today,
    }


def _again(connection: Connection, refund: Payment) -> PendingPayment:
    """The gateway may be called again for a pending refund: its id is the gateway's idempotency key."""
    if refund.status != "PENDING":
        return PendingPayment(refund, is_known=True)
    paid = entries.payment(connection, refund.account_id, str(refund.refund_of))
    return PendingPayment(refund, charge=paid.gateway_reference)
