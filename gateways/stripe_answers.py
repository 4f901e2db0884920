"""What Stripe answers, in the protocol's words."""

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
_SPENT = frozenset(("expired_card", "lost_card", "stolen_card", "pickup_card", "invalid_account"))
"""Decline codes after which the same payment method never works again."""
_CANCELLED = "The bank wants the owner of the payment method to confirm this payment, and nobody was there."


def charged(intent: stripe.PaymentIntent) -> Outcome:
    if intent.status == "succeeded":
        return Outcome("PAID", intent.id)
    if intent.status == "canceled":
        return Outcome("FAILED", intent.id, _CANCELLED)
    if intent.status == "requires_payment_method" and intent.last_payment_error:
        error = intent.last_payment_error
        return Outcome("FAILED", intent.id, error.message, is_method_spent=_is_spent(error))
    return Outcome("PENDING", intent.id)  # under way, maybe in another call at this moment


def refunded(refund: stripe.Refund) -> Outcome:
    if refund.status == "succeeded":
        return Outcome("PAID", refund.id)
    if refund.status in ("failed", "canceled"):
        reason = str(getattr(refund, "failure_reason", None) or refund.status).replace("_", " ")
        return Outcome("FAILED", refund.id, f"Stripe could not refund this: {reason}.")
    return Outcome("PENDING", refund.id)


def refused(refusal: stripe.CardError | stripe.InvalidRequestError) -> Outcome:
    intent = refusal.error.payment_intent if refusal.error else None
    spent = refusal.error is not None and _is_spent(refusal.error)
    return Outcome("FAILED", intent.id if intent else None, sentence(refusal), is_method_spent=spent)


def _is_spent(error: stripe.ErrorObject | stripe.PaymentIntent.LastPaymentError) -> bool:
    return bool({error.code, getattr(error, "decline_code", None)} & _SPENT)


def sentence(refusal: stripe.StripeError) -> str:
    return refusal.user_message or "Stripe refused, and did not say why."


def owner(method: stripe.PaymentMethod, account_id: str) -> str | None:
    """The method's customer at Stripe; MethodRefused if it was made there for another account."""
    customer = method.customer
    if customer is None or isinstance(customer, str):
        return customer
    made_for = customer.metadata.to_dict() if customer.metadata else {}
    if made_for.get("account_id", account_id) != account_id:
        raise MethodRefused("This payment method belongs to somebody else.")
    return customer.id


def label(method: stripe.PaymentMethod) -> str:
    details = getattr(method, method.type, None)
    known = details.to_dict() if details else {}
    brand = str(known.get("brand") or method.type)
    name = _BRANDS.get(brand) or brand.replace("_", " ").title()
    return f"{name} •••• {known['last4']}" if known.get("last4") else name
