"""The schemas of Reepay's requests."""

from __future__ import annotations

from typing import Any

from server.rest.json_schema import array, money, nullable, ref, request_object, string, value
from server.rest.reepay.words import METHODS

_ADDRESS_FIELDS = {
    "company": "The organisation; on a billing address, it renames the buyer.",
    "vat": "The buyer's VAT number: the customer's own. Not read of a shipping address.",
    "attention": "Whom to ask for.",
    "address": "Street and number.",
    "address2": "Floor, building, PO box.",
    "city": "City or town.",
    "country": "ISO 3166-1 alpha-2: NL, DK.",
    "email": "E-mail address.",
    "phone": "Telephone number.",
    "first_name": "First name; with the last name, it is the name where there is no `attention`.",
    "last_name": "Last name.",
    "postal_code": "Postal code.",
    "state_or_province": "State, province or county.",
}
ADDRESS = {name: nullable(string(about)) for name, about in _ADDRESS_FIELDS.items()}
VAT = value("number", "A fraction: 0.25 is 25 %.", minimum=0, maximum=1)
METHOD = string("How the money changed hands.", enum=list(METHODS))

_CREATE = request_object(
    "A one-time invoice.",
    "handle",
    "order_lines",
    handle=string("New in the account; it is the invoice's id too.", pattern="^[A-Za-z0-9_.@-]{1,255}$"),
    order_lines=array(ref("ReepayCreateOrderLine"), "1 to 1,000.", minItems=1, maxItems=1_000),
    currency=nullable(string("ISO 4217; the account's default when left out.")),
    settle=nullable(ref("ReepaySettle")),
    manual_transfer=nullable(ref("ReepayManualTransfer")),
    billing_address=nullable(ref("ReepayAddressInput")),
    shipping_address=nullable(ref("ReepayAddressInput")),
    cost_center=nullable(string("The buyer's cost centre, shown on the invoice.")),
    purchase_order_number=nullable(string("The buyer's number for it, shown on the invoice.")),
    metadata=nullable(value("object", "Anything, up to 16 kB.")),
)
_CREATE_LINE = request_object(
    "A line.",
    "ordertext",
    "amount",
    ordertext=string("What the paper calls it."),
    amount=money("Of one."),
    quantity=nullable(value("integer", "1 when left out.", minimum=1)),
    vat=nullable({**VAT, "description": "A fraction; the account's default when left out."}),
    amount_incl_vat=nullable(value("boolean", "True when left out; the same on all lines.")),
)
_SETTLE = request_object(
    "A charge, at once.",
    payment_method=nullable(string("Its id, or `auto` for the customer's newest active one.")),
    key=nullable(string("Makes a repetition of a settle call safe.")),
)
_TRANSFER = request_object(
    "Money that changed hands elsewhere.",
    "method",
    "payment_date",
    method=METHOD,
    payment_date=string("A date or a date-time; its day counts, in the account's time zone."),
    comment=nullable(string("A remark.")),
    reference=nullable(string("What the payer or the bank knows it by.")),
    key=nullable(string("Makes a repetition of a manual settle call safe.")),
)
_CREATE_REFUND = request_object(
    "What goes back; all that is left if neither `amount` nor `note_lines` is given.",
    "invoice",
    invoice=string("Its id or handle."),
    key=nullable(string("The same request under the same key is done once.")),
    amount=nullable(money("With VAT; spread over the lines by what is left of each.")),
    note_lines=nullable(array(ref("ReepayCreateNoteLine"), "Or of which lines.", minItems=1)),
    text=nullable(string("A reason, for the credit note.")),
    manual_transfer=nullable(ref("ReepayManualTransfer")),
)
_CREATE_NOTE_LINE = request_object(
    "So much of a line of the invoice.",
    "order_line_id",
    "amount",
    order_line_id=string("Which line."),
    amount=money("Of one."),
    quantity=nullable(value("integer", "1 when left out.")),
    vat=nullable({**VAT, "description": "The line's own, if it is given."}),
    amount_incl_vat=nullable(value("boolean", "True when left out.")),
    text=nullable(string("Not read: the credit note calls the line what the invoice does.")),
)


REQUESTS: dict[str, Any] = {
    "ReepayCreateInvoice": _CREATE,
    "ReepayCreateOrderLine": _CREATE_LINE,
    "ReepaySettle": _SETTLE,
    "ReepayManualTransfer": _TRANSFER,
    "ReepayAddressInput": request_object("An address. What is left out is empty.", **ADDRESS),
    "ReepayCreateRefund": _CREATE_REFUND,
    "ReepayCreateNoteLine": _CREATE_NOTE_LINE,
}
