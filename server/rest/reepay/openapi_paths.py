"""Reepay's paths, for the OpenAPI document."""

from __future__ import annotations

from typing import Any

from server.rest.json_schema import Part, body, in_path, json, ref, response
from server.rest.reepay.errors import TABLE

SECURITY: dict[str, Any] = {
    "apiKey": {
        "type": "http",
        "scheme": "basic",
        "description": "The API key as user name, and an empty password.",
    }
}
_INVOICE = in_path("id", "The invoice's id or handle.")
_OFTEN = {400, 401, 403, 404, 405, 413, 415, 500}
_EXAMPLE = {
    "handle": "2026-017",
    "order_lines": [{"ordertext": "Lighting plan", "amount": 48000, "quantity": 2, "vat": 0.21}],
    "settle": {"payment_method": "auto"},
}


def _answers(description: str, name: str, *more: int) -> Part:
    """The answer, and every refusal by its status, with the codes that it can have."""
    statuses = sorted(_OFTEN | set(more))
    return {
        "200": response(description, ref(name)),
        **{
            str(status): {"description": _codes(status), "content": json(ref("ReepayError"))}
            for status in statuses
        },
    }


def _codes(status: int) -> str:
    told = sorted({(code, error) for code, where, error in TABLE.values() if where == status})
    return "; ".join(f"{code} {error}" for code, error in told) + "."


def _post(id: str, summary: str, asks: Part | None, answers: Part, **more: Any) -> Part:
    content = {} if asks is None else {"requestBody": asks}
    shared = {"operationId": id, "summary": summary, "security": [{"apiKey": []}], **more}
    return {"post": {**shared, **content, "responses": answers}}


def _get(id: str, summary: str, answers: Part) -> Part:
    return {
        "get": {"operationId": id, "summary": summary, "security": [{"apiKey": []}], "responses": answers}
    }


PATHS: dict[str, Any] = {
    "/v1/customer/{handle}/invoice": {
        "parameters": [in_path("handle", "The customer's handle.")],
        **_post(
            "createInvoice",
            "Create an invoice for a customer",
            body(ref("ReepayCreateInvoice"), _EXAMPLE),
            _answers("The invoice, as a settle or a transfer has left it.", "ReepayInvoice", 409, 503),
            description="A handle that is taken is refused (11), also in a repetition of the same request.",
        ),
    },
    "/v1/invoice/{id}": {
        "parameters": [_INVOICE],
        **_get("getInvoice", "Get an invoice", _answers("The invoice.", "ReepayInvoice")),
    },
    "/v1/invoice/{id}/settle": {
        "parameters": [_INVOICE],
        **_post(
            "settleInvoice",
            "Charge what is outstanding",
            body(ref("ReepaySettle"), {"payment_method": "auto"}, required=False),
            _answers("The invoice: settled, failed, or pending for a while.", "ReepayInvoice", 409, 503),
        ),
    },
    "/v1/invoice/{id}/manual_settle": {
        "parameters": [_INVOICE],
        **_post(
            "manualSettleInvoice",
            "Write down that it was paid",
            body(ref("ReepayManualTransfer"), {"method": "cash", "payment_date": "2026-02-27"}),
            _answers("The invoice, settled.", "ReepayInvoice", 409),
        ),
    },
    "/v1/invoice/{id}/cancel": {
        "parameters": [_INVOICE],
        **_post(
            "cancelInvoice",
            "Cancel an invoice that is not settled",
            None,
            _answers("The invoice, cancelled by a credit note for all of it.", "ReepayInvoice", 409),
        ),
    },
    "/v1/refund": _post(
        "createRefund",
        "Credit a settled invoice and pay it back",
        body(ref("ReepayCreateRefund"), {"invoice": "2026-017", "key": "return-5", "amount": 4800}),
        _answers("The credit note, and what became of the money.", "ReepayRefund", 409, 503),
    ),
    "/v1/credit_note/{id}": {
        "parameters": [in_path("id", "The credit note's id.")],
        **_get("getCreditNote", "Get a credit note", _answers("The credit note.", "ReepayCreditNote")),
    },
}
