"""Credit invoices: what is left of an issued invoice's lines, taken back in any number of parts.

A credit never computes VAT anew. A full one copies the line, negated; parts are cumulative, so that they add
up to exactly the line, in any order. The invoice's row is locked, so that two credits never take the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from sqlalchemy import Connection, bindparam, func, select

from invoicing.access import Principal
from invoicing.accounts import account
from invoicing.drafting import Draft, in_order, orders_of, today_of
from invoicing.errors import CreditTooHigh, NotCreditable, NotFound, NothingToCredit, ValidationError
from invoicing.money import portion
from invoicing.queries import Issued
from invoicing.snapshot import CreditedInvoice, Line, OrderReference, Snapshot, VatRow
from invoicing.tables import OrderItem, invoice_lines, invoices, new_id, order_items
from invoicing.vat import Row, Totals, credit_part

_LOCK = (
    select(invoices)
    .where(invoices.c.account_id == bindparam("account"), invoices.c.id.in_(bindparam("ids", expanding=True)))
    .order_by(invoices.c.id)
    .with_for_update()
)
_CREDITED = (
    select(
        invoice_lines.c.credited_line_id,
        func.sum(invoice_lines.c.total).label("total"),
        func.sum(invoice_lines.c.total_ex_vat).label("net"),
        func.sum(invoice_lines.c.vat_amount).label("vat"),
        func.sum(func.coalesce(invoice_lines.c.credited_quantity, 0)).label("quantity"),
    )
    .where(
        invoice_lines.c.account_id == bindparam("account"),
        invoice_lines.c.credited_invoice_id.in_(bindparam("ids", expanding=True)),
    )
    .group_by(invoice_lines.c.credited_line_id)
)
_UNDONE = select(order_items).where(
    order_items.c.account_id == bindparam("account"), order_items.c.id.in_(bindparam("ids", expanding=True))
)


@dataclass(frozen=True, slots=True)
class LineCredit:
    """How much of a line is to be credited: a quantity, or an amount as the invoice prices it, or all."""

    line_id: str
    quantity: int | None = None
    amount: int | None = None


@dataclass(slots=True)
class Creditable:
    """An invoice's line and what has been credited of it so far, both with the line's own sign."""

    line: Line
    invoice_id: str
    is_including_vat: bool
    total: int = 0
    net: int = 0
    vat: int = 0
    quantity: int = 0

    @property
    def left(self) -> int:
        """What is left to credit, priced as the invoice is."""
        return self.line.total - self.total

    @property
    def is_spent(self) -> bool:
        """Nothing is left; of a line given away, no piece."""
        return self.left == 0 and (self.line.total != 0 or self.pieces == 0)

    @property
    def pieces(self) -> int:
        """How many are left to credit."""
        return self.line.quantity - self.quantity

    def pieces_for(self, amount: int, quantity: int) -> tuple[int, int]:
        """The amount and the pieces that are still there of these; the last piece takes all that is left."""
        pieces = min(quantity, self.pieces)
        return self.left if pieces == self.pieces else _no_more(amount, self.left), pieces

    def take(self, amount: int, quantity: int | None, *, item: OrderItem | None = None) -> Line:
        """The credit's line for `amount`, which is then no longer left."""
        net, tax = self._parts(amount)
        self.total, self.net, self.vat = self.total + amount, self.net + net, self.vat + tax
        self.quantity += quantity or 0
        price, many = (self.line.unit_price, quantity) if quantity else (amount, 1)
        return Line(
            id=new_id(),
            name=self.line.name,
            quantity=-many,
            unit=self.line.unit,
            unit_price=price,
            discount=amount - price * many,
            subtotal=-price * many,
            total=-amount,
            total_ex_vat=-net,
            vat_amount=-tax,
            vat_rate=self.line.vat_rate,
            vat_category=self.line.vat_category,
            exemption_reason=self.line.exemption_reason,
            supply=self.line.supply,
            sku=self.line.sku,
            description=self.line.description,
            order_id=self.line.order_id,
            order_item_id=item.id if item else None,
            credited_invoice_id=self.invoice_id,
            credited_line_id=self.line.id,
            credited_quantity=quantity,
        )

    def _parts(self, amount: int) -> tuple[int, int]:
        """Its net and VAT. What was priced is credited as asked, the other is its cumulative share."""
        line = self.line
        if self.is_including_vat:
            return credit_part(line.total, line.total_ex_vat, self.total, self.net, amount)
        tax, _ = credit_part(line.total, line.vat_amount, self.total, self.vat, amount)
        return amount, tax


def credit_items(
    connection: Connection, principal: Principal, items: Sequence[OrderItem], *, now: datetime
) -> Draft:
    """The credit invoice for contra items: each takes back its share of the line it was invoiced on."""
    covered = orders_of(connection, principal, items)
    key = {"account": principal.account_id, "ids": [item.contra_of for item in items]}
    undone = {row.id: cast(OrderItem, row) for row in connection.execute(_UNDONE, key)}
    originals = locked(connection, principal, {str(item.invoice_id) for item in undone.values()})
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
    invoice_id: str,
    asked: Sequence[LineCredit] | None,
    *,
    reason: str | None,
    now: datetime,
) -> Draft:
    """The credit invoice for lines of an issued invoice, or for all that is left of it."""
    originals = locked(connection, principal, {invoice_id})
    lines = {each.line.id: each for each in creditable(connection, principal, originals)}
    if asked is None:
        asked = [LineCredit(each.line.id) for each in lines.values() if not each.is_spent]
    if not asked:
        raise NothingToCredit(field="invoice_id", ids=[invoice_id])
    taken = [_taken(lines, each, f"lines.{index}") for index, each in enumerate(asked)]
    return _draft(connection, principal, originals, taken, note=reason, now=now)


def locked(connection: Connection, principal: Principal, ids: set[str]) -> list[Issued]:
    """The invoices, which nobody else credits until the transaction ends."""
    rows = connection.execute(_LOCK, {"account": principal.account_id, "ids": sorted(ids)}).all()
    found = [Issued(**dict(row._mapping), pdf_key=None, pdf_failed_at=None) for row in rows]
    if missing := ids - {invoice.id for invoice in found}:
        raise NotFound(f"There is no invoice {', '.join(missing)}.", field="invoice_id", ids=sorted(missing))
    if not_sales := [invoice.id for invoice in found if invoice.type == "CREDIT"]:
        raise NotCreditable(field="invoice_id", ids=not_sales)
    return found


def creditable(connection: Connection, principal: Principal, originals: Sequence[Issued]) -> list[Creditable]:
    """All lines of the invoices, with what has been credited of each so far."""
    key = {"account": principal.account_id, "ids": [invoice.id for invoice in originals]}
    so_far = {row.credited_line_id: row for row in connection.execute(_CREDITED, key)}
    lines = []
    for invoice in originals:
        for line in invoice.frozen().lines:
            left = Creditable(line, invoice.id, invoice.is_including_vat)
            if row := so_far.get(line.id):
                left.total, left.net, left.vat = -int(row.total), -int(row.net), -int(row.vat)
                left.quantity = int(row.quantity)
            lines.append(left)
    return lines


def _by_item(lines: Iterable[Creditable]) -> Mapping[tuple[str, str], Creditable]:
    return {(each.invoice_id, str(each.line.order_item_id)): each for each in lines}


def _taken(lines: Mapping[str, Creditable], asked: LineCredit, at: str) -> Line:
    left = lines.get(asked.line_id)
    if left is None:
        raise NotFound(
            f"The invoice has no line {asked.line_id}.", field=f"{at}.line_id", ids=[asked.line_id]
        )
    if asked.quantity is not None and asked.amount is not None:
        raise ValidationError("Credit a line by quantity or by amount, not by both.", field=f"{at}.amount")
    if asked.amount is not None:
        return left.take(_within(asked.amount, left, f"{at}.amount"), None)
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


def _within(amount: int, left: Creditable, field: str) -> int:
    if amount * left.left <= 0 or amount != _no_more(amount, left.left):
        raise CreditTooHigh(
            f"{left.left} of the line {left.line.name} is left to credit.", field=field, ids=[left.line.id]
        )
    return amount


def _no_more(amount: int, left: int) -> int:
    """The amount, or what is left where that is less; of a discount both are negative."""
    return min(amount, left) if left >= 0 else max(amount, left)


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
    first, rows = frozen[0], _rows(lines)
    return Draft(
        type="CREDIT",
        account=seller,
        customer_id=originals[0].customer_id,
        currency=first.currency,
        is_including_vat=first.is_including_vat,
        issued_on=today_of(seller, now),
        due_on=None,
        locale=first.locale,
        seller=first.seller,
        buyer=first.buyer,
        shipping_address=first.shipping_address,
        purchase_order_number=first.purchase_order_number,
        orders=_orders(frozen, lines),
        lines=tuple(lines),
        totals=_totals(lines, rows),
        vat=rows,
        credits=tuple(
            CreditedInvoice(id=each.id, number=each.number, issued_on=each.issued_on) for each in frozen
        ),
        note=note,
    )


def _orders(frozen: Sequence[Snapshot], lines: Sequence[Line]) -> tuple[OrderReference, ...]:
    covered = {line.order_id for line in lines}
    found = {order.id: order for each in frozen for order in each.orders if order.id in covered}
    return tuple(found.values())


def _rows(lines: Sequence[Line]) -> tuple[VatRow, ...]:
    groups: dict[tuple[str, int], list[Line]] = {}
    for line in lines:
        groups.setdefault((line.vat_category, line.vat_rate), []).append(line)
    rows = [
        VatRow(
            category=category,
            rate=rate,
            base=sum(line.total_ex_vat for line in group),
            amount=sum(line.vat_amount for line in group),
            exemption_reason=next((line.exemption_reason for line in group if line.exemption_reason), None),
        )
        for (category, rate), group in groups.items()
    ]
    return tuple(sorted(rows, key=lambda row: (-row.rate, row.category)))


def _totals(lines: Sequence[Line], rows: Sequence[VatRow]) -> Totals:
    base, tax = sum(row.base for row in rows), sum(row.amount for row in rows)
    return Totals(
        lines=(),
        rows=tuple(
            Row(category=row.category, rate=row.rate, base=row.base, amount=row.amount) for row in rows
        ),
        subtotal=sum(line.subtotal for line in lines),
        total_ex_vat=base,
        total_vat=tax,
        total=base + tax,
    )
