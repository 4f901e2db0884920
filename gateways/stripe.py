"""Stripe: payments of customers who are not there (off-session PaymentIntents), and refunds of them.

Stripe forgets an idempotency key after a day or more. What was asked for that long ago is looked for
(`find_charge`, `find_refund`) before it is asked for again.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from uuid import NAMESPACE_URL, uuid5

import requests
import stripe
from stripe.params import CustomerCreateParams, PaymentIntentCreateParams, PaymentIntentListParams

from gateways.protocol import Charge, Method, MethodRefused, Outcome, Refund, Reused, Unavailable
from gateways.stripe_amounts import counted
from gateways.stripe_answers import charged, label, owner, refunded, refused, sentence

_CLOCKS_DIFFER = 300  # seconds
_CONNECT_SECONDS = 4
_PAGE = 100
_REFUSALS = (stripe.CardError, stripe.InvalidRequestError)


class Stripe:
    name = "stripe"

    def __init__(self, secret_key: str, *, api_base: str = "", timeout: float = 10) -> None:
        """`timeout`: seconds to wait for an answer. Nothing is retried here; whoever asks asks again."""
        self._session = requests.Session()
        client = stripe.StripeClient(
            secret_key,
            base_addresses={"api": api_base.rstrip("/")} if api_base else {},
            http_client=stripe.RequestsClient((min(_CONNECT_SECONDS, timeout), timeout), self._session),
            max_network_retries=0,
        )
        self._api = client.v1

    def method(
        self, reference: str, *, account_id: str, customer_id: str, name: str, email: str | None
    ) -> Method:
        if not reference.startswith("pm_"):
            raise MethodRefused("A payment method of Stripe begins with pm_.")
        with _asking():
            try:
                method = self._api.payment_methods.retrieve(reference, {"expand": ["customer"]})
                customer = owner(method, account_id)
                if customer is None:
                    customer = self._customer(account_id, customer_id, name, email)
                    key = _key("attach", method.id, customer)
                    self._api.payment_methods.attach(
                        method.id, {"customer": customer}, {"idempotency_key": key}
                    )
            except _REFUSALS as refusal:
                raise MethodRefused(sentence(refusal)) from refusal
        return Method(method.id, customer, label(method))

    def charge(self, charge: Charge) -> Outcome:
        try:
            amount = counted(charge.amount, charge.currency)
        except ValueError as refusal:
            return Outcome("FAILED", None, str(refusal))
        with _asking():
            try:
                intent = self._api.payment_intents.create(
                    _wanted(charge, amount),
                    {"idempotency_key": _key("charge", charge.account_id, charge.id)},
                )
            except _REFUSALS as refusal:
                return refused(refusal)
            return self._outcome(intent)

    def refund(self, refund: Refund) -> Outcome:
        try:
            amount = counted(refund.amount, refund.currency)
        except ValueError as refusal:
            return Outcome("FAILED", None, str(refusal))
        with _asking():
            try:
                made = self._api.refunds.create(
                    {"payment_intent": refund.charge, "amount": amount, "metadata": _metadata(refund)},
                    {"idempotency_key": _key("refund", refund.account_id, refund.id)},
                )
            except _REFUSALS as refusal:
                return refused(refusal)
        return refunded(made)

    def find_charge(self, charge: Charge) -> Outcome | None:
        """By listing, which shows what was written at once; Stripe's search is minutes late."""
        wanted: PaymentIntentListParams = {"created": {"gte": _before(charge.created_at)}, "limit": _PAGE}
        if charge.customer:
            wanted["customer"] = charge.customer
        with _asking():
            for intent in self._api.payment_intents.list(wanted).auto_paging_iter():
                if _is_of(intent.metadata, charge):
                    return self._outcome(intent)
        return None

    def find_refund(self, refund: Refund) -> Outcome | None:
        with _asking():
            listed = self._api.refunds.list({"payment_intent": refund.charge, "limit": _PAGE})
            for made in listed.auto_paging_iter():
                if _is_of(made.metadata, refund):
                    return refunded(made)
        return None

    def close(self) -> None:
        self._session.close()

    def _customer(self, account_id: str, customer_id: str, name: str, email: str | None) -> str:
        """A customer at Stripe; its id."""
        wanted: CustomerCreateParams = {
            "name": name,
            "metadata": {"account_id": account_id, "customer_id": customer_id},
        }
        if email:
            wanted["email"] = email
        # with all that is sent: once the customer was renamed, it is another request
        key = _key("customer", account_id, customer_id, name, email or "")
        return self._api.customers.create(wanted, {"idempotency_key": key}).id

    def _outcome(self, intent: stripe.PaymentIntent) -> Outcome:
        """Where nobody is there to act, it is cancelled, so that nobody pays later what counts as failed."""
        if intent.status == "requires_action":
            try:
                intent = self._api.payment_intents.cancel(intent.id)
            except stripe.InvalidRequestError:  # it went on meanwhile, or is cancelled already
                intent = self._api.payment_intents.retrieve(intent.id)
        return charged(intent)


@contextmanager
def _asking() -> Iterator[None]:
    """Stripe's errors in our words."""
    try:
        yield
    except stripe.IdempotencyError as error:
        raise Reused("Stripe was asked for something else under this id before.") from error
    except (stripe.AuthenticationError, stripe.PermissionError) as error:
        raise Unavailable("Stripe does not accept the secret key, or not for this.") from error
    except stripe.StripeError as error:
        raise Unavailable("Stripe did not answer.") from error


def _wanted(charge: Charge, amount: int) -> PaymentIntentCreateParams:
    wanted: PaymentIntentCreateParams = {
        "amount": amount,
        "currency": charge.currency.lower(),
        "payment_method": charge.method,
        "description": charge.description,
        "metadata": _metadata(charge),
        "confirm": True,
        "off_session": True,
        # else Stripe wants a page to send the absent customer back to
        "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
    }
    if charge.customer:
        wanted["customer"] = charge.customer
    return wanted


def _metadata(asked: Charge | Refund) -> dict[str, str]:
    return {"payment_id": asked.id, "account_id": asked.account_id}


def _is_of(kept: stripe.StripeObject | None, asked: Charge | Refund) -> bool:
    return kept is not None and _metadata(asked).items() <= kept.to_dict().items()


def _before(moment: datetime) -> int:
    return int(moment.timestamp()) - _CLOCKS_DIFFER


def _key(*parts: str) -> str:
    """An idempotency key: 255 characters at most, and what one account asks for is not another's."""
    return str(uuid5(NAMESPACE_URL, "\0".join(parts)))
