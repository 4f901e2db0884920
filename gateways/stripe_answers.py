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
_CANCELLED = "The bank wants the owner of the payment method to confirm this payment, and nobody was there."


def charged(intent: stripe.PaymentIntent) -> Outcome:
    if intent.status == "succeeded":
        return Outcome("PAID", intent.id)
    if intent.status == "canceled":
        return Outcome("FAILED", intent.id, _CANCELLED)
    if intent.status == "requires_payment_method" and intent.last_payment_error:
        return Outcome("FAILED", intent.id, intent.last_payment_error.message)
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
    return Outcome("FAILED", intent.id if intent else None, sentence(refusal))


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
