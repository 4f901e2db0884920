"""What hangs for one account holds up no other: neither its webhooks nor its charges."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial

import pytest

from gateways.protocol import Charge, Method, Outcome, Refund
from invoicing.access import Principal
from invoicing.ledger import entries
from invoicing.payments import charges as charging
from invoicing.payments import methods
from invoicing.storage.database import Database
from invoicing.webhooks import endpoints
from resolvers.gateway_calls import MOST_OF_ACCOUNT, THREADS, Gateways
from resolvers.webhook_hosts import Hosts
from server.workers.charges import ChargeWorker
from server.workers.webhooks import MOST_OF_ACCOUNT as MESSAGES_OF_ACCOUNT
from server.workers.webhooks import WebhookWorker
from tests.support import factories
from tests.support.factories import NOW
from tests.support.patience import PATIENCE, eventually
from tests.support.webhook_listener import KEYRING, endpoint
from tests.support.webhook_receiver import Receiver, Reply, running_receiver

pytestmark = pytest.mark.anyio


def announced(database: Database, principal: Principal, receiver: Receiver, messages: int) -> None:
    made, _ = endpoint(database, principal, receiver.url)
    for _ in range(messages):
        database.write(endpoints.send_test_webhook, principal, made.id, now=datetime.now(UTC))


async def test_ten_endpoints_that_hang_hold_up_no_other_accounts_message(database: Database) -> None:
    """60 messages to 10 endpoints of one account, none of which answers before the other's has arrived."""
    ann, bob = factories.principal(database), factories.principal(database)
    with running_receiver(*[Reply(hangs=True)] * 60) as slow, running_receiver() as quick:
        for _ in range(10):
            announced(database, ann, slow, 6)
        announced(database, bob, quick, 1)
        worker = asyncio.create_task(WebhookWorker(database, Hosts(private=True), KEYRING).run())
        await asyncio.to_thread(quick.wait)
        await asyncio.to_thread(slow.wait, MESSAGES_OF_ACCOUNT)
        for _ in range(5):
            announced(database, bob, quick, 1)
        await asyncio.to_thread(quick.wait, 5)
        assert len(slow.got) == MESSAGES_OF_ACCOUNT
        slow.replies.clear()
        slow.free.set()
        await asyncio.to_thread(slow.wait, 60 - MESSAGES_OF_ACCOUNT)
        worker.cancel()
        await asyncio.wait([worker])


async def test_names_that_hang_hold_up_no_other_accounts_message(database: Database) -> None:
    ann, bob, free = factories.principal(database), factories.principal(database), threading.Event()

    def resolve(host: str, _port: int) -> list[str]:
        if host == "slow.example":
            free.wait(PATIENCE)
        return ["127.0.0.1"]

    with running_receiver() as quick:
        for _ in range(10):
            made, _ = endpoint(database, ann, "http://slow.example/hook")
            for _ in range(6):
                database.write(endpoints.send_test_webhook, ann, made.id, now=datetime.now(UTC))
        announced(database, bob, quick, 1)
        worker = asyncio.create_task(
            WebhookWorker(database, Hosts(private=True, resolve=resolve), KEYRING).run()
        )
        await asyncio.to_thread(quick.wait)
        free.set()
        worker.cancel()
        await asyncio.wait([worker])


@dataclass
class Gateway:
    """Hangs for the accounts in `slow` until it is freed."""

    name: str = "sandbox"
    slow: set[str] = field(default_factory=set)
    calls: list[str] = field(default_factory=list)
    hanging: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    free: threading.Event = field(default_factory=threading.Event)

    def method(
        self, reference: str, *, account_id: str, customer_id: str, name: str, email: str | None
    ) -> Method:
        raise NotImplementedError

    def charge(self, charge: Charge) -> Outcome:
        self.calls.append(charge.account_id)
        if charge.account_id in self.slow:
            self.hanging.release()
            self.free.wait(PATIENCE)
        return Outcome("PAID", charge.id)

    def refund(self, refund: Refund) -> Outcome:
        raise NotImplementedError

    def find_charge(self, charge: Charge) -> Outcome | None:  # noqa: ARG002 (the protocol's)
        return None

    def find_refund(self, refund: Refund) -> Outcome | None:
        raise NotImplementedError

    def close(self) -> None:
        self.free.set()


def begun(database: Database, principal: Principal, count: int) -> list[charging.PendingPayment]:
    """So many charges that are recorded, and that nobody has sent yet."""
    factories.customer(database, principal, id="c")
    add = partial(methods.add_payment_method, gateway="sandbox", gateway_customer=None)
    database.write(add, principal, "c", reference="approve", label="Card", now=NOW)
    began = datetime.now(UTC) - charging.PATIENCE
    made = []
    for _ in range(count):
        invoice = factories.invoice(database, principal, customer_id="c")
        made.append(
            database.write(
                charging.begin_charge, principal, invoice.id, "auto", gateways=["sandbox"], now=began
            )
        )
    return made


async def test_charges_that_hang_hold_up_no_other_accounts_charge(database: Database) -> None:
    """16 of one account, more than there are places for it, and then one of another."""
    ann, bob = factories.principal(database), factories.principal(database)
    gateway = Gateway(slow={ann.account_id})
    gateways = Gateways({"sandbox": gateway})
    anns, bobs = begun(database, ann, 16), begun(database, bob, 1)
    hanging = [asyncio.create_task(gateways.carry_out(each)) for each in anns]
    for _ in range(MOST_OF_ACCOUNT):
        assert await asyncio.to_thread(gateway.hanging.acquire, timeout=PATIENCE)
    paid = await gateways.carry_out(bobs[0])
    assert (paid and paid.status, gateway.calls.count(ann.account_id)) == ("PAID", MOST_OF_ACCOUNT)
    for task in hanging[:MOST_OF_ACCOUNT]:  # their callers are gone; the calls are not
        task.cancel()
    await asyncio.sleep(0)
    assert gateway.calls.count(ann.account_id) == MOST_OF_ACCOUNT < THREADS
    gateway.free.set()
    results = await asyncio.gather(*hanging, return_exceptions=True)
    assert [type(result) for result in results[MOST_OF_ACCOUNT:]] == [Outcome] * 12
    gateways.close()


async def test_questions_that_hang_hold_up_no_other_accounts_question(database: Database) -> None:
    ann, bob = factories.principal(database), factories.principal(database)
    gateway = Gateway(slow={ann.account_id})
    gateways = Gateways({"sandbox": gateway})
    begun(database, ann, 20)
    (bobs,) = begun(database, bob, 1)
    worker = asyncio.create_task(ChargeWorker(database, gateways).run())
    assert await asyncio.to_thread(gateway.hanging.acquire, timeout=PATIENCE)
    read = partial(database.read, entries.payment, bob.account_id, bobs.payment.id)
    await eventually(lambda: read().status == "PAID")
    assert not gateway.free.is_set()
    gateway.free.set()
    worker.cancel()
    await asyncio.wait([worker])
    gateways.close()
