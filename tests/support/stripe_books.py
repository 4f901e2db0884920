"""The fake Stripe's records and the endpoints of its API that we use, after https://docs.stripe.com/api.

The payment method's name decides what happens to a payment, as with Stripe's own test methods.
"""

from __future__ import annotations

import time
from copy import deepcopy
from threading import RLock
from typing import Any, NamedTuple

Json = dict[str, Any]
Params = dict[str, str]

_OUTCOMES: dict[str, tuple[str, Json | None]] = {
    "pm_card_visa_chargeDeclined": (
        "requires_payment_method",
        {"code": "card_declined", "message": "Your card was declined."},
    ),
    "pm_card_expired": (
        "requires_payment_method",
        {"code": "expired_card", "decline_code": "expired_card", "message": "Your card has expired."},
    ),
    "pm_card_authenticationRequired": (
        "requires_payment_method",
        {"code": "authentication_required", "message": "This transaction requires authentication."},
    ),
    "pm_card_action": ("requires_action", None),
    "pm_card_processing": ("processing", None),
    "pm_card_confirming": ("requires_payment_method", None),
}


class Refusal(Exception):
    def __init__(self, status: int, message: str, kind: str = "invalid_request_error", **more: Any) -> None:
        super().__init__(message)
        self.status = status
        self.error = {"type": kind, "message": message, **more}


class Request(NamedTuple):
    verb: str
    path: str
    params: Params
    key: str | None
    """The idempotency key."""


class StripeBooks:
    def __init__(self) -> None:
        self.objects: dict[str, Json] = {}
        self.requests: list[Request] = []
        self.page = 100
        self._responses: dict[str, tuple[Request, tuple[int, Json]]] = {}
        self._lock = RLock()

    def all(self, kind: str) -> list[Json]:
        """All objects of a kind, the newest first."""
        return [made for made in reversed(self.objects.values()) if made["object"] == kind]

    def respond(self, request: Request) -> tuple[int, Json]:
        """Returns the first response for a key used again; with other parameters the key is refused."""
        with self._lock:
            self.requests.append(request)
            if request.key is None:
                return self._carry_out(request)
            if request.key not in self._responses:
                self._responses[request.key] = request, deepcopy(self._carry_out(request))
            first, response = self._responses[request.key]
            if first != request:
                message = "Keys for idempotent requests can only be used with the same parameters."
                return 400, {"error": Refusal(400, message, "idempotency_error").error}
            return response

    def _carry_out(self, request: Request) -> tuple[int, Json]:
        try:
            match [request.verb, *request.path.split("/")[2:]]:
                case ["GET", "payment_methods", reference]:
                    return 200, self._method(reference)
                case ["POST", "payment_methods", reference, "attach"]:
                    return 200, self._attach(reference, request.params)
                case ["POST", "customers"]:
                    return 200, self._keep("customer", "cus", request.params)
                case ["POST", "payment_intents"]:
                    return 200, self._create_intent(request.params)
                case ["POST", "payment_intents", reference, "cancel"]:
                    return 200, self._cancel_intent(reference)
                case ["POST", "refunds"]:
                    return 200, self._create_refund(request.params)
                case ["GET", "payment_intents", reference]:
                    return 200, self.objects[reference]
                case ["GET", kind]:
                    return 200, self._list(kind, request.params)
            return 404, {"error": Refusal(404, f"Unrecognized request URL ({request.path}).").error}
        except Refusal as refusal:
            return refusal.status, {"error": refusal.error}

    def _keep(self, kind: str, prefix: str, params: Params, **more: Any) -> Json:
        metadata = {name[9:-1]: value for name, value in params.items() if name.startswith("metadata[")}
        plain = {name: value for name, value in params.items() if "[" not in name}
        reference = f"{prefix}_{len(self.objects)}"
        made = {"object": kind, "created": int(time.time()), "metadata": metadata, **plain, **more}
        self.objects[reference] = {"id": reference, **made}
        return self.objects[reference]

    def _method(self, reference: str) -> Json:
        if not reference.startswith("pm_card_"):
            raise Refusal(404, f"No such PaymentMethod: '{reference}'", code="resource_missing")
        plain: Json = {"id": reference, "object": "payment_method", "type": "card", "customer": None}
        method = self.objects.setdefault(reference, {**plain, "card": {"brand": "visa", "last4": "4242"}})
        return {**method, "customer": self.objects.get(method["customer"])}

    def _attach(self, reference: str, params: Params) -> Json:
        method = self.objects[reference]
        if reference == "pm_card_unattachable":
            raise Refusal(402, "Your card was declined.", "card_error", code="card_declined")
        method["customer"] = params["customer"]
        return method

    def _create_intent(self, params: Params) -> Json:
        status, error = _OUTCOMES.get(params["payment_method"], ("succeeded", None))
        amount = int(params["amount"])
        if not params["payment_method"].startswith("pm_"):
            raise Refusal(404, f"No such PaymentMethod: '{params['payment_method']}'")
        more = {"amount": amount, "status": status, "last_payment_error": error}
        made = self._keep("payment_intent", "pi", {"customer": "", **params}, **more)
        if error is not None:
            raise Refusal(402, error["message"], "card_error", code=error["code"], payment_intent=made)
        return made

    def _cancel_intent(self, reference: str) -> Json:
        if self.objects[reference]["status"] != "requires_action":
            message = f"You cannot cancel this PaymentIntent: it is {self.objects[reference]['status']}."
            raise Refusal(400, message, code="payment_intent_unexpected_state")
        self.objects[reference]["status"] = "canceled"
        return self.objects[reference]

    def _create_refund(self, params: Params) -> Json:
        intent = self.objects[params["payment_intent"]]
        others = [made for made in self.all("refund") if made["payment_intent"] == intent["id"]]
        left = intent["amount"] - sum(made["amount"] for made in others)
        if int(params["amount"]) > left:
            raise Refusal(400, f"Refund amount is greater than unrefunded amount on charge ({left}).")
        status = "pending" if intent["payment_method"] == "pm_card_pendingRefund" else "succeeded"
        return self._keep("refund", "re", params, amount=int(params["amount"]), status=status)

    def _list(self, kind: str, params: Params) -> Json:
        made = self.all(kind.removesuffix("s"))
        for name in ("customer", "payment_intent"):
            made = [one for one in made if name not in params or one[name] == params[name]]
        made = [one for one in made if one["created"] >= int(params.get("created[gte]", 0))]
        if after := params.get("starting_after"):
            made = made[[one["id"] for one in made].index(after) + 1 :]
        size = min(int(params.get("limit", 10)), self.page)
        return {
            "object": "list",
            "url": f"/v1/{kind}",
            "data": made[:size],
            "has_more": len(made) > size,
        }
