"""One-time invoices: for a customer, with lines of their own instead of an order's items."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import Connection

from invoicing import checks
from invoicing.access import Principal
from invoicing.accounts.completeness import seller_incomplete
from invoicing.accounts.exchange_rates import checked_rate
from invoicing.accounts.settings import ask_account
from invoicing.checks import checked, optional, text
from invoicing.currencies import minor_digits
from invoicing.customers.details import ask_active_customer
from invoicing.errors import DuplicateHandle, IdempotencyKeyReused, InvoicingError, ValidationError
from invoicing.idempotency import asked_by, fingerprint, made_before, once
from invoicing.invoices import queries
from invoicing.invoices.draft import Draft, today_of
from invoicing.invoices.due_date import due_date, terms_of_customer
from invoicing.invoices.issue import issue
from invoicing.invoices.one_time_lines import as_written, asked_lines, frozen_lines, totals_of, with_vat
from invoicing.invoices.parties import billed_to, branding_of, check_treatment, seller_of
from invoicing.invoices.queries import Issued
from invoicing.invoices.supply_date import supply_date_of_lines
from invoicing.invoices.tax_currency import with_tax_currency
from invoicing.invoices.values import CreateInvoiceValues
from invoicing.locks import LockedInvoice
from invoicing.payments.charges import PendingPayment, begin_charge
from invoicing.payments.manual import settle_new_invoice
from invoicing.snapshot import Address, PrintedPayment, Snapshot
from invoicing.storage.tables import Account, Customer
from invoicing.stored_snapshot import read_period
from invoicing.vat.breakdown import vat_breakdown
from invoicing.vat.rounding import payable_rounding

_HANDLE = re.compile(r"[A-Za-z0-9_.@-]{1,255}")


def _handle(value: Any, field: str) -> str:
    if not isinstance(value, str) or not _HANDLE.fullmatch(value):
        raise ValidationError(
            f"{field} must be 1 to 255 characters of A-Z a-z 0-9 _ . @ - (it is “{str(value)[:40]}”).",
            field=field,
        )
    return value


CHECKS: Mapping[str, checks.Check] = {
    "handle": _handle,
    "idempotency_key": optional(checks.identifier),
    "customer_id": lambda value, _: value,  # checked when they are looked up
    "customer_handle": lambda value, _: value,
    "currency": optional(checks.currency),
    "billing_address": optional(checks.address),
    "shipping_address": optional(checks.address),
    "cost_center": optional(text(200)),
    "purchase_order_number": optional(text(200)),
    "note": optional(text(10_000)),
    "due_on": lambda value, _: value,
    "exchange_rate": optional(checked_rate),
    "delivery_date": optional(checks.day),
    "service_period": optional(checks.period),
    "settle": lambda value, _: value,  # checked when the money is moved
    "manual_transfer": lambda value, _: value,
    "meta": checks.metadata,
}


@dataclass(frozen=True, slots=True)
class Made:
    """The invoice, and the charge that its gateway is to be asked for, if any."""

    invoice: Issued
    begun: PendingPayment | None = None


def create_invoice(
    connection: Connection,
    principal: Principal,
    values: CreateInvoiceValues,
    *,
    gateways: Sequence[str] = (),
    now: datetime,
) -> Made:
    """Issues an invoice with lines of its own; its `handle`, new in the account, becomes its id.

    It may be settled in the same transaction: by a `manual_transfer`, or by a charge that is written down
    as PENDING (`settle`). With the same `idempotency_key` and the same request again, it returns the
    invoice made the first time, even if the customer or the account has changed since.
    """
    request = _checked(values)
    handle, asked = request["handle"], _fingerprint(request)
    seller = ask_account(connection, principal.account_id)
    customer = ask_active_customer(
        connection, principal, id=request["customer_id"], handle=request["customer_handle"]
    )

    def look() -> Made | None:
        is_same, refusal = asked_by(asked), partial(_taken, asked=asked)
        made = made_before(connection, principal, queries.invoice_if_any, handle, is_same, refusal=refusal)
        return Made(made) if made else None

    def make() -> Made:
        plan = _draft(connection, seller(), customer(), request, now)
        issued = issue(connection, principal, plan, handle, request=asked, now=now)
        return _settled(connection, principal, plan.account, issued, request, gateways=gateways, now=now)

    return once(connection, look, make)


def _settled(
    connection: Connection,
    principal: Principal,
    seller: Account,
    issued: Issued,
    request: Mapping[str, Any],
    *,
    gateways: Sequence[str],
    now: datetime,
) -> Made:
    """Settles it as far as possible before a gateway is called. A total of zero is settled already.

    The payment has the same key: no other request can move money under it, whatever its handle.
    """
    transfer, settle, key = (request[name] for name in ("manual_transfer", "settle", "idempotency_key"))
    if issued.due == 0 or (transfer is None and settle is None):
        return Made(issued)
    if settle is None:
        new = LockedInvoice(*(getattr(issued, name) for name in LockedInvoice._fields))
        settle_new_invoice(
            connection, principal, seller, new, transfer, key=key, at="manual_transfer.", now=now
        )
        return Made(issued)
    method = settle.get("payment_method")
    return Made(
        issued,
        begin_charge(
            connection,
            principal,
            issued.id,
            method,
            gateways=gateways,
            key=key,
            field="settle.payment_method",
            now=now,
        ),
    )


def _checked(values: CreateInvoiceValues) -> dict[str, Any]:
    """The checked request. It does not depend on stored data: the same values always give the same result."""
    given = {name: value for name, value in values.items() if value is not None}
    if "handle" not in given:
        raise ValidationError("handle is needed.", field="handle")
    if "settle" in given and "manual_transfer" in given:
        raise ValidationError("Give settle or manual_transfer, not both.", field="manual_transfer")
    if "delivery_date" in given and "service_period" in given:
        raise ValidationError("Give delivery_date or service_period, not both.", field="service_period")
    lines = asked_lines(values.get("order_lines") or ())
    return {**dict.fromkeys(CHECKS), "meta": {}, **checked(given, CHECKS), "order_lines": lines}


def _fingerprint(request: Mapping[str, Any]) -> str | None:
    """The key and the request, hashed separately: another request under the same key can be recognised."""
    key = request["idempotency_key"]
    if key is None:
        return None
    lines = [as_written(line) for line in request["order_lines"]]
    given = {name: value for name, value in {**request, "order_lines": lines}.items() if value is not None}
    return f"{fingerprint(key)}:{fingerprint(given)}"


def _taken(made: Issued, *, asked: str | None) -> InvoicingError:
    """The error for a handle that is in use: it says by which invoice."""
    if asked is None or made.request is None or made.request.split(":")[0] != asked.split(":")[0]:
        return DuplicateHandle(
            f"The account has an invoice {made.id} already.", field="handle", ids=[made.id]
        )
    return IdempotencyKeyReused(field="idempotency_key", ids=[made.id])


def _draft(
    connection: Connection, seller: Account, customer: Customer, request: Mapping[str, Any], now: datetime
) -> Draft:
    if (refusal := seller_incomplete(seller)) is not None:
        raise refusal
    lines = with_vat(request["order_lines"], seller.default_vat_rate)
    totals = totals_of(lines)
    today = today_of(seller, now)
    currency = request["currency"] or seller.default_currency
    rounding = 0
    if currency == seller.default_currency:
        rounding = payable_rounding(totals.total, seller.payable_rounding)
    frozen = frozen_lines(lines, totals, rounding)
    transfer, asked = request["manual_transfer"], totals.total + rounding
    supplied = supply_date_of_lines(request["delivery_date"], read_period(request["service_period"]), frozen)
    snapshot = Snapshot(
        type="INVOICE",
        currency=currency,
        currency_decimals=minor_digits(currency),
        is_including_vat=lines[0]["amount_incl_vat"],
        issued_on=today,
        due_on=due_date(request["due_on"], today, terms_of_customer(seller, customer)),
        locale=customer.locale or seller.locale,
        seller=seller_of(seller),
        branding=branding_of(seller),
        buyer=billed_to(customer, request["billing_address"]),
        shipping_address=_shipped_to(customer, request["shipping_address"]),
        delivery_date=supplied.delivery_date,
        service_period=supplied.service_period,
        purchase_order_number=request["purchase_order_number"],
        lines=frozen,
        vat=vat_breakdown(frozen),
        subtotal=totals.subtotal,
        total_ex_vat=totals.total_ex_vat,
        total_vat=totals.total_vat,
        total=totals.total,
        rounding=rounding,
        cost_center=request["cost_center"],
        note=request["note"],
        metadata=request["meta"],
        paid=0 if transfer is None else asked,
        payments=_transferred(transfer, asked),
    )
    check_treatment(snapshot, seller, customer.vat_country)
    paper = with_tax_currency(connection, seller, snapshot, asked_rate=request["exchange_rate"])
    return Draft(seller, customer.id, paper)


def _transferred(transfer: Mapping[str, Any] | None, asked: int) -> tuple[PrintedPayment, ...]:
    """The payment that settles it as it is issued. Recording it refuses whatever else is wrong with it."""
    if transfer is None or asked == 0:
        return ()
    day = checks.day(transfer["payment_date"], "manual_transfer.payment_date")
    return (PrintedPayment(paid_on=day, method=str(transfer["method"]), amount=asked),)


def _shipped_to(customer: Customer, given: Mapping[str, Any] | None) -> Address | None:
    address = given or customer.shipping_address
    return Address(**address) if address else None
