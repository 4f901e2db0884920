"""What money does to invoices: payments pay them, refunds settle credit invoices, credits are set off."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import BindParameter, Connection, and_, bindparam, case, func, or_, select

from invoicing.ledger.balances import Balance, ask_available_on, available_on, balances_of
from invoicing.ledger.distribution import Allocation, OpenInvoice, spread, spread_payments
from invoicing.ledger.entries import allocate, announce_settled, payment, settle
from invoicing.ledger.leftovers import (
    asked_by_wholly_credited,
    owed_without_money,
    set_off_leftovers,
    wholly_credited,
)
from invoicing.ledger.order_shares import shares_of
from invoicing.locks import credits_of, orders_on, orders_sharing
from invoicing.snapshot import Line, Snapshot
from invoicing.storage.tables import Payment, allocations, invoice_lines, payments
from invoicing.webhooks import events

_MINE: BindParameter[str] = bindparam("account")
_ORDER: BindParameter[str] = bindparam("order")
_PAYMENT: BindParameter[str] = bindparam("payment")
_OF_PAYMENT = and_(
    payments.c.account_id == allocations.c.account_id, payments.c.id == allocations.c.payment_id
)
_PAID_BY = (
    select(
        allocations.c.invoice_id,
        func.sum(case((payments.c.type == "REFUND", -allocations.c.amount), else_=allocations.c.amount)),
    )
    .join(payments, _OF_PAYMENT)
    .where(
        allocations.c.account_id == _MINE,
        or_(payments.c.id == _PAYMENT, payments.c.refund_of == _PAYMENT),  # each has its index
    )
    .group_by(allocations.c.invoice_id)
)
_INVOICES_OF_ORDER = (
    select(invoice_lines.c.invoice_id)
    .where(invoice_lines.c.account_id == _MINE, invoice_lines.c.order_id == _ORDER)
    .distinct()
)


def ask_prepaid(
    connection: Connection, account_id: str, invoice_id: str, lines: Sequence[Line], due: int
) -> Callable[[], list[Allocation]]:
    """What the payments on its orders, which are locked, pay of an invoice that is about to be issued.

    It is read with the next statement; what is returned waits for it, if need be.
    """
    shares: dict[str, int] = defaultdict(int)
    for line in lines:
        if line.order_id and line.credited_invoice_id is None:
            shares[line.order_id] += line.asked
    if not shares:
        return list
    left = ask_available_on(connection, account_id, list(shares))
    return lambda: spread_payments(left(), [OpenInvoice(invoice_id, due, shares)])


@dataclass(frozen=True, slots=True)
class SetOff:
    """What a credit invoice takes off invoices, the balances of these before it, and the numbers of those
    that it does not credit itself."""

    parts: Sequence[Allocation] = ()
    balances: Mapping[str, Balance] = field(default_factory=dict)
    numbers: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_all_paid(self) -> bool:
        """Whether nothing is left to pay of these invoices."""
        return sum(part.amount for part in self.parts) == sum(
            max(0, each.money.outstanding) for each in self.balances.values()
        )


def set_off_of(connection: Connection, account_id: str, credit: Snapshot) -> SetOff:
    """What an invoice that is about to be issued takes off others: nothing, unless it is a credit invoice.

    The invoices that a credit invoice credits are locked, and those of its orders priced without VAT: what
    rounding left on them it pays too.
    """
    if credit.type != "CREDIT":
        return SetOff()
    shares: dict[str, int] = defaultdict(int)
    for line in credit.lines:
        shares[str(line.credited_invoice_id)] -= line.asked
    found = balances_of(connection, account_id, list(shares))
    room = [(id, min(each.money.outstanding, shares[id])) for id, each in found.items()]
    parts = spread(credit.id, -credit.due, room)
    left = -credit.due - sum(part.amount for part in parts)
    if left <= 0 or not (orders := _quoted_orders(credit)):
        return SetOff(parts, found)
    return _with_leftovers(connection, account_id, credit, SetOff(parts, found), left, orders)


def settle_at_issue(
    connection: Connection,
    account_id: str,
    issued: Snapshot,
    parts: Sequence[Allocation],
    set_off: SetOff,
    *,
    is_heard: bool,
    now: datetime,
) -> str:
    """Pays a new invoice with what was prepaid, or sets off a credit invoice; returns the state.

    The invoices that a credit invoice credits are locked, and their other credit invoices too. `is_heard`
    says whether the account has a webhook endpoint.
    """
    allocate(connection, account_id, parts, now=now)
    state = state_at_issue(issued)
    if issued.type == "CREDIT":
        left = issued.due + _set_off(connection, account_id, set_off, now=now)
        left += _net_credits(connection, account_id, issued, left, now=now) if left else 0
        if not set_off.is_all_paid and (orders := _quoted_orders(issued)):
            set_off_leftovers(connection, account_id, orders, now=now)
        if left != 0:
            return state
        settle(connection, account_id, [issued.id], is_heard=is_heard, now=now)
        return "SETTLED"
    if state == "SETTLED":
        announce_settled(connection, account_id, [issued.id], is_heard=is_heard, now=now)
    return state


def state_at_issue(issued: Snapshot) -> str:
    """With what is paid of it at issue. What settles a credit invoice is known only when that is stored."""
    return "SETTLED" if issued.type == "INVOICE" and issued.paid == issued.due else "PENDING"


def apply_payment(connection: Connection, moved: Payment, *, now: datetime) -> None:
    """Applies a payment or a refund that has become PAID. All that it may change is locked."""
    if moved.type == "REFUND":
        apply_refund(connection, moved, now=now)
        events.emit_for_refund(connection, moved, now=now)
    elif moved.order_id is not None:
        pay_order(connection, moved.account_id, moved.order_id, now=now)
    else:
        found = balances_of(connection, moved.account_id, [str(moved.invoice_id)])
        pay_invoice(connection, moved, found[str(moved.invoice_id)].money.outstanding, now=now)


def pay_order(connection: Connection, account_id: str, order_id: str, *, now: datetime) -> None:
    """Lets an order's payments pay its invoices, in order of issue. The order and they are locked."""
    left = [available for available in available_on(connection, account_id, [order_id]) if available.left > 0]
    if not left:
        return
    shares = shares_of(connection, account_id, order_id)
    found = balances_of(connection, account_id, list(shares))
    open_ones = [
        OpenInvoice(id, each.money.outstanding, {order_id: shares[id]})
        for id, each in found.items()
        if each.money.outstanding > 0
    ]
    allocate(connection, account_id, spread_payments(left, open_ones), now=now)
    settle(connection, account_id, [each.invoice_id for each in open_ones if each.outstanding == 0], now=now)


def pay_invoice(
    connection: Connection, paid: Payment, outstanding: int, *, is_heard: bool = True, now: datetime
) -> None:
    """Lets a paid payment on an invoice pay it; a surplus stays with the payment.

    `outstanding` is what is left to pay with it. `is_heard` is False where it is known that the account has
    no webhook endpoint.
    """
    invoice_id = str(paid.invoice_id)
    part = min(paid.amount, outstanding + paid.amount)
    if part > 0:
        allocate(connection, paid.account_id, [Allocation(paid.id, invoice_id, part)], now=now)
    if outstanding <= 0:
        settle(connection, paid.account_id, [invoice_id], is_heard=is_heard, now=now)


def apply_refund(connection: Connection, refund: Payment, *, now: datetime) -> None:
    """Lets a refund settle the credit invoices of what was paid. The rest takes back first the surplus, then
    what was paid of the invoices themselves, newest first. What other payments on the orders have left pays
    those invoices again.

    Of orders priced without VAT it settles, before it takes back what was paid, what rounding left on their
    other credit invoices.
    """
    account_id = refund.account_id
    paid = _paid_by(connection, payment(connection, account_id, str(refund.refund_of)))
    found = balances_of(connection, account_id, list({*_related(connection, refund), *paid}))
    owed = [(each.id, -each.money.outstanding) for each in found.values() if each.money.due < 0]
    parts = spread(refund.id, refund.amount, owed)
    left = refund.amount - sum(part.amount for part in parts)
    beside = _orders_beside(connection, refund)
    has_vat = all(each.is_including_vat for each in found.values())
    quoted = [] if has_vat else [refund.order_id] if refund.order_id else beside
    if refund.order_id:
        left -= min(left, _surplus(connection, refund))
        parts += spread(refund.id, left, [(id, paid[id]) for id in reversed(found) if id in paid])
    elif left:
        kept = found[str(refund.invoice_id)]
        missing = _missing(connection, refund, kept, left, quoted, found)
        owed += [(id, all_of_it) for id, (_, all_of_it) in missing.items()]
        parts += spread(refund.id, left, [(id, most) for id, (most, _) in missing.items()])
        rest = refund.amount - sum(part.amount for part in parts)
        parts += spread(refund.id, rest, [(kept.id, rest)])
    allocate(connection, account_id, parts, now=now)
    given = {part.invoice_id: part.amount for part in parts}
    settle(connection, account_id, [id for id, owes in owed if 0 < owes == given.get(id)], now=now)
    if quoted:
        set_off_leftovers(connection, account_id, quoted, now=now)
    for order_id in beside:
        pay_order(connection, account_id, order_id, now=now)


def _quoted_orders(issued: Snapshot) -> list[str]:
    """The orders on it, if their prices are without VAT: they were quoted what all of their invoices ask."""
    if issued.is_including_vat:
        return []
    return sorted({line.order_id for line in issued.lines if line.order_id is not None})


def _with_leftovers(
    connection: Connection,
    account_id: str,
    credit: Snapshot,
    own: SetOff,
    left: int,
    orders: Sequence[str],
) -> SetOff:
    """The set-off, and what is left of the credit invoice pays what rounding left on the orders' invoices."""
    taken = {part.invoice_id: part.amount for part in own.parts}
    crediting: dict[str, int] = defaultdict(int)
    for line in credit.lines:
        crediting[str(line.credited_invoice_id)] -= line.total_ex_vat + line.vat_amount
    asking, numbers = asked_by_wholly_credited(
        connection, account_id, orders, crediting=crediting, taken=taken
    )
    room = [(id, each.money.outstanding - taken.get(id, 0)) for id, each in asking.items()]
    for part in spread(credit.id, left, room):
        taken[part.invoice_id] = taken.get(part.invoice_id, 0) + part.amount
    parts = [Allocation(credit.id, id, amount) for id, amount in taken.items()]
    return SetOff(parts, {**own.balances, **asking}, numbers)


def _missing(
    connection: Connection,
    refund: Payment,
    kept: Balance,
    left: int,
    orders: Sequence[str],
    known: Mapping[str, Balance],
) -> dict[str, tuple[int, int]]:
    """What other credit invoices of the orders lack, if more of the refund is left than the invoice's
    surplus."""
    surplus = max(0, -kept.money.outstanding)
    if left <= surplus or not orders:
        return {}
    found = owed_without_money(connection, refund.account_id, orders, known)
    room = spread(refund.id, left - surplus, [(id, most) for id, (most, _) in found.items()])
    return {part.invoice_id: (part.amount, found[part.invoice_id][1]) for part in room}


def _set_off(connection: Connection, account_id: str, set_off: SetOff, *, now: datetime) -> int:
    """Sets off a new credit invoice against what its invoices still ask; the rest is to be refunded."""
    parts = set_off.parts
    allocate(connection, account_id, parts, of_credit=True, now=now)
    whole = wholly_credited(connection, account_id, [part.invoice_id for part in parts], {})
    for part in parts:
        in_full = part.invoice_id in whole
        if in_full or part.amount == set_off.balances[part.invoice_id].money.outstanding:
            settle(connection, account_id, [part.invoice_id], "CANCELLED" if in_full else "SETTLED", now=now)
    return sum(part.amount for part in parts)


def _net_credits(
    connection: Connection, account_id: str, credit: Snapshot, left: int, *, now: datetime
) -> int:
    """Sets off a credit invoice against others of the same invoices.

    A credit invoice that takes back only a discount asks for money; the others owe some.
    """
    others = {*credits_of(connection, account_id, [each.id for each in credit.credits])} - {credit.id}
    found = balances_of(connection, account_id, list(others)).values() if others else ()
    opposite = [each for each in found if each.money.due * left < 0 and each.money.outstanding * left < 0]
    parts = spread(credit.id, abs(left), [(each.id, abs(each.money.outstanding)) for each in opposite])
    if left > 0:
        parts = [Allocation(part.invoice_id, credit.id, part.amount) for part in parts]
    allocate(connection, account_id, parts, of_credit=True, now=now)
    taken = {part.source if left > 0 else part.invoice_id: part.amount for part in parts}
    settle(
        connection,
        account_id,
        [each.id for each in opposite if abs(each.money.outstanding) == taken.get(each.id)],
        now=now,
    )
    moved = sum(part.amount for part in parts)
    return -moved if left > 0 else moved


def _related(connection: Connection, refund: Payment) -> Sequence[str]:
    """All invoices of its order, or the credits of its invoice."""
    if refund.order_id is None:
        return credits_of(connection, refund.account_id, [str(refund.invoice_id)])
    where = {"account": refund.account_id, "order": refund.order_id}
    return connection.execute(_INVOICES_OF_ORDER, where).scalars().all()


def _orders_beside(connection: Connection, refund: Payment) -> Sequence[str]:
    """The orders whose payments may pay again after a refund: those that share its invoices."""
    if refund.order_id is None:
        return orders_on(connection, refund.account_id, str(refund.invoice_id))
    return orders_sharing(connection, refund.account_id, [refund.order_id])


def _paid_by(connection: Connection, paid: Payment) -> Mapping[str, int]:
    """What an order's payment has paid of each invoice and was not paid back."""
    if paid.order_id is None:
        return {str(paid.invoice_id): 0}
    rows = connection.execute(_PAID_BY, {"account": paid.account_id, "payment": paid.id})
    return {id: int(amount) for id, amount in rows if amount > 0}


def _surplus(connection: Connection, refund: Payment) -> int:
    """What the refunded payment has left on its order, this refund not counted."""
    left = available_on(connection, refund.account_id, [str(refund.order_id)])
    mine = next(available.left for available in left if available.payment_id == refund.refund_of)
    return max(mine + refund.amount, 0)
