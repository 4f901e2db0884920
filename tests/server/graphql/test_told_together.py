"""What is told of a change is made once for all who see the same, and nobody is told what is another's."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest

from invoicing.access import Scope
from resolvers import payments
from schema.execution.plans import Plans
from tests.support import factories
from tests.support.client import RECORD, Client
from tests.support.subscribing import (
    FOLLOW,
    TRANSPORTS,
    SseSubscriber,
    WebSocketSubscriber,
    ask,
    connected,
    payment_on_v,
    running_server,
    streamed,
)

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("transport", TRANSPORTS)]

SESSION = 'mutation { createCustomerSession(input: {customer_id: "ann"}) { token } }'
REVOKE = "mutation ($id: String!) { revokeApiKey(input: {id: $id}) { api_key { id } } }"
PAID = "subscription ($id: String!) { invoiceUpdated(id: $id) { reimbursement { amount_paid } } }"

Subscriber = WebSocketSubscriber | SseSubscriber


class Callers:
    """All of them follow the invoice `v` on one server, over one transport."""

    def __init__(self, shop: Client, transport: str, address: str, open_ones: AsyncExitStack) -> None:
        self.shop = shop
        self.address = address
        self._transport = transport
        self._open_ones = open_ones

    async def come_before(self, query: str) -> None:
        """Whoever follows first has no plan yet, and shares nothing."""
        await self.follow(self.shop.token, query)

    async def follow(self, token: str | None, query: str = FOLLOW, **variables: Any) -> Subscriber:
        """Follows, and has been told what there is at first."""
        caller: Subscriber
        if self._transport == "sse":
            caller = await self._open_ones.enter_async_context(
                streamed(self.address, token, query, id="v", **variables)
            )
        else:
            caller = await self._open_ones.enter_async_context(connected(self.address, token))
            await caller.subscribe(query, id="v", **variables)
        await caller.next_payload()
        return caller

    async def pay(self, amount: int, shop: Client | None = None) -> None:
        await ask(self.address, shop or self.shop, RECORD, input=payment_on_v(amount))


@pytest.fixture
async def callers(shop: Client, transport: str) -> AsyncIterator[Callers]:
    async with running_server(shop.app) as address, AsyncExitStack() as open_ones:
        yield Callers(shop, transport, address, open_ones)


@asynccontextmanager
async def counted_answers() -> AsyncIterator[list[object]]:
    """Those that plans make of events."""
    answers: list[object] = []
    made = Plans.read_event

    async def counted(self: Plans, *args: Any) -> Any:
        answers.append(args)
        return await made(self, *args)

    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(Plans, "read_event", counted)
        yield answers


async def told(*callers: Subscriber) -> list[Any]:
    """What each is told next of the invoice."""
    payloads = await asyncio.gather(*(caller.next_payload() for caller in callers))
    assert all("errors" not in payload for payload in payloads), payloads
    return [next(iter(payload["data"].values())) for payload in payloads]


async def test_an_answer_is_made_once_for_all_who_see_the_same(callers: Callers) -> None:
    same_scopes = callers.shop.limited_to(*Scope)
    await callers.come_before(FOLLOW)
    following = [await callers.follow(token) for token in (callers.shop.token, same_scopes.token) * 3]
    for amount in (100, 50):
        async with counted_answers() as answers:
            await callers.pay(amount)
            first, *others = await told(*following)
        assert others == [first] * 5
        assert len(answers) == 1
    assert first["reimbursement"] == {"status": "PARTIALLY_PAID", "amount_paid": 150}


async def test_what_was_told_is_not_told_again(callers: Callers) -> None:
    await callers.come_before(FOLLOW)
    following = [await callers.follow(callers.shop.token) for _ in range(2)]
    callers.shop.app.state.watches.notify_all()
    await callers.pay(100)
    assert [each["reimbursement"]["amount_paid"] for each in await told(*following)] == [100, 100]


async def test_of_two_accounts_each_is_told_of_its_own_invoice(callers: Callers) -> None:
    neighbour = callers.shop.neighbour()
    factories.invoice(callers.shop.database, neighbour.principal, invoice_id="v")
    await callers.come_before(PAID)
    following = [await callers.follow(token, PAID) for token in (callers.shop.token, neighbour.token) * 2]
    await asyncio.gather(callers.pay(100), callers.pay(200, neighbour))
    assert [each["reimbursement"]["amount_paid"] for each in await told(*following)] == [100, 200] * 2
    await callers.pay(7, neighbour)
    assert [each["reimbursement"]["amount_paid"] for each in await told(*following[1::2])] == [207] * 2
    await callers.pay(1)  # the shop has heard nothing of the neighbour's
    assert [each["reimbursement"]["amount_paid"] for each in await told(*following[0::2])] == [101] * 2


async def test_a_customer_is_not_told_what_is_the_sellers(callers: Callers) -> None:
    shop, query = (
        callers.shop,
        "subscription ($id: String!) { invoiceUpdated(id: $id) { created_by { name } } }",
    )
    factories.customer(shop.database, shop.principal, id="eve")
    ann = (await ask(callers.address, shop, SESSION))["createCustomerSession"]["token"]
    again = (await ask(callers.address, shop, SESSION))["createCustomerSession"]["token"]
    await callers.come_before(query)
    following = [await callers.follow(token, query) for token in (shop.token, ann, again, shop.token)]
    async with counted_answers() as answers:
        await callers.pay(100)
        names = [each["created_by"]["name"] for each in await told(*following)]
    assert names == [shop.principal.actor.name, "seller", "seller", shop.principal.actor.name]
    assert len(answers) == 2


@pytest.mark.parametrize("who_may_is_first", [True, False])
async def test_who_may_not_see_a_part_is_refused_that_part_alone(
    callers: Callers, who_may_is_first: bool
) -> None:
    query = """subscription ($id: String!) {
      invoiceUpdated(id: $id) { number reimbursement { amount_paid } customer { name } }
    }"""
    may_not = callers.shop.limited_to(Scope.INVOICES_READ)
    await callers.come_before(query)
    tokens = [callers.shop.token, may_not.token]
    tokens = tokens if who_may_is_first else tokens[::-1]
    following = [await callers.follow(token, query) for token in tokens * 2]
    await callers.pay(100)
    payloads = await asyncio.gather(*(each.next_payload() for each in following))
    for pair in (payloads[:2], payloads[2:]):
        may, refused = pair if who_may_is_first else pair[::-1]
        assert may["data"]["invoiceUpdated"]["customer"] == {"name": "Ann Baker"}
        assert "errors" not in may
        assert refused["data"]["invoiceUpdated"]["customer"] is None
        (error,) = refused["errors"]
        assert error["extensions"]["code"] == "FORBIDDEN"
        assert may_not.principal.actor.name in error["message"]


async def test_each_is_told_what_it_has_asked_for(callers: Callers) -> None:
    named = "subscription Paid($id: String!) { %s }"
    flagged = """subscription Paid($id: String!, $more: Boolean!) {
      invoiceUpdated(id: $id) { state reimbursement @include(if: $more) { amount_paid } }
    }"""
    asked = [
        (named % "invoiceUpdated(id: $id) { state }", {}, {"state": "PENDING"}),
        (named % "mine: invoiceUpdated(id: $id) { s: state }", {}, {"s": "PENDING"}),
        (named % "invoiceUpdated(id: $id) { id: state }", {}, {"id": "PENDING"}),
        (flagged, {"more": False}, {"state": "PENDING"}),
        (flagged, {"more": True}, {"state": "PENDING", "reimbursement": {"amount_paid": 100}}),
    ]
    following = [
        await callers.follow(callers.shop.token, query, **variables)
        for _ in range(3)  # whoever follows first has no plan yet
        for query, variables, _ in asked
    ]
    await callers.pay(100)
    assert await told(*following) == [expected for _, _, expected in asked] * 3


async def test_a_key_that_has_ended_is_told_no_more_and_others_are(callers: Callers) -> None:
    other = callers.shop.limited_to(*Scope)
    await callers.come_before(PAID)
    following = [await callers.follow(token, PAID) for token in (callers.shop.token, other.token) * 2]
    await ask(callers.address, callers.shop, REVOKE, id=other.principal.actor.id)
    await callers.pay(100)
    payloads = await asyncio.gather(*(each.next_payload() for each in following))
    for stays, ended in (payloads[:2], payloads[2:]):
        assert stays == {"data": {"invoiceUpdated": {"reimbursement": {"amount_paid": 100}}}}
        (error,) = ended["errors"]
        assert error["extensions"]["code"] == "UNAUTHORIZED"
        assert ended["data"] is None


async def test_each_is_told_of_its_own_error(callers: Callers, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(*_: object) -> Any:
        raise RuntimeError

    await callers.come_before(PAID)
    following = [await callers.follow(callers.shop.token, PAID) for _ in range(3)]
    monkeypatch.setattr(payments, "balance_of", fail)
    await callers.pay(100)
    payloads = await asyncio.gather(*(each.next_payload() for each in following))
    errors = [payload["errors"][0] for payload in payloads]
    assert {error["extensions"]["code"] for error in errors} == {"INTERNAL_SERVER_ERROR"}
    assert len({error["extensions"]["request_id"] for error in errors}) == 3


async def test_who_goes_while_all_are_told_takes_nothing_from_the_others(callers: Callers) -> None:
    async with AsyncExitStack() as goes:
        going = Callers(callers.shop, "websocket", callers.address, goes)
        await callers.come_before(FOLLOW)
        await going.follow(callers.shop.token)
        following = [await callers.follow(callers.shop.token) for _ in range(2)]
        paying = asyncio.create_task(callers.pay(100))
    await paying
    assert [each["reimbursement"]["amount_paid"] for each in await told(*following)] == [100, 100]
