"""Credit invoices: what is left of an issued invoice's lines, taken back in any number of parts.

A credit does not compute VAT again. A full credit copies the line with negative amounts; partial credits are
cumulative, so that together they add up to exactly the line, in any order. The invoice's row is locked, so
that two credits never credit the same amount.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from invoicing.access import Principal
from invoicing.accounts.settings import account
from invoicing.errors import CreditTooHigh, NotFound, NothingToCredit, ValidationError
from invoicing.invoices.credit_lines import Creditable, creditable, lock_invoices_to_credit, no_more
from invoicing.invoices.draft import Draft, check_can_share_invoice, find_items, in_order, today_of
from invoicing.invoices.queries import Issued
from invoicing.invoices.supply_date import supply_date_of_invoices
from invoicing.invoices.tax_currency import credited_in_tax_currency
from invoicing.money import portion
from invoicing.snapshot import CreditedInvoice, Line, OrderReference, Snapshot
from invoicing.storage.tables import Order, OrderItem
from invoicing.vat.breakdown import vat_breakdown


@dataclass(frozen=True, slots=True)
class LineCredit:
    """How much of a line is to be credited: all of it, a quantity, or an `amount`.

    The amount is priced as the invoice is; `with_vat` it contains VAT in any case.
    """

    line_id: str
    quantity: int | None = None
    amount: int | None = None
    with_vat: int | None = None


def credit_items(
    connection: Connection,
    principal: Principal,
    covered: Sequence[Order],
    items: Sequence[OrderItem],
    *,
    now: datetime,
) -> Draft:
    """The credit invoice for contra items: each takes back its share of the line it was invoiced on."""
    check_can_share_invoice(covered, items)
    named = [str(item.contra_of) for item in items]
    undone = {item.id: item for item in find_items(connection, principal, named)}
    originals = lock_invoices_to_credit(
        connection, principal, {str(item.invoice_id) for item in undone.values()}
    )
    lines = _by_item(creditable(connection, principal, originals))
    taken = []
    for item in in_order(covered, items):
        part = undone[str(item.contra_of)]
        left = lines[str(part.invoice_id), str(part.invoiced_as)]
        asked = part.unit_price * part.quantity - part.discount
        taken.append(left.take(*left.pieces_for(asked, part.quantity), item=item))
    reasons = dict.fromkeys(item.undo_reason for item in items if item.undo_reason)
    return _draft(connection, principal, originals, taken, note="\n".join(reasons) or None, now=now)


def credit_invoice(
    connection: Connection,
    principal: Principal,
    original: Issued,
    asked: Sequence[LineCredit] | None,
    *,
    reason: str | None,
    now: datetime,
) -> Draft:
    """The credit invoice for lines of a locked invoice, or for all that is left of it."""
    lines = {each.line.id: each for each in creditable(connection, principal, [original])}
    if asked is None:
        asked = [LineCredit(each.line.id) for each in lines.values() if not each.is_spent]
    if not asked:
        raise NothingToCredit(field="invoice_id", ids=[original.id])
    taken = [_taken(lines, each, f"lines.{index}") for index, each in enumerate(asked)]
    return _draft(connection, principal, [original], taken, note=reason, now=now)


def _by_item(lines: Iterable[Creditable]) -> Mapping[tuple[str, str], Creditable]:
    return {(each.invoice_id, str(each.line.order_item_id)): each for each in lines}


def _taken(lines: Mapping[str, Creditable], asked: LineCredit, at: str) -> Line:
    left = lines.get(asked.line_id)
    if left is None:
        raise NotFound(
            f"The invoice has no line {asked.line_id}.", field=f"{at}.line_id", ids=[asked.line_id]
        )
    if (asked.quantity, asked.amount, asked.with_vat).count(None) < 2:
        raise ValidationError("Credit a line by quantity or by amount, not by both.", field=f"{at}.amount")
    if asked.amount is not None:
        return left.take(_within(asked.amount, left.left, left, f"{at}.amount"), None)
    if asked.with_vat is not None:
        return left.take_with_vat(_within(asked.with_vat, left.left_with_vat, left, f"{at}.with_vat"))
    quantity = left.pieces if asked.quantity is None else asked.quantity
    if left.is_spent or quantity > left.pieces or (asked.quantity is not None and quantity < 1):
        pieces = 0 if left.is_spent else left.pieces
        raise CreditTooHigh(
            f"{pieces} of the line {left.line.name} are left to credit.",
            field=f"{at}.quantity",
            ids=[asked.line_id],
        )
    share = portion(left.line.total, left.quantity + quantity, left.line.quantity) - portion(
        left.line.total, left.quantity, left.line.quantity
    )
    return left.take(*left.pieces_for(share, quantity))


def _within(amount: int, most: int, left: Creditable, field: str) -> int:
    if amount * most <= 0 or amount != no_more(amount, most):
        raise CreditTooHigh(
            f"{most} of the line {left.line.name} is left to credit.", field=field, ids=[left.line.id]
        )
    return amount


def _draft(
    connection: Connection,
    principal: Principal,
    originals: Sequence[Issued],
    lines: Sequence[Line],
    *,
    note: str | None,
    now: datetime,
) -> Draft:
    seller = account(connection, principal.account_id)
    frozen = [invoice.frozen() for invoice in sorted(originals, key=lambda each: (each.created_at, each.id))]
    first, rows = frozen[0], vat_breakdown(lines)
    supplied = supply_date_of_invoices(frozen)
    base, tax = sum(row.base for row in rows), sum(row.amount for row in rows)
    snapshot = Snapshot(
        type="CREDIT",
        currency=first.currency,
        currency_decimals=first.currency_decimals,
        is_including_vat=first.is_including_vat,
        issued_on=today_of(seller, now),
        due_on=None,
        locale=first.locale,
        seller=first.seller,
        buyer=first.buyer,
        shipping_address=first.shipping_address,
        delivery_date=supplied.delivery_date,
        service_period=supplied.service_period,
        purchase_order_number=first.purchase_order_number,
        cost_center=first.cost_center,
        orders=_orders(frozen, lines),
        lines=tuple(lines),
        vat=rows,
        subtotal=sum(line.subtotal for line in lines),
        total_ex_vat=base,
        total_vat=tax,
        total=base + tax,
        vat_in_tax_currency=credited_in_tax_currency(frozen, lines),
        credits=tuple(
            CreditedInvoice(id=each.id, number=each.number, issued_on=each.issued_on) for each in frozen
        ),
        note=note,
    )
    return Draft(seller, originals[0].customer_id, snapshot)


def _orders(frozen: Sequence[Snapshot], lines: Sequence[Line]) -> tuple[OrderReference, ...]:
    covered = {line.order_id for line in lines}
    found = {order.id: order for each in frozen for order in each.orders if order.id in covered}
    return tuple(found.values())
