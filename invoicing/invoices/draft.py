"""What an invoice for these items would say: the checks and the sums, before anything is stored."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, bindparam, select

from invoicing import checks
from invoicing.access import Principal
from invoicing.currencies import minor_digits
from invoicing.errors import (
    AmountTooLarge,
    DuplicateItem,
    InvoicingError,
    ItemNotFound,
    MixedCurrencies,
    MixedCustomers,
    MixedVatModes,
    NegativeTotal,
    NoItems,
    TooManyItems,
)
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
from invoicing.locks import ask_lock_of_orders_of_items
from invoicing.money import MAX_AMOUNT
from invoicing.orders.actions import Action, check_lawful, demand
from invoicing.orders.items import MAX_ITEMS, taxable
from invoicing.orders.lawful import Parties, buyer_vat_country
from invoicing.orders.places import in_place
from invoicing.orders.queries import parties_of
from invoicing.snapshot import Line, Snapshot, read_period
from invoicing.storage import rows
from invoicing.storage.id_lists import id_list, is_one_of
from invoicing.storage.prepared import Prepared
from invoicing.storage.tables import (
    Account,
    Order,
    OrderItem,
    is_of_customer,
    new_id,
    order_items,
    orders,
)
from invoicing.vat import arithmetic
from invoicing.vat.breakdown import vat_breakdown

_ITEMS = Prepared(
    select(order_items)
    .where(
        order_items.c.account_id == bindparam("account"),
        is_one_of(order_items.c.id, id_list("ids")),
    )
    .order_by(order_items.c.id)
)
_COVERING = Prepared(
    select(orders).where(
        orders.c.account_id == bindparam("account"),
        orders.c.id.in_(
            select(order_items.c.order_id).where(
                order_items.c.account_id == bindparam("account"),
                is_one_of(order_items.c.id, id_list("ids")),
            )
        ),
        is_of_customer(orders.c.customer_id),
    )
)


@dataclass(frozen=True, slots=True)
class Draft:
    """An invoice that could be issued now: all that it would say, but for its id and its number."""

    account: Account
    customer_id: str | None
    snapshot: Snapshot


def check_item_ids(item_ids: Sequence[str]) -> None:
    """Refuses a list of item ids that no order could ever satisfy."""
    if not item_ids:
        raise NoItems(field="items")
    if len(item_ids) > MAX_ITEMS:
        raise TooManyItems(field="items")
    for index, id in enumerate(item_ids):
        checks.identifier(id, f"items.{index}")
    if len(set(item_ids)) < len(item_ids):
        raise DuplicateItem(field="items", ids=[id for id, times in Counter(item_ids).items() if times > 1])


def find_orders_and_items(
    connection: Connection, principal: Principal, item_ids: Sequence[str], *, lock: bool = False
) -> tuple[list[Order], list[OrderItem]]:
    """The items, and their orders, oldest first; with `lock`, nobody else changes them until the end."""
    account_id, customer_id = principal.account_id, principal.customer_id
    if lock:
        asked = ask_lock_of_orders_of_items(connection, account_id, item_ids, customer_id=customer_id)
    else:
        key = {"account": account_id, "customer": customer_id, "ids": list(item_ids)}
        asked = rows.ask(connection, _COVERING, key, as_=Order)
    items = find_items(connection, principal, item_ids)
    return sorted(asked(), key=lambda order: (order.created_at, order.id)), items


def find_items(connection: Connection, principal: Principal, item_ids: Sequence[str]) -> list[OrderItem]:
    key = {"account": principal.account_id, "ids": list(item_ids)}
    items = rows.all_(connection, _ITEMS, key, as_=OrderItem)
    if len(items) < len(item_ids):
        raise _not_found(set(item_ids) - {item.id for item in items})
    return items


def _not_found(item_ids: Iterable[str]) -> ItemNotFound:
    missing = sorted(item_ids)
    return ItemNotFound(f"There is no order item {', '.join(missing)}.", field="items", ids=missing)


def check_can_share_invoice(covered: Sequence[Order], items: Sequence[OrderItem]) -> None:
    """Refuses items that may not share an invoice: all are of one customer, in one currency, and open to be
    invoiced now."""
    known = {order.id for order in covered}
    if strange := [item.id for item in items if item.order_id not in known]:
        raise _not_found(strange)
    _alike(covered, items)
    demand(Action.INVOICE, {order.id: order for order in covered}, items)


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
    seller, customer = parties.seller, parties.customer
    check_lawful({order.id: order for order in covered}, items, parties)
    ordered = in_order(covered, items)
    totals = arithmetic.compute(
        [taxable(item) for item in ordered], including_vat=covered[0].is_including_vat
    )
    if max(abs(totals.total), sum([abs(line.subtotal) for line in totals.lines])) > MAX_AMOUNT:
        raise AmountTooLarge(f"The invoice's amounts would pass ±{MAX_AMOUNT}.", field="items")
    if totals.total < 0:
        raise NegativeTotal(
            f"The items come to {totals.total}.", field="items", ids=[item.id for item in ordered]
        )
    today = today_of(seller, now)
    lines = [_line(item, taxed) for item, taxed in zip(ordered, totals.lines, strict=True)]
    if not covered[0].is_including_vat:
        before = nets_on_invoices(connection, principal.account_id, {order.id for order in covered})
        lines = with_order_rounding(lines, before)
    supplied = supply_date_of_items(covered, ordered, ZoneInfo(seller.timezone))
    snapshot = Snapshot(
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
    buyer_country = buyer_vat_country(covered, snapshot.buyer.vat_number, customer)
    check_treatment(snapshot, seller, buyer_country)
    paper = with_tax_currency(connection, seller, snapshot, asked_rate=terms.exchange_rate)
    return Draft(seller, covered[0].customer_id, paper)


def today_of(seller: Account, now: datetime) -> date:
    """Today's date in the seller's time zone."""
    return now.astimezone(ZoneInfo(seller.timezone)).date()


def _alike(covered: Sequence[Order], items: Sequence[OrderItem]) -> None:
    """Refuses several customers, currencies or ways of pricing; `ids` are items unlike the first."""
    rules: list[tuple[type[InvoicingError], Any]] = [
        (MixedCustomers, lambda order: order.customer_id or ("guest", order.id)),
        (MixedCurrencies, lambda order: order.currency),
        (MixedVatModes, lambda order: order.is_including_vat),
    ]
    for refusal, key in rules:
        unlike = {order.id for order in covered if key(order) != key(covered[0])}
        if unlike:
            raise refusal(field="items", ids=[item.id for item in items if item.order_id in unlike])


def in_order(covered: Sequence[Order], items: Sequence[OrderItem]) -> list[OrderItem]:
    """The items as they are printed: oldest order first, within an order as they were ordered."""
    by_order = {order.id: [item for item in items if item.order_id == order.id] for order in covered}
    return [item for ordered in by_order.values() for item in in_place(ordered)]


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
