"""What a credit invoice says, made of what it credits of each invoice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import Connection

from invoicing.access import Principal
from invoicing.accounts.settings import account
from invoicing.invoices.credit_lines import Creditable, Taking, credit_line
from invoicing.invoices.draft import Draft, today_of
from invoicing.invoices.parties import branding_of
from invoicing.invoices.queries import Issued
from invoicing.invoices.rounding import nets_on_invoices, with_order_rounding
from invoicing.invoices.supply_date import supply_date_of_invoices
from invoicing.invoices.tax_currency import credited_in_tax_currency
from invoicing.snapshot import CreditedInvoice, Line, OrderReference, Snapshot
from invoicing.storage.tables import Account
from invoicing.vat.breakdown import vat_breakdown
from invoicing.vat.credit import Credit
from invoicing.vat.rounding import credit_rounding
from invoicing.vat.sold import together


@dataclass(frozen=True, slots=True)
class CreditOf:
    """What is credited of one invoice, which is locked: `credit.parts` are those of `takings`."""

    invoice: Issued
    left: Sequence[Creditable]
    takings: Sequence[Taking]
    credit: Credit

    @property
    def is_nothing(self) -> bool:
        """Whether it neither gives money back nor reverses VAT."""
        return not any(row.base or row.amount for row in self.credit.rows)

    def lines(self) -> list[Line]:
        """Its lines; of a one-time invoice, the first one mirrors its rounding to a multiple."""
        lines = [
            credit_line(taking, credited, self.invoice.id)
            for taking, credited in zip(self.takings, self.credit.parts, strict=True)
        ]
        if lines[0].order_id is not None:
            return lines
        sale, before = self.invoice, together([each.sold for each in self.left])
        credited = before.credited_net + before.credited_vat
        rounding = credit_rounding(sale.total, sale.rounding, credited, self.credit.gross)
        return [replace(lines[0], rounding=rounding), *lines[1:]]


def credit_draft(
    connection: Connection,
    principal: Principal,
    made: Sequence[CreditOf],
    *,
    note: str | None,
    printed: Sequence[str] = (),
    now: datetime,
) -> Draft:
    """The credit invoice; its lines are in the order of the items `printed`, if there are any."""
    seller = account(connection, principal.account_id)
    made = sorted(made, key=lambda each: (each.invoice.created_at, each.invoice.id))
    frozen = [each.invoice.frozen() for each in made]
    lines = _lines(connection, principal.account_id, made, printed)
    snapshot = _snapshot(seller, frozen, lines, note=note, today=today_of(seller, now))
    return Draft(seller, made[0].invoice.customer_id, snapshot)


def _lines(
    connection: Connection, account_id: str, made: Sequence[CreditOf], printed: Sequence[str]
) -> Sequence[Line]:
    lines = [line for each in made for line in each.lines()]
    orders = {line.order_id for line in lines if line.order_id is not None}
    if orders and not made[0].invoice.is_including_vat:
        caught_up: dict[str | None, int] = {each.invoice.id: each.credit.caught_up for each in made}
        before = nets_on_invoices(connection, account_id, orders)
        lines = with_order_rounding(lines, before, caught_up)
    place = {id: number for number, id in enumerate(printed)}
    return sorted(lines, key=lambda line: place[str(line.order_item_id)]) if place else lines


def _snapshot(
    seller: Account, frozen: Sequence[Snapshot], lines: Sequence[Line], *, note: str | None, today: date
) -> Snapshot:
    """Parties and terms are those of the first invoice that it credits."""
    first, rows = frozen[0], vat_breakdown(lines)
    supplied = supply_date_of_invoices(frozen)
    base, tax = sum(row.base for row in rows), sum(row.amount for row in rows)
    return Snapshot(
        type="CREDIT",
        currency=first.currency,
        currency_decimals=first.currency_decimals,
        is_including_vat=first.is_including_vat,
        issued_on=today,
        due_on=None,
        locale=first.locale,
        seller=first.seller,
        branding=branding_of(seller),
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
        rounding=sum(line.rounding for line in lines),
        vat_in_tax_currency=credited_in_tax_currency(frozen, lines),
        credits=tuple(
            CreditedInvoice(id=each.id, number=each.number, issued_on=each.issued_on) for each in frozen
        ),
        note=note,
    )


def _orders(frozen: Sequence[Snapshot], lines: Sequence[Line]) -> tuple[OrderReference, ...]:
    covered = {line.order_id for line in lines}
    found = {order.id: order for each in frozen for order in each.orders if order.id in covered}
    return tuple(found.values())
