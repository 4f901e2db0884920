"""The schemas of Polar's responses."""

from __future__ import annotations

from typing import Any

from server.rest.json_schema import Part, array, instant, money, nullable, ref, response_object, string, value
from server.rest.polar.openapi_requests import BILLING

_OLD = "to a client of before there were versions"
_NEVER: Part = {"type": "null", "description": "Never there."}
_METADATA = value(
    "object",
    "What is flat of the metadata.",
    additionalProperties={"type": ["string", "number", "boolean"]},
)
_OBJECT: dict[str, Part] = {
    "id": string("Its id."),
    "created_at": instant("When it was made."),
    "modified_at": nullable(instant("When it was changed last.")),
}
_ORDER: dict[str, Part] = {
    **_OBJECT,
    "status": string("How far it is.", enum=["pending", "paid", "refunded", "partially_refunded"]),
    "paid": value("boolean", "Whether all of it has been paid."),
    "subtotal_amount": money("Before discounts, without VAT."),
    "discount_amount": money("The discounts, without VAT."),
    "net_amount": money("After discounts, without VAT."),
    "tax_amount": money("The VAT."),
    "total_amount": money("With VAT."),
    "applied_balance_amount": money("Always 0."),
    "due_amount": money("The same as `total_amount`."),
    "refunded_amount": money("What went back, without VAT."),
    "refunded_tax_amount": money("The VAT of what went back."),
    "refundable_amount": money("What was paid and can still go back, without VAT."),
    "refundable_tax_amount": money("The VAT of what can still go back."),
    "currency": string("ISO 4217, in lower case."),
    "billing_reason": string("Always `purchase`.", const="purchase"),
    **BILLING,
    "invoice_number": nullable(string(f"Of the newest invoice. Before there is one: null, or empty {_OLD}.")),
    "is_invoice_generated": value("boolean", "Whether the newest invoice has its PDF."),
    "customer_id": string("Whose it is; empty if it is a guest's."),
    "user_id": string("The same.", deprecated=True),
    "product_id": _NEVER,
    "product": _NEVER,
    "discount_id": _NEVER,
    "subscription_id": _NEVER,
    "subscription": _NEVER,
    "checkout_id": _NEVER,
    "seats": _NEVER,
    "units": _NEVER,
    "receipt_number": _NEVER,
    "next_payment_attempt_at": _NEVER,
    "items": array(ref("PolarOrderItem"), "What was ordered, and not undone before it was invoiced."),
    "description": string("Its number, in words."),
}
_CUSTOMERS_ORDER = response_object("An order, to its customer.", **_ORDER)
_MERCHANTS_ORDER = response_object(
    "An order, to the merchant.",
    **_ORDER,
    metadata=_METADATA,
    platform_fee_amount=money("Always 0."),
    platform_fee_currency=_NEVER,
    discount=_NEVER,
    custom_field_data=value("object", "Always empty."),
    customer=ref("PolarCustomer"),
)
_ITEM = response_object(
    "An item of an order.",
    **_OBJECT,
    label=string("How many of what."),
    amount=money("Before discounts, without VAT."),
    tax_amount=money("Its share of the VAT."),
    proration=value("boolean", "Always false."),
    product_price_id=_NEVER,
    start_timestamp=nullable(instant("When its service period begins.")),
    end_timestamp=nullable(instant("When the day after its service period begins.")),
)
_CUSTOMER = response_object(
    "A customer.",
    **_OBJECT,
    metadata=_METADATA,
    external_id=nullable(string("The handle.")),
    email=nullable(string(f"Its e-mail address. If not known: null, or empty in a session and {_OLD}.")),
    email_verified=value("boolean", "Always false."),
    type=string("Always `individual`: it has no members.", const="individual"),
    name=nullable(string("Its name.")),
    billing_name=nullable(string("The same: whom its invoices name unless an order names another.")),
    billing_address=nullable(ref("PolarAddress")),
    tax_id=nullable(array({"type": ["string", "null"]}, "The VAT number, and null for its format.")),
    locale=nullable(string("The language of its invoices; null is the account's.")),
    organization_id=string("The account's id."),
    default_payment_method_id=_NEVER,
    first_user_event_at=_NEVER,
    deleted_at=nullable(instant("When it was erased.")),
    avatar_url=nullable(string(f"Always null, or empty {_OLD}.")),
)
_PAGINATION = response_object(
    "Which pages there are.",
    total_count=value("integer", "How many there are in all."),
    max_page=value("integer", "The number of the last page."),
)
_SESSION = response_object(
    "A customer's way in, for an hour.",
    **_OBJECT,
    token=string("To send as `Authorization: Bearer …`. Shown now and never again."),
    expires_at=instant("When it ends."),
    return_url=nullable(string("Where the customer goes back to.")),
    customer_portal_url=string("Where the customer's own paths begin: there is no page."),
    customer_id=string("Whose it is."),
    customer=ref("PolarCustomer"),
)
_INVALID_FIELD = response_object(
    "What is wrong.",
    loc=array({"type": ["string", "integer"]}, "Where: `path`, `query` or `body`, and the field."),
    msg=string("Why, for people."),
    type=string("Why, for programs; `uuid_parsing` if it is no id of an order."),
)


def _page(description: str, name: str) -> Part:
    return response_object(
        description, items=array(ref(name), "The orders."), pagination=ref("PolarPagination")
    )


def _refused(description: str, error: Part) -> Part:
    return response_object(description, error=error, detail=string("Why, for people."))


def _named(name: str) -> Part:
    return string("Why, for programs.", const=name)


_WHY = string("Why, for programs.")
RESPONSES: dict[str, Any] = {
    "PolarCustomerOrder": _CUSTOMERS_ORDER,
    "PolarCustomerOrders": _page("A page of the customer's orders.", "PolarCustomerOrder"),
    "PolarOrder": _MERCHANTS_ORDER,
    "PolarOrders": _page("A page of orders.", "PolarOrder"),
    "PolarOrderItem": _ITEM,
    "PolarPagination": _PAGINATION,
    "PolarOrderInvoice": response_object(
        "The paper.", url=string("A link to the PDF, which expires.", format="uri")
    ),
    "PolarCustomer": _CUSTOMER,
    "PolarCustomerSession": _SESSION,
    "PolarNotPaidOrder": _refused("It is not paid.", _named("NotPaidOrder")),
    "PolarOrderNotEligibleForInvoice": _refused(
        "No invoice can be issued now.", _named("OrderNotEligibleForInvoice")
    ),
    "PolarMissingInvoiceBillingDetails": _refused(
        "Whom to invoice is not known.", _named("MissingInvoiceBillingDetails")
    ),
    "PolarResourceNotFound": _refused("It is not there.", _named("ResourceNotFound")),
    "PolarUnauthorized": _refused("There is no token.", _named("Unauthorized")),
    "PolarRefused": _refused("It cannot be done.", _WHY),
    "PolarTokenRefused": response_object(
        "The token does not do.", error=_WHY, error_description=string("Why, for people.")
    ),
    "PolarInvalidField": _INVALID_FIELD,
    "PolarInvalid": response_object(
        "The request is not valid.", detail=array(ref("PolarInvalidField"), "Where and why.")
    ),
}
