"""Stripe: payments while the customer is absent (off-session PaymentIntents), and their refunds.

Stripe forgets an idempotency key after a day or more. For a charge or refund that old, call `find_charge` or
`find_refund` before you ask for it again.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from uuid import NAMESPACE_URL, uuid5

import requests
import stripe
from stripe.params import CustomerCreateParams, PaymentIntentCreateParams, PaymentIntentListParams

from gateways.protocol import Charge, IdReused, Method, MethodRefused, Outcome, Refund, Unavailable
from gateways.stripe_amounts import stripe_amount
from gateways.stripe_outcomes import (
    charge_outcome,
    error_message,
    method_label,
    refund_outcome,
    refusal_outcome,
    stripe_customer,
)

_MAX_CLOCK_DIFFERENCE = 300  # seconds
_CONNECT_SECONDS = 4
_PAGE = 100
_REFUSALS = (stripe.CardError, stripe.InvalidRequestError)


class Stripe:
    name = "stripe"

    def __init__(self, secret_key: str, *, api_base: str = "", timeout: float = 10) -> None:
        """`timeout`: seconds to wait for a response. Nothing is retried here; that is left to the caller."""
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
        with _translated_errors():
            try:
                method = self._api.payment_methods.retrieve(reference, {"expand": ["customer"]})
                customer = stripe_customer(method, account_id)
                if customer is None:
                    customer = self._create_customer(account_id, customer_id, name, email)
                    key = _idempotency_key("attach", method.id, customer)
                    self._api.payment_methods.attach(
                        method.id, {"customer": customer}, {"idempotency_key": key}
                    )
            except _REFUSALS as refusal:
                raise MethodRefused(error_message(refusal)) from refusal
        return Method(method.id, customer, method_label(method))

    def charge(self, charge: Charge) -> Outcome:
        try:
            amount = stripe_amount(charge.amount, charge.currency)
        except ValueError as refusal:
            return Outcome("FAILED", None, str(refusal))
        with _translated_errors():
            try:
                intent = self._api.payment_intents.create(
                    _intent_params(charge, amount),
                    {"idempotency_key": _idempotency_key("charge", charge.account_id, charge.id)},
                )
            except _REFUSALS as refusal:
                return refusal_outcome(refusal)
            return self._outcome(intent)

    def refund(self, refund: Refund) -> Outcome:
        try:
            amount = stripe_amount(refund.amount, refund.currency)
        except ValueError as refusal:
            return Outcome("FAILED", None, str(refusal))
        with _translated_errors():
            try:
                created = self._api.refunds.create(
                    {"payment_intent": refund.charge, "amount": amount, "metadata": _metadata(refund)},
                    {"idempotency_key": _idempotency_key("refund", refund.account_id, refund.id)},
                )
            except _REFUSALS as refusal:
                return refusal_outcome(refusal)
        return refund_outcome(created)

    def find_charge(self, charge: Charge) -> Outcome | None:
        """Searches the list of charges, which is always current; Stripe's search is minutes behind."""
        params: PaymentIntentListParams = {
            "created": {"gte": _created_since(charge.created_at)},
            "limit": _PAGE,
        }
        if charge.customer:
            params["customer"] = charge.customer
        with _translated_errors():
            for intent in self._api.payment_intents.list(params).auto_paging_iter():
                if _has_ids_of(intent.metadata, charge):
                    return self._outcome(intent)
        return None

    def find_refund(self, refund: Refund) -> Outcome | None:
        with _translated_errors():
            listed = self._api.refunds.list({"payment_intent": refund.charge, "limit": _PAGE})
            for created in listed.auto_paging_iter():
                if _has_ids_of(created.metadata, refund):
                    return refund_outcome(created)
        return None

    def close(self) -> None:
        self._session.close()

    def _create_customer(self, account_id: str, customer_id: str, name: str, email: str | None) -> str:
        """Creates a customer at Stripe; returns its id."""
        params: CustomerCreateParams = {
            "name": name,
            "metadata": {"account_id": account_id, "customer_id": customer_id},
        }
        if email:
            params["email"] = email
        # has all that is sent: a renamed customer is another request
        key = _idempotency_key("customer", account_id, customer_id, name, email or "")
        return self._api.customers.create(params, {"idempotency_key": key}).id

    def _outcome(self, intent: stripe.PaymentIntent) -> Outcome:
        """Cancels a payment that waits for its owner, so that it cannot be paid after it counts as failed."""
        if intent.status == "requires_action":
            try:
                intent = self._api.payment_intents.cancel(intent.id)
            except stripe.InvalidRequestError:  # it was paid or cancelled in the meantime
                intent = self._api.payment_intents.retrieve(intent.id)
        return charge_outcome(intent)


@contextmanager
def _translated_errors() -> Iterator[None]:
    """Raises the protocol's exceptions for Stripe's."""
    try:
        yield
    except stripe.IdempotencyError as error:
        raise IdReused("This id was used at Stripe for another request.") from error
    except (stripe.AuthenticationError, stripe.PermissionError) as error:
        raise Unavailable("Stripe does not accept the secret key, or not for this.") from error
    except stripe.StripeError as error:
        raise Unavailable("Stripe did not respond.") from error


def _intent_params(charge: Charge, amount: int) -> PaymentIntentCreateParams:
    params: PaymentIntentCreateParams = {
        "amount": amount,
        "currency": charge.currency.lower(),
        "payment_method": charge.method,
        "description": charge.description,
        "metadata": _metadata(charge),
        "confirm": True,
        "off_session": True,
        # without it Stripe requires a page to which the customer returns
        "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
    }
    if charge.customer:
        params["customer"] = charge.customer
    return params


def _metadata(request: Charge | Refund) -> dict[str, str]:
    return {"payment_id": request.id, "account_id": request.account_id}


def _has_ids_of(metadata: stripe.StripeObject | None, request: Charge | Refund) -> bool:
    return metadata is not None and _metadata(request).items() <= metadata.to_dict().items()


def _created_since(moment: datetime) -> int:
    return int(moment.timestamp()) - _MAX_CLOCK_DIFFERENCE


def _idempotency_key(*parts: str) -> str:
    """A hash, as a key has at most 255 characters. Accounts share no key if `parts` has the account."""
    return str(uuid5(NAMESPACE_URL, "\0".join(parts)))
