"""What is left to credit of an issued invoice's lines, and taking a part of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, func, select

from invoicing.access import Principal
from invoicing.errors import NotCreditable, NotFound
from invoicing.invoices.queries import Issued
from invoicing.locks import lock_originals
from invoicing.snapshot import Line
from invoicing.storage.tables import OrderItem, invoice_lines, new_id
from invoicing.vat.arithmetic import credit_part

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
    def left_with_vat(self) -> int:
        """The same, with VAT however the invoice is priced."""
        return self.line.total_ex_vat + self.line.vat_amount - self.net - self.vat

    @property
    def is_spent(self) -> bool:
        """Whether nothing is left; for a line free of charge, whether no piece is left."""
        is_taken = self.left == 0 and self.left_with_vat == 0
        return is_taken and (self.line.total != 0 or self.pieces == 0)

    @property
    def pieces(self) -> int:
        """How many are left to credit."""
        return self.line.quantity - self.quantity

    def pieces_for(self, amount: int, quantity: int) -> tuple[int, int]:
        """The amount and the pieces that can still be credited; the last piece takes what is left."""
        pieces = min(quantity, self.pieces)
        return self.left if pieces == self.pieces else no_more(amount, self.left), pieces

    def take(self, amount: int, quantity: int | None, *, item: OrderItem | None = None) -> Line:
        """The credit's line for `amount`, which is then no longer left."""
        return self._taken(amount, *self._parts(amount), quantity, item)

    def take_with_vat(self, gross: int) -> Line:
        """The credit's line for an amount with VAT, to the cent, also if prices are without VAT."""
        net = self._net_of(gross)
        return self._taken(gross if self.is_including_vat else net, net, gross - net, None, None)

    def _taken(self, amount: int, net: int, tax: int, quantity: int | None, item: OrderItem | None) -> Line:
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
            service_period=self.line.service_period,
            order_id=self.line.order_id,
            order_item_id=item.id if item else None,
            credited_invoice_id=self.invoice_id,
            credited_line_id=self.line.id,
            credited_quantity=quantity,
        )

    def _net_of(self, gross: int) -> int:
        """Its cumulative share of the net, but no more than is left of net and of VAT."""
        line = self.line
        whole = line.total_ex_vat + line.vat_amount
        net, _ = credit_part(whole, line.total_ex_vat, self.net + self.vat, self.net, gross)
        nets, taxes = line.total_ex_vat - self.net, line.vat_amount - self.vat
        if whole < 0:
            return max(min(net, 0, gross - taxes), nets, gross)
        return min(max(net, 0, gross - taxes), nets, gross)

    def _parts(self, amount: int) -> tuple[int, int]:
        """Net and VAT: the amount is as requested, the VAT in it or on it is the cumulative share."""
        line = self.line
        if self.is_including_vat:
            return credit_part(line.total, line.total_ex_vat, self.total, self.net, amount)
        tax, _ = credit_part(line.total, line.vat_amount, self.total, self.vat, amount)
        return amount, tax


def lock_invoices_to_credit(connection: Connection, principal: Principal, ids: set[str]) -> list[Issued]:
    """The invoices in order of issue, locked: nobody else can credit them until the transaction ends."""
    found = [Issued.locked(row) for row in lock_originals(connection, principal.account_id, ids)]
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


def no_more(amount: int, left: int) -> int:
    """The smaller of the amount and what is left; for a discount both are negative."""
    return min(amount, left) if left >= 0 else max(amount, left)
