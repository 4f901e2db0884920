"""Calls to the payment gateways, in threads of their own: one that hangs does not hold up other work.

An account has a few of the threads at once, so that calls of it that hang do not hold up other accounts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import structlog

from gateways.protocol import Charge, Gateway, IdReused, Method, MethodRefused, Outcome, Refund, Unavailable
from invoicing.errors import GatewayNotEnabled, GatewayUnavailable, PaymentMethodRefused
from invoicing.payments.charges import PendingPayment
from invoicing.storage.tables import Customer
from invoicing.texts import one_line, shortened
from resolvers.shared_threads import SharedThreads

THREADS = 32
MOST_OF_ACCOUNT = 4
LONGEST_REASON = 300  # characters of a provider's sentence

log = structlog.get_logger(__name__)


class Gateways:
    """The gateways that this server has, by name."""

    def __init__(self, by_name: Mapping[str, Gateway]) -> None:
        self._by_name = by_name
        self._threads = SharedThreads(THREADS, MOST_OF_ACCOUNT, "gateway")

    @property
    def names(self) -> Sequence[str]:
        return sorted(self._by_name)

    def has(self, gateway: str | None) -> bool:
        return gateway in self._by_name

    async def find_method(self, gateway: str, reference: str, owner: Customer) -> Method:
        """The customer's payment method, as the gateway knows it."""
        found = self._by_name.get(gateway)
        if found is None:
            raise GatewayNotEnabled(f"This server has no gateway {gateway}.", field="gateway", ids=[gateway])
        try:
            return await self._threads.run(
                owner.account_id,
                lambda: found.method(
                    reference,
                    account_id=owner.account_id,
                    customer_id=owner.id,
                    name=owner.name,
                    email=owner.email,
                ),
            )
        except MethodRefused as refusal:
            said = one_line(str(refusal))
            raise PaymentMethodRefused(said, field="reference", ids=[reference]) from refusal
        except Unavailable as failure:
            raise GatewayUnavailable(field="gateway", ids=[gateway]) from failure

    async def carry_out(self, pending: PendingPayment) -> Outcome | None:
        """Moves the money. None: it is not known whether it moved, so the gateway has to be asked later."""
        payment = pending.payment
        gateway = self._by_name[str(payment.gateway)]
        try:
            calling = self._threads.run(payment.account_id, lambda: _carry_out(gateway, pending))
            return _readable(await calling)
        except (Unavailable, IdReused) as failure:
            log.warning("a gateway has to be asked again", payment_id=payment.id, reason=str(failure))
            return None

    async def find_outcome(self, pending: PendingPayment) -> Outcome | None:
        """What became of a payment. None: the gateway never got it. Raises Unavailable if it cannot tell."""
        gateway = self._by_name[str(pending.payment.gateway)]
        account_id = pending.payment.account_id
        outcome = await self._threads.run(account_id, lambda: _find_outcome(gateway, pending))
        return None if outcome is None else _readable(outcome)

    def close(self) -> None:
        """Does not wait for calls that hang: the gateway is asked about them after the next start."""
        self._threads.close()
        for gateway in self._by_name.values():
            gateway.close()


def _readable(outcome: Outcome) -> Outcome:
    """The provider's own sentence is stored, shown and logged: it is kept to one short line."""
    if outcome.error is None:
        return outcome
    return replace(outcome, error=shortened(one_line(outcome.error), LONGEST_REASON))


def _carry_out(gateway: Gateway, pending: PendingPayment) -> Outcome:
    request = _gateway_request(pending)
    return gateway.refund(request) if isinstance(request, Refund) else gateway.charge(request)


def _find_outcome(gateway: Gateway, pending: PendingPayment) -> Outcome | None:
    request = _gateway_request(pending)
    return gateway.find_refund(request) if isinstance(request, Refund) else gateway.find_charge(request)


def _gateway_request(pending: PendingPayment) -> Charge | Refund:
    """A payment in the gateway's terms."""
    payment, method = pending.payment, pending.method
    if pending.charge is not None:
        return Refund(
            payment.id,
            payment.account_id,
            pending.charge,
            payment.amount,
            payment.currency,
            payment.created_at,
        )
    if method is None:
        raise LookupError(f"Payment {payment.id} has no payment method.")
    return Charge(
        id=payment.id,
        account_id=payment.account_id,
        amount=payment.amount,
        currency=payment.currency,
        method=method.reference,
        customer=method.gateway_customer,
        description=payment.reference or payment.id,
        created_at=payment.created_at,
    )
