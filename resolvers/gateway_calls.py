"""The payment gateways, called in threads of their own: one that hangs holds up no other work."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import structlog

from gateways.protocol import Charge, Gateway, IdReused, Method, MethodRefused, Outcome, Refund, Unavailable
from invoicing.errors import GatewayNotEnabled, GatewayUnavailable, PaymentMethodRefused
from invoicing.payments.charges import PendingPayment
from invoicing.storage.tables import Customer

T = TypeVar("T")

THREADS = 8

log = structlog.get_logger(__name__)


class Gateways:
    """Those that this server has, by name."""

    def __init__(self, by_name: Mapping[str, Gateway]) -> None:
        self._by_name = by_name
        self._threads = ThreadPoolExecutor(THREADS, "gateway")

    @property
    def names(self) -> Sequence[str]:
        return sorted(self._by_name)

    async def method(self, gateway: str, reference: str, owner: Customer) -> Method:
        """The customer's payment method, as the gateway knows it."""
        found = self._by_name.get(gateway)
        if found is None:
            raise GatewayNotEnabled(f"This server has no gateway {gateway}.", field="gateway", ids=[gateway])
        try:
            return await self._in_thread(
                lambda: found.method(
                    reference,
                    account_id=owner.account_id,
                    customer_id=owner.id,
                    name=owner.name,
                    email=owner.email,
                )
            )
        except MethodRefused as refusal:
            raise PaymentMethodRefused(str(refusal), field="reference", ids=[reference]) from refusal
        except Unavailable as silence:
            raise GatewayUnavailable(field="gateway", ids=[gateway]) from silence

    async def carry_out(self, begun: PendingPayment) -> Outcome | None:
        """Moves the money. None: nobody knows whether it moved, and the gateway has to be asked later."""
        return await self._asked(begun, lambda gateway: _carried_out(gateway, begun))

    async def became(self, begun: PendingPayment) -> Outcome | None:
        """What became of it. None: the gateway has never heard of it; Unavailable if it does not answer."""
        gateway = self._by_name[str(begun.payment.gateway)]
        return await self._in_thread(lambda: _found(gateway, begun))

    def has(self, gateway: str | None) -> bool:
        return gateway in self._by_name

    def close(self) -> None:
        """Calls that hang are not waited for: the gateway is asked about them after the next start."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        for gateway in self._by_name.values():
            gateway.close()

    async def _asked(self, begun: PendingPayment, call: Callable[[Gateway], Outcome]) -> Outcome | None:
        payment = begun.payment
        gateway = self._by_name[str(payment.gateway)]
        try:
            return await self._in_thread(lambda: call(gateway))
        except (Unavailable, IdReused) as failure:
            log.warning("a gateway has to be asked again", payment_id=payment.id, reason=str(failure))
            return None

    async def _in_thread(self, call: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, call)


def _carried_out(gateway: Gateway, begun: PendingPayment) -> Outcome:
    asked = _asked_for(begun)
    return gateway.refund(asked) if isinstance(asked, Refund) else gateway.charge(asked)


def _found(gateway: Gateway, begun: PendingPayment) -> Outcome | None:
    asked = _asked_for(begun)
    return gateway.find_refund(asked) if isinstance(asked, Refund) else gateway.find_charge(asked)


def _asked_for(begun: PendingPayment) -> Charge | Refund:
    """A payment in the gateway's words."""
    payment, method = begun.payment, begun.method
    if begun.charge is not None:
        return Refund(
            payment.id, payment.account_id, begun.charge, payment.amount, payment.currency, payment.created_at
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
