"""The schemas of Reepay's responses."""

from __future__ import annotations

from typing import Any

from server.rest.json_schema import Part, array, instant, money, nullable, ref, response_object, string, value
from server.rest.reepay.openapi_requests import ADDRESS, METHOD, VAT
from server.rest.reepay.words import STATES

_UNITS: dict[str, Part] = {
    "unit_amount": money("Of one, with VAT."),
    "unit_amount_vat": money("The VAT of one, rounded by itself."),
    "unit_amount_ex_vat": money("Of one, without VAT."),
}
_ORDER_LINE = response_object(
    "A line.",
    id=string("The line's id."),
    ordertext=string("What the paper calls it."),
    amount=money("Of all, with VAT."),
    vat=VAT,
    quantity=value("integer", "How many."),
    origin=string("Always `ondemand`.", const="ondemand"),
    timestamp=instant("When the invoice was made."),
    amount_vat=money("The line's share of the VAT."),
    amount_ex_vat=money("Of all, without VAT."),
    **_UNITS,
    amount_defined_incl_vat=value("boolean", "Whether the price has VAT in it."),
)
_TRANSACTION = response_object(
    "Money that came in, or went back.",
    id=string("Its id."),
    state=string("How far it is.", enum=["pending", "settled", "refunded", "failed", "cancelled"]),
    invoice=string("The invoice."),
    type=string("Which way.", enum=["settle", "refund"]),
    amount=money("How much."),
    created=instant("When it was written down."),
    settled=nullable(instant("When the money came.")),
    refunded=nullable(instant("When the money went back.")),
    failed=nullable(instant("When it was begun, if it failed.")),
    card_transaction=nullable(ref("ReepayCardTransaction")),
    manual_transaction=nullable(ref("ReepayManualTransaction")),
)
_CARD = response_object(
    "Through a gateway.",
    error=nullable(string("Why it failed.")),
    ref_transaction=nullable(string("The transaction that it pays back.")),
    gateway=string("Who moved the money."),
    gateway_reference=nullable(string("The gateway's own id.")),
)
_MANUAL = response_object(
    "Without one.",
    method=METHOD,
    comment=nullable(string("A remark.")),
    reference=nullable(string("What the payer or the bank knows it by.")),
    payment_date=nullable(instant("When.")),
)
_INVOICE = response_object(
    "An invoice.",
    id=string("Its id: the handle, where it has one."),
    handle=nullable(string("The caller's own.")),
    customer=nullable(string("The customer's handle, or id if there is none.")),
    number=value("integer", "In its series, from 1."),
    accounting_number=string("The number on the paper."),
    state=string("How far its payment is.", enum=list(STATES.values())),
    processing=value("boolean", "Whether a gateway has still to answer."),
    type=string("Always `co`, a one-time invoice.", const="co"),
    currency=string("ISO 4217."),
    amount=money("With VAT."),
    org_amount=money("The same: an invoice is never adjusted, but credited."),
    amount_vat=money("The VAT, rounded once per rate."),
    amount_ex_vat=money("Without VAT."),
    discount_amount=money("Taken off its lines."),
    settled_amount=money("What came in for it."),
    refunded_amount=money("What went back."),
    credited_amount=money("What its credit notes take back."),
    created=instant("When it was made."),
    due=nullable(instant("When it is to be paid: the beginning of the day.")),
    settled=nullable(instant("When it was settled.")),
    failed=nullable(instant("When the charge was begun that failed.")),
    cancelled=nullable(instant("When it was cancelled.")),
    order_lines=array(ref("ReepayOrderLine"), "As they were given."),
    transactions=array(ref("ReepayTransaction"), "Those that failed too, oldest first."),
    credit_notes=array(ref("ReepayCreditNote"), "Oldest first."),
    billing_address=nullable(ref("ReepayAddress")),
    shipping_address=nullable(ref("ReepayAddress")),
    metadata=value("object", "As it was given."),
    download_url=nullable(string("The PDF, by a link that expires; null until it is made.")),
)
_NOTE_LINE = response_object(
    "What goes back of a line.",
    id=string("Its id."),
    text=string("What the paper calls it."),
    amount=money("With VAT."),
    quantity=value("integer", "How many; 1 where only an amount goes back."),
    vat=VAT,
    created=instant("When."),
    order_line_id=nullable(string("The invoice's line.")),
    amount_incl_vat=money("With VAT."),
    amount_vat=money("The VAT."),
    amount_ex_vat=money("Without VAT."),
    **_UNITS,
    amount_incl_vat_defined=value("boolean", "Whether the price has VAT in it."),
)
_NOTE_FIELDS: dict[str, Part] = {
    "id": string("Its id."),
    "invoice": string("The invoice that it credits."),
    "transaction": nullable(string("The refund that it goes with.")),
    "amount": money("With VAT, above zero."),
    "amount_vat": money("The VAT."),
    "amount_ex_vat": money("Without VAT."),
    "currency": string("ISO 4217."),
    "customer": nullable(string("The customer's handle, or id.")),
    "created": instant("When."),
    "accounting_number": string("The number on the paper."),
    "credit_note_lines": array(ref("ReepayCreditNoteLine"), "What it takes back."),
    "download_url": nullable(string("The PDF; null until it is made.")),
}
_REFUND = response_object(
    "The credit note, and what became of the money. One that failed is tried again under the same key.",
    **_NOTE_FIELDS,
    credit_note_id=string("The same as `id`."),
    state=string("Of the money.", enum=["refunded", "pending", "failed", "cancelled"]),
    type=string("Through a gateway (`card`) or without.", enum=["card", "manual"]),
    ref_transaction=nullable(string("The transaction that it pays back.")),
    error=nullable(string("Why it failed.")),
)
_ERROR = response_object(
    "A refusal.",
    code=value("integer", "Reepay's number of it."),
    error=string("A short message."),
    message=string("What exactly."),
    path=string("The path that was asked."),
    timestamp=instant("When."),
    http_status=value("integer", "The HTTP status."),
    http_reason=string("Its phrase."),
    request_id=string("What the log knows the request by."),
)

RESPONSES: dict[str, Any] = {
    "ReepayInvoice": _INVOICE,
    "ReepayOrderLine": _ORDER_LINE,
    "ReepayTransaction": _TRANSACTION,
    "ReepayCardTransaction": _CARD,
    "ReepayManualTransaction": _MANUAL,
    "ReepayAddress": response_object("An address.", **ADDRESS),
    "ReepayCreditNote": response_object("A credit note.", **_NOTE_FIELDS),
    "ReepayCreditNoteLine": _NOTE_LINE,
    "ReepayRefund": _REFUND,
    "ReepayError": _ERROR,
}
