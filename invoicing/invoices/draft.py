"""What an invoice for these items would say: the checks and the sums, before anything is stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from invoicing.access import Principal
from invoicing.currencies import minor_digits
from invoicing.errors import (
    AmountTooLarge,
    NegativeTotal,
)
from invoicing.invoices.covered import check_can_share_invoice, in_order
from invoicing.invoices.due_date import due_date, terms_of_orders
from invoicing.invoices.parties import (
    agreed,
    branding_of,
    buyer_of,
    check_treatment,
    reference,
    seller_of,
    shipping_address_of,
)
from invoicing.invoices.rounding import nets_on_invoices, with_order_rounding
from invoicing.invoices.supply_date import supply_date_of_items
from invoicing.invoices.tax_currency import with_tax_currency
from invoicing.invoices.values import IssueTerms
from invoicing.money import MAX_AMOUNT
from invoicing.orders.actions import check_lawful
from invoicing.orders.items import taxable
from invoicing.orders.lawful import Parties, buyer_vat_country
from invoicing.orders.queries import parties_of
from invoicing.snapshot import Line, Snapshot
from invoicing.storage.tables import (
    Account,
    Order,
    OrderItem,
    new_id,
)
from invoicing.stored_snapshot import read_period
from invoicing.vat import arithmetic
from invoicing.vat.breakdown import vat_breakdown


@dataclass(frozen=True, slots=True)
class Draft:
    """An invoice that could be issued now: all that it would say, but for its id and its number."""

    account: Account
    customer_id: str | None
    snapshot: Snapshot


def draft(
    connection: Connection,
    principal: Principal,
    covered: Sequence[Order],
    items: Sequence[OrderItem],
    parties: Parties | None = None,
    *,
    terms: IssueTerms,
    now: datetime,
) -> Draft:
    """The invoice for these items of these orders; `parties` are the first order's, if they are known."""
    check_can_share_invoice(covered, items)
    parties = parties or parties_of(connection, principal, covered[0])
    check_lawful({order.id: order for order in covered}, items, parties)
    ordered = in_order(covered, items)
    totals = _totals(covered, ordered)
    lines = _lines(connection, principal.account_id, covered, ordered, totals)
    snapshot = _snapshot(
        parties, covered, ordered, lines, totals, terms=terms, today=today_of(parties.seller, now)
    )
    check_treatment(
        snapshot, parties.seller, buyer_vat_country(covered, snapshot.buyer.vat_number, parties.customer)
    )
    paper = with_tax_currency(connection, parties.seller, snapshot, asked_rate=terms.exchange_rate)
    return Draft(parties.seller, covered[0].customer_id, paper)


def _totals(covered: Sequence[Order], ordered: Sequence[OrderItem]) -> arithmetic.Totals:
    """Refuses what no invoice may come to."""
    totals = arithmetic.compute(
        [taxable(item) for item in ordered], including_vat=covered[0].is_including_vat
    )
    if max(abs(totals.total), sum([abs(line.subtotal) for line in totals.lines])) > MAX_AMOUNT:
        raise AmountTooLarge(f"The invoice's amounts would pass ±{MAX_AMOUNT}.", field="items")
    if totals.total < 0:
        raise NegativeTotal(
            f"The items come to {totals.total}.", field="items", ids=[item.id for item in ordered]
        )
    return totals


def _lines(
    connection: Connection,
    account_id: str,
    covered: Sequence[Order],
    ordered: Sequence[OrderItem],
    totals: arithmetic.Totals,
) -> Sequence[Line]:
    lines = [_line(item, taxed) for item, taxed in zip(ordered, totals.lines, strict=True)]
    if covered[0].is_including_vat:
        return lines
    before = nets_on_invoices(connection, account_id, {order.id for order in covered})
    return with_order_rounding(lines, before)


def _snapshot(
    parties: Parties,
    covered: Sequence[Order],
    ordered: Sequence[OrderItem],
    lines: Sequence[Line],
    totals: arithmetic.Totals,
    *,
    terms: IssueTerms,
    today: date,
) -> Snapshot:
    seller, customer = parties.seller, parties.customer
    supplied = supply_date_of_items(covered, ordered, ZoneInfo(seller.timezone))
    return Snapshot(
        type="INVOICE",
        currency=covered[0].currency,
        currency_decimals=minor_digits(covered[0].currency),
        is_including_vat=covered[0].is_including_vat,
        issued_on=today,
        due_on=due_date(terms.due_on, today, terms_of_orders(seller, customer, covered)),
        locale=(customer.locale if customer else None) or seller.locale,
        seller=seller_of(seller),
        branding=branding_of(seller),
        buyer=buyer_of(covered, customer),
        shipping_address=shipping_address_of(covered, customer),
        delivery_date=supplied.delivery_date,
        service_period=supplied.service_period,
        purchase_order_number=agreed([order.purchase_order_number for order in covered]),
        orders=tuple(reference(order) for order in covered),
        lines=tuple(lines),
        vat=vat_breakdown(lines),
        subtotal=totals.subtotal,
        total_ex_vat=totals.total_ex_vat,
        total_vat=totals.total_vat,
        total=totals.total,
        rounding=sum(line.rounding for line in lines),
    )


def today_of(seller: Account, now: datetime) -> date:
    """Today's date in the seller's time zone."""
    return now.astimezone(ZoneInfo(seller.timezone)).date()


def _line(item: OrderItem, taxed: arithmetic.Taxed) -> Line:
    return Line(
        id=new_id(),
        name=item.name,
        quantity=item.quantity,
        unit=item.unit,
        unit_price=item.unit_price,
        unit_price_rest=item.unit_price_rest,
        discount=taxed.discount,
        discount_reason=item.discount_reason if item.allocated_discount else None,
        subtotal=taxed.subtotal,
        total=taxed.total,
        total_ex_vat=taxed.net,
        vat_amount=taxed.vat,
        vat_rate=item.vat_rate,
        vat_category=item.vat_category,
        exemption_reason=item.exemption_reason,
        supply=item.supply,
        sku=item.sku,
        description=item.description,
        service_period=read_period(item.service_period),
        order_id=item.order_id,
        order_item_id=item.id,
    )
