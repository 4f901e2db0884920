"""Stripe's objects and errors as values of the protocol."""

from __future__ import annotations

import stripe

from gateways.protocol import MethodRefused, Outcome

_BRANDS = {
    "amex": "American Express",
    "diners": "Diners Club",
    "jcb": "JCB",
    "sepa_debit": "SEPA",
    "unionpay": "UnionPay",
}
_UNUSABLE = frozenset(("expired_card", "lost_card", "stolen_card", "pickup_card", "invalid_account"))
"""Decline codes after which the same payment method never works again."""
_CANCELLED = "The bank wants the owner to confirm this payment, and the owner was not there to do it."


def charge_outcome(intent: stripe.PaymentIntent) -> Outcome:
    if intent.status == "succeeded":
        return Outcome("PAID", intent.id)
    if intent.status == "canceled":
        return Outcome("FAILED", intent.id, _CANCELLED)
    if intent.status == "requires_payment_method" and intent.last_payment_error:
        error = intent.last_payment_error
        return Outcome("FAILED", intent.id, error.message, is_method_spent=_is_unusable(error))
    return Outcome("PENDING", intent.id)  # being processed, maybe by another call at this moment


def refund_outcome(refund: stripe.Refund) -> Outcome:
    if refund.status == "succeeded":
        return Outcome("PAID", refund.id)
    if refund.status in ("failed", "canceled"):
        reason = str(getattr(refund, "failure_reason", None) or refund.status).replace("_", " ")
        return Outcome("FAILED", refund.id, f"Stripe could not refund this: {reason}.")
    return Outcome("PENDING", refund.id)


def refusal_outcome(refusal: stripe.CardError | stripe.InvalidRequestError) -> Outcome:
    intent = refusal.error.payment_intent if refusal.error else None
    spent = refusal.error is not None and _is_unusable(refusal.error)
    return Outcome("FAILED", intent.id if intent else None, error_message(refusal), is_method_spent=spent)


def _is_unusable(error: stripe.ErrorObject | stripe.PaymentIntent.LastPaymentError) -> bool:
    return bool({error.code, getattr(error, "decline_code", None)} & _UNUSABLE)


def error_message(refusal: stripe.StripeError) -> str:
    return refusal.user_message or "Stripe refused, and did not say why."


def stripe_customer(method: stripe.PaymentMethod, account_id: str) -> str | None:
    """The id of the method's customer at Stripe. Raises MethodRefused if it is another account's."""
    customer = method.customer
    if customer is None or isinstance(customer, str):
        return customer
    metadata = customer.metadata.to_dict() if customer.metadata else {}
    if metadata.get("account_id", account_id) != account_id:
        raise MethodRefused("This payment method belongs to somebody else.")
    return customer.id


def method_label(method: stripe.PaymentMethod) -> str:
    details = getattr(method, method.type, None)
    known = details.to_dict() if details else {}
    brand = str(known.get("brand") or method.type)
    name = _BRANDS.get(brand) or brand.replace("_", " ").title()
    return f"{name} •••• {known['last4']}" if known.get("last4") else name
