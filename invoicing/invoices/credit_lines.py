"""What is left to credit of an issued invoice's lines, and the lines of a credit invoice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, func, select

from invoicing.access import Principal
from invoicing.decimals import MILLION, price_columns, price_of
from invoicing.errors import NotCreditable, NotFound
from invoicing.invoices.queries import Issued
from invoicing.locks import lock_credits_of, lock_original, lock_originals
from invoicing.money import between
from invoicing.orders.parts import Amounts, Whole, part_of
from invoicing.snapshot import Line
from invoicing.storage import rows
from invoicing.storage.id_lists import id_list, is_one_of
from invoicing.storage.prepared import Prepared
from invoicing.storage.tables import Invoice, OrderItem, invoice_lines, new_id
from invoicing.vat.credit import Credited
from invoicing.vat.sold import Part, Sold

_CREDITED = Prepared(
    select(
        invoice_lines.c.credited_line_id,
        func.sum(invoice_lines.c.total).label("total"),
        func.sum(invoice_lines.c.total_ex_vat).label("net"),
        func.sum(invoice_lines.c.vat_amount).label("vat"),
        func.sum(func.coalesce(invoice_lines.c.credited_quantity, 0)).label("quantity"),
    )
    .where(
        invoice_lines.c.account_id == bindparam("account"),
        is_one_of(invoice_lines.c.credited_invoice_id, id_list("ids")),
    )
    .group_by(invoice_lines.c.credited_line_id)
)


@dataclass(slots=True)
class Creditable:
    """An invoice's line at its `place`, and what is left to credit of it, with the line's own sign.

    `left` is priced as the invoice is, `left_with_vat` has VAT however it is priced, `pieces` are
    the quantity that is left, in millionths.
    """

    line: Line
    place: int
    sold: Sold
    left: int
    left_with_vat: int
    pieces: int

    @property
    def is_spent(self) -> bool:
        """Whether nothing is left; for a line free of charge, whether no piece is left."""
        return self.left == 0 and (self.line.total != 0 or self.pieces == 0)

    def take(
        self, amount: int, pieces: int | None = None, *, subtotal: int = 0, item: OrderItem | None = None
    ) -> Taking:
        """So much of it is to be credited, and is then no longer left."""
        self.left -= amount
        self.pieces -= pieces or 0
        return Taking(self, amount, pieces, subtotal, item)

    def take_pieces(self, pieces: int) -> Taking:
        """The last piece takes what is left."""
        worth = self.worth(pieces)
        amount = self.left if pieces == self.pieces else between(worth.total, 0, self.left)
        return self.take(amount, pieces or None, subtotal=worth.subtotal)

    def worth(self, pieces: int) -> Amounts:
        """What the next pieces of the line came to, whatever is left of it."""
        line = self.line
        amounts = Amounts(subtotal=line.subtotal, discount=line.discount)
        whole = Whole(unit_price=price_of(line), quantity=line.quantity, amounts=amounts)
        return part_of(whole, line.quantity - self.pieces, pieces)


@dataclass(frozen=True, slots=True)
class Taking:
    """What is to be credited of a line: pieces of it, which came to `subtotal`, or else an amount only."""

    of: Creditable
    amount: int
    pieces: int | None = None
    subtotal: int = 0
    item: OrderItem | None = None

    @property
    def part(self) -> Part:
        return Part(self.of.place, self.amount)


def lock_invoice_to_credit(connection: Connection, principal: Principal, id: str) -> Issued:
    """The invoice, locked, and the orders whose quotes its credits keep to."""
    (found,) = _sales(lock_original(connection, principal.account_id, id), {id})
    return found


def lock_invoices_to_credit(connection: Connection, principal: Principal, ids: set[str]) -> list[Issued]:
    """The invoices in order of issue, locked: nobody else can credit them until the transaction ends."""
    return _sales(lock_originals(connection, principal.account_id, ids), ids)


def _sales(locked: Sequence[Invoice], ids: set[str]) -> list[Issued]:
    """These invoices, if all of them were found and none is a credit invoice."""
    found = [Issued.locked(row) for row in locked]
    if missing := ids - {invoice.id for invoice in found}:
        raise NotFound(f"There is no invoice {', '.join(missing)}.", field="invoice_id", ids=sorted(missing))
    if not_sales := [invoice.id for invoice in found if invoice.type == "CREDIT"]:
        raise NotCreditable(field="invoice_id", ids=not_sales)
    return found


def lock_creditable(
    connection: Connection, principal: Principal, originals: Sequence[Issued]
) -> dict[str, list[Creditable]]:
    """By the ids of invoices, which are locked, all their lines with what is left of each.

    Their credit invoices, if there are any, are locked too: a new one may be set off against them.
    """
    account_id, ids = principal.account_id, [invoice.id for invoice in originals]
    key = {"account": account_id, "ids": ids}
    so_far = {
        line_id: (-int(total), -int(net), -int(vat), int(quantity))
        for line_id, total, net, vat, quantity in rows.plain(connection, _CREDITED, key)
    }
    if so_far:
        lock_credits_of(connection, account_id, ids)
    return {
        invoice.id: [
            _creditable(line, place, *so_far.get(line.id, (0, 0, 0, 0)))
            for place, line in enumerate(invoice.frozen().lines)
        ]
        for invoice in originals
    }


def credit_line(taking: Taking, credited: Credited, invoice_id: str) -> Line:
    """The credit's line. An amount is shown as one price reduction: no piece came back."""
    line = taking.of.line
    price, quantity, unit = price_of(line), taking.pieces, line.unit
    subtotal = taking.subtotal
    if not quantity:
        price, quantity, unit, subtotal = credited.total * MILLION, MILLION, "C62", credited.total
    return Line(
        id=new_id(),
        name=line.name,
        quantity=-quantity,
        unit=unit,
        **price_columns(price),
        discount=credited.total - subtotal,
        discount_reason=line.discount_reason if taking.pieces else None,
        subtotal=-subtotal,
        total=-credited.total,
        total_ex_vat=-credited.net,
        vat_amount=-credited.vat,
        vat_rate=line.vat_rate,
        vat_category=line.vat_category,
        exemption_reason=line.exemption_reason,
        supply=line.supply,
        sku=line.sku,
        description=line.description,
        service_period=line.service_period,
        order_id=line.order_id,
        order_item_id=taking.item.id if taking.item else None,
        credited_invoice_id=invoice_id,
        credited_line_id=line.id,
        credited_quantity=taking.pieces,
    )


def _creditable(line: Line, place: int, total: int, net: int, vat: int, quantity: int) -> Creditable:
    sold = Sold(
        group=(line.vat_category, line.vat_rate),
        total=line.total,
        net=line.total_ex_vat,
        vat=line.vat_amount,
        credited_total=total,
        credited_net=net,
        credited_vat=vat,
    )
    return Creditable(line, place, sold, sold.left, sold.left_net + sold.left_vat, line.quantity - quantity)
