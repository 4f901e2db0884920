"""Orders, as the shop's back office pushes them in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any, Protocol

from sqlalchemy import Connection, bindparam, insert, select, update
from sqlalchemy.exc import IntegrityError

from invoicing import checks
from invoicing.access import Principal
from invoicing.accounts.settings import ask_account
from invoicing.checks import checked, optional, text
from invoicing.customers import details
from invoicing.errors import (
    DuplicateId,
    Forbidden,
    IdempotencyKeyReused,
    InvoicingError,
    NotFound,
    OrderAlreadyInvoiced,
    ValidationError,
)
from invoicing.idempotency import find_in, make_once
from invoicing.locks import lock_orders
from invoicing.numbering import next_sequence
from invoicing.orders.places import in_place
from invoicing.orders.pricing import PricedItems, Terms, priced_items
from invoicing.orders.values import CreateOrderValues, UpdateOrderValues
from invoicing.storage import rows
from invoicing.storage.id_lists import id_list, is_one_of
from invoicing.storage.prepared import Prepared
from invoicing.storage.tables import (
    Account,
    Customer,
    Order,
    OrderItem,
    is_of_customer,
    new_id,
    order_items,
    orders,
    violated_constraint,
)
from invoicing.vat.countries import country_of
from invoicing.vat.numbers import checked_vat_number, vat_country


class Named(Protocol):
    """What an order needs to know of its customer, stored or about to be."""

    id: str
    name: str


CHECKS: Mapping[str, checks.Check] = {
    "number": text(64),
    "billing_name": optional(text(200)),
    "billing_address": optional(checks.address),
    "vat_number": optional(text(32)),
    "shipping_address": optional(checks.address),
    "purchase_order_number": optional(text(200)),
    "buyer_reference": optional(text(200)),
    "delivery_date": optional(checks.day),
    "payment_terms_days": optional(checks.payment_terms),
    "meta": checks.metadata,
}


_IS_ORDER = orders.c.account_id == bindparam("account"), orders.c.id == bindparam("order")
_IS_THERE = Prepared(select(orders.c.id).where(*_IS_ORDER))
_FOUND = Prepared(select(orders).where(*_IS_ORDER, is_of_customer(orders.c.customer_id)))
_USED = Prepared(
    select(order_items.c.id).where(
        order_items.c.account_id == bindparam("account"), is_one_of(order_items.c.id, id_list("ids"))
    )
)
_INSERT = Prepared(insert(orders))
_INSERT_ITEMS = Prepared(insert(order_items))
_ITEMS = Prepared(
    select(order_items).where(
        order_items.c.account_id == bindparam("account"), order_items.c.order_id == bindparam("order")
    )
)
_UNDER_KEY = find_in(orders, Order)


def create_order(
    connection: Connection,
    principal: Principal,
    values: CreateOrderValues,
    *,
    priced: PricedItems | None = None,
    now: datetime,
) -> Order:
    """Takes an order in. Ids that the caller names must be new in the account.

    `priced` is its items, if they were priced before; they are again if the account's terms changed since.
    With the same `idempotency_key` and the same request again, it returns the order made the first time.
    """
    key = optional(checks.identifier)(values.get("idempotency_key"), "idempotency_key")
    make = partial(_create, connection, principal, values, priced, now=now)
    return make_once(connection, principal, _UNDER_KEY, key, partial(_asked, values), make)


def _asked(values: CreateOrderValues) -> tuple[Any, ...]:
    """What identifies a request for a new order: all its values except the key."""
    given = {name: value for name, value in values.items() if name != "idempotency_key"}
    items = [{name: value for name, value in item.items() if value is not None} for item in values["items"]]
    return "create_order", {**given, "items": items, "meta": checks.metadata(values.get("meta"), "meta")}


def _create(
    connection: Connection,
    principal: Principal,
    values: CreateOrderValues,
    priced: PricedItems | None,
    kept: Mapping[str, str],
    *,
    now: datetime,
) -> Order:
    asked = ask_account(connection, principal.account_id)
    customer = _ask_customer(connection, principal, values)
    order, items = _drafted(connection, asked(), customer(), values, priced, now=now)
    _check_ids_are_new(connection, principal, values, order["id"], [item["id"] for item in items])
    row = {**dict.fromkeys(orders.c.keys()), **order, **kept}
    refusal = partial(_taken, order["id"], kept)
    _INSERT.send(connection, row, refusal=refusal)
    _INSERT_ITEMS.send(connection, *sorted(items, key=lambda item: str(item["id"])), refusal=refusal)
    return rows.made(row, as_=Order)


def _taken(order_id: str, kept: Mapping[str, str], clash: IntegrityError) -> InvoicingError:
    """Another call took an id or the key between the look and the insert."""
    if "idempotency_key" in violated_constraint(clash):
        return IdempotencyKeyReused(field="idempotency_key", ids=[kept["idempotency_key"]])
    if "order_items" in violated_constraint(clash):
        return DuplicateId("An item id is used once in an account.", field="items")
    return DuplicateId(field="id", ids=[order_id])


def update_order(
    connection: Connection, principal: Principal, order_id: str, values: UpdateOrderValues, *, now: datetime
) -> Order:
    """Changes billing, shipping and references; only what is not invoiced yet is affected."""
    before = find_order(connection, principal, order_id, lock=True)
    changes = checked(values, CHECKS)
    billing_name = changes.get("billing_name", before.billing_name)
    _check_buyer(before.customer_id, billing_name)
    if "shipping_address" in changes:
        changes["ship_to_country"] = country_of(changes["shipping_address"])
    if "vat_number" in changes or "billing_address" in changes:
        id = before.customer_id
        customer = details.find_customer(connection, principal, id=id) if id is not None else None
        own = {"billing_address": before.billing_address, "vat_number": before.vat_number}
        changes |= _vat_columns({**own, **changes}, customer, is_new="vat_number" in changes)
    connection.execute(
        update(orders)
        .where(orders.c.account_id == principal.account_id, orders.c.id == order_id)
        .values(
            **changes,
            search_text=search_text(changes.get("number", before.number), billing_name),
            updated_at=now,
        )
    )
    return find_order(connection, principal, order_id)


def update_billing(
    connection: Connection, principal: Principal, order_id: str, values: UpdateOrderValues, *, now: datetime
) -> Order:
    """What a customer may change of their own order, before it is invoiced: billing name and address."""
    find_order(connection, principal, order_id, lock=True)
    given = values.keys() - {"id", "billing_name", "billing_address"}
    if beyond := sorted("metadata" if name == "meta" else name for name in given):
        raise Forbidden(f"A customer cannot change {', '.join(beyond)}.", field=beyond[0])
    if any(item.invoice_id for item in items_of(connection, principal, order_id)):
        raise OrderAlreadyInvoiced(field="id", ids=[order_id])
    return update_order(connection, principal, order_id, values, now=now)


def find_order(
    connection: Connection, principal: Principal, order_id: str, *, lock: bool = False, field: str = "id"
) -> Order:
    """With `lock`, nobody else changes the order or its items until the transaction ends."""
    account_id, customer_id = principal.account_id, principal.customer_id
    if lock:
        found = lock_orders(connection, account_id, [order_id], customer_id=customer_id)
    else:
        key = {"account": account_id, "customer": customer_id, "order": order_id}
        found = rows.all_(connection, _FOUND, key, as_=Order)
    if not found:
        raise unknown_order(order_id, field=field)
    return found[0]


def unknown_order(order_id: str, *, field: str = "id") -> NotFound:
    return NotFound(f"There is no order {order_id}.", field=field, ids=[order_id])


def items_of(connection: Connection, principal: Principal, order_id: str) -> Sequence[OrderItem]:
    """The order's items, in their places."""
    key = {"account": principal.account_id, "order": order_id}
    return in_place(rows.all_(connection, _ITEMS, key, as_=OrderItem))


def _ask_customer(
    connection: Connection, principal: Principal, values: CreateOrderValues
) -> Callable[[], Customer | None]:
    """The customer that the values name, read with the next statement."""
    id, handle = values.get("customer_id"), values.get("customer_handle")
    if id is None and handle is None:
        return lambda: None
    return details.ask_active_customer(connection, principal, id=id, handle=handle)


def _drafted(
    connection: Connection,
    seller: Account,
    customer: Customer | None,
    values: CreateOrderValues,
    priced: PricedItems | None,
    *,
    now: datetime,
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The rows of a new order and its items, checked and complete, not yet stored."""
    order, items = new_order_rows(seller, customer, values, priced, now=now)
    order |= _vat_columns(order, customer, is_new=True)
    if order["number"] is None:
        order["number"] = str(next_sequence(connection, seller.id, "ORDER", ""))
        order["search_text"] = search_text(order["number"], order["billing_name"])
    return order, items


def new_order_rows(
    seller: Account,
    customer: Named | None,
    values: CreateOrderValues,
    priced: PricedItems | None = None,
    *,
    now: datetime,
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The same, of an order whose customer is known; its number is null if none is given."""
    _check_buyer(customer.id if customer else None, values.get("billing_name"))
    given = {name: value for name, value in values.items() if value is not None}
    order = {
        **dict.fromkeys(CHECKS),
        **checked({"meta": {}, **given}, CHECKS),
        **_terms(seller, values),
        "account_id": seller.id,
        "id": new_id() if values.get("id") is None else checks.identifier(values["id"], "id"),
        "customer_id": customer.id if customer else None,
        "vat_country": None,
        "created_at": now,
        "updated_at": now,
    }
    terms = Terms(seller.default_vat_rate, order["is_including_vat"])
    if priced is None or priced.terms != terms:
        priced = priced_items(values["items"], terms)
    order["total"] = priced.total
    order["ship_to_country"] = country_of(order["shipping_address"])
    order["search_text"] = search_text(order["number"], order["billing_name"])
    whose = {"account_id": seller.id, "order_id": order["id"]}
    return order, [{**whose, **row} for row in priced.rows]


def _vat_columns(
    order: Mapping[str, Any], customer: Customer | None, *, is_new: bool
) -> dict[str, str | None]:
    """The order's own VAT number, which is checked if it is new, and its country."""
    number = order["vat_number"]
    country = country_of(order["billing_address"] or (customer.billing_address if customer else None))
    if number is not None and is_new:
        number = checked_vat_number(number, country, "vat_number")
    return {"vat_number": number, "vat_country": vat_country(number, country)}


def search_text(number: str | None, billing_name: str | None) -> str:
    """What an order is found by beside its customer, whose name may change."""
    return f"{number or ''} {billing_name or ''}".casefold()


def _terms(seller: Account, values: CreateOrderValues) -> dict[str, Any]:
    terms = {
        "currency": seller.default_currency,
        "is_including_vat": True,
        "invoice_after_shipment": seller.invoice_after_shipment,
    }
    given = {name: value for name, value in values.items() if name in terms and value is not None}
    rules = {
        "currency": checks.currency,
        "is_including_vat": checks.flag,
        "invoice_after_shipment": checks.flag,
    }
    return {**terms, **checked(given, rules)}


def _check_buyer(customer_id: str | None, billing_name: str | None) -> None:
    if customer_id is None and not billing_name:
        raise ValidationError("An order without a customer needs a billing_name.", field="billing_name")


def _check_ids_are_new(
    connection: Connection,
    principal: Principal,
    values: CreateOrderValues,
    order_id: str,
    item_ids: Sequence[str],
) -> None:
    """Refuses ids that are used already. Ids that the caller did not give were made just now."""
    mine = {"account": principal.account_id}
    is_named = any(item.get("id") is not None for item in values["items"])
    repeated = [id for id, times in Counter(item_ids).items() if times > 1]
    taken = rows.values(connection, _USED, {**mine, "ids": item_ids}) if is_named else []
    is_new = values.get("id") is None
    if not is_new and rows.values(connection, _IS_THERE, {**mine, "order": order_id}):
        raise DuplicateId(f"An order {order_id} exists already.", field="id", ids=[order_id])
    if clash := sorted({*repeated, *taken}):
        raise DuplicateId(
            f"An item id is used once in an account: {', '.join(clash)}.", field="items", ids=clash
        )
