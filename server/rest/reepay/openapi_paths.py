"""Reepay's paths, for the OpenAPI document."""

from __future__ import annotations

from typing import Any

from server.rest.json_schema import Part, json_content, path_parameter, ref, request_body, response
from server.rest.reepay.errors import TABLE

_INVOICE = path_parameter("id", "The invoice's id or handle.")
_USUAL_STATUSES = {400, 401, 403, 404, 405, 413, 415, 429, 500, 503}
_EXAMPLE = {
    "handle": "2026-017",
    "order_lines": [{"ordertext": "Lighting plan", "amount": 48000, "quantity": 2, "vat": 0.21}],
    "settle": {"payment_method": "auto"},
}


def _responses(description: str, name: str, *more: int) -> Part:
    """The successful response, and for each status of a refusal the codes that it can have."""
    statuses = sorted(_USUAL_STATUSES | set(more))
    return {
        "200": response(description, ref(name)),
        **{
            str(status): {"description": _codes(status), "content": json_content(ref("ReepayError"))}
            for status in statuses
        },
    }


def _codes(status: int) -> str:
    codes = sorted({(code, error) for code, of_status, error in TABLE.values() if of_status == status})
    return "; ".join(f"{code} {error}" for code, error in codes) + "."


def _post(id: str, summary: str, body: Part | None, responses: Part, **more: Any) -> Part:
    content = {} if body is None else {"requestBody": body}
    shared = {"operationId": id, "summary": summary, "security": [{"apiKey": []}], **more}
    return {"post": {**shared, **content, "responses": responses}}


def _get(id: str, summary: str, responses: Part, *, description: str) -> Part:
    shared = {"operationId": id, "summary": summary, "description": description}
    return {"get": {**shared, "security": [{"apiKey": []}], "responses": responses}}


PATHS: dict[str, Any] = {
    "/v1/customer/{handle}/invoice": {
        "parameters": [path_parameter("handle", "The customer's handle.")],
        **_post(
            "createInvoice",
            "Create an invoice for a customer",
            request_body(ref("ReepayCreateInvoice"), _EXAMPLE),
            _responses("The invoice, as a settle or a transfer has left it.", "ReepayInvoice", 409),
            description="A handle that is taken is refused (11), also in a repetition of the same request.",
        ),
    },
    "/v1/invoice/{id}": {
        "parameters": [_INVOICE],
        **_get(
            "getInvoice",
            "Get an invoice",
            _responses("The invoice.", "ReepayInvoice"),
            description="By its handle or its id, with its lines and what was paid.",
        ),
    },
    "/v1/invoice/{id}/settle": {
        "parameters": [_INVOICE],
        **_post(
            "settleInvoice",
            "Charge what is outstanding",
            request_body(ref("ReepaySettle"), {"payment_method": "auto"}, required=False),
            _responses("The invoice: settled, failed, or pending for a while.", "ReepayInvoice", 409),
            description="By a payment method of the customer: its id, or `auto` for the newest that works.",
        ),
    },
    "/v1/invoice/{id}/manual_settle": {
        "parameters": [_INVOICE],
        **_post(
            "manualSettleInvoice",
            "Write down that it was paid",
            request_body(ref("ReepayManualTransfer"), {"method": "cash", "payment_date": "2026-02-27"}),
            _responses("The invoice, settled.", "ReepayInvoice", 409),
            description="What is outstanding came in cash, by transfer, by check or in another way.",
        ),
    },
    "/v1/invoice/{id}/cancel": {
        "parameters": [_INVOICE],
        **_post(
            "cancelInvoice",
            "Cancel an invoice that is not settled",
            None,
            _responses("The invoice, cancelled by a credit note for all of it.", "ReepayInvoice", 409),
            description="An issued invoice is not deleted: a credit note undoes it.",
        ),
    },
    "/v1/refund": _post(
        "createRefund",
        "Credit a settled invoice and pay it back",
        request_body(ref("ReepayCreateRefund"), {"invoice": "2026-017", "key": "return-5", "amount": 4800}),
        _responses("The credit note, and what became of the money.", "ReepayRefund", 409),
        description="All of it, an amount, or lines. Under the same `key` it is done once.",
    ),
    "/v1/credit_note/{id}": {
        "parameters": [path_parameter("id", "The credit note's id.")],
        **_get(
            "getCreditNote",
            "Get a credit note",
            _responses("The credit note.", "ReepayCreditNote"),
            description="With its lines, and the invoice that it credits.",
        ),
    },
}
