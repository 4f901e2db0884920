"""A client: sends each call until it is answered, as a careful shop does, and keeps what it was told."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from tools.siege.calls import Call, told
from tools.siege.http import LOST, Answer, Connection
from tools.siege.journal import Journal
from tools.siege.processes import Process
from tools.siege.refusal import Refusal

TRY_LATER = {"UNAVAILABLE", "QUERY_TIMEOUT", "RATE_LIMITED", "CLOCK_BEHIND", "GATEWAY_UNAVAILABLE"}
OUR_FAULT = "INTERNAL_SERVER_ERROR"
MOST_TRIES = 2_000
_REST_WORDS = {"NOTHING_TO_INVOICE": "Nothing left to invoice", "CLOCK_BEHIND": "of the series is dated"}
LONGEST_PAUSE = 0.25  # seconds before a call is sent again
TWICE = 0.1  # of the calls are sent by two connections at the same time


class Wrong(Exception):
    """The client was told what no client should be told; the journal has it."""


@dataclass
class Client:
    """`account` is the account's id; `servers` are those that take its calls, with their ports."""

    name: str
    account: str
    token: str
    servers: Sequence[tuple[Process, int]]
    random: Random
    journal: Journal
    _connections: dict[tuple[int, int], Connection] = field(default_factory=dict)
    _made: int = 0

    def new_id(self, kind: str) -> str:
        """An id or key of the client's own: no other client and no other call has it."""
        self._made += 1
        return f"{self.name}-{kind}{self._made}"

    async def ask(self, call: Call) -> Any:
        """What the call returns; None if the rules refused it. Now and then it is sent twice at once."""
        if call.query or call.done or not call.has_key or self.random.random() > TWICE:
            outcome = await self._until_answered(call, 0)
        else:
            outcome, other = await asyncio.gather(
                self._until_answered(call, 0), self._until_answered(call, 1)
            )
            outcome = await self._compared(call, outcome, other)
        self.journal.answered[call.name] += 1
        if isinstance(outcome, Refusal):
            self.journal.refused[call.name, outcome.code] += 1
            return None
        for kind, id, content in told(outcome):
            self.journal.keep(kind, self.account, id, content)
        return next(iter(outcome.values()))

    async def ask_once(self, call: Call) -> Any:
        """What the call returns; None if its answer was lost."""
        try:
            answer = await self._connection(0, 0).post(call.path, self._headers, call.body)
        except LOST as loss:
            self.journal.sent_again[type(loss).__name__] += 1
            return None
        data = self._found(call, answer, is_again=False)
        if not isinstance(data, dict):
            return None
        self.journal.answered[call.name] += 1
        for kind, id, content in told(data):
            self.journal.keep(kind, self.account, id, content)
        return next(iter(data.values()))

    async def _compared(self, call: Call, one: Any, other: Any) -> Any:
        """What both came to. If one was refused, for what has passed since, it is asked once more."""
        if isinstance(one, Refusal):
            one, other = other, one
        if isinstance(one, Refusal):
            if not one.may_stand_beside(other):
                raise self._wrong(f"{call.name} {call.input}, sent twice at once: {one} and {other}.")
            return one
        if isinstance(other, Refusal):
            if not other.may_have_passed({id for _, id in _ids(one)}):
                raise self._wrong(f"{call.name} {call.input}, sent twice at once: {other} and {one}.")
            self.journal.passed[call.name, other.code] += 1
            other = await self._until_answered(call, 1)
        if isinstance(other, Refusal) or _ids(one) != _ids(other):
            raise self._wrong(f"{call.name} {call.input}, sent twice at once, made {one} and {other}.")
        return one

    async def _until_answered(self, call: Call, lane: int) -> Any:
        """The data, or the refusal."""
        for attempt in range(MOST_TRIES):
            at = self.random.randrange(len(self.servers))
            try:
                answer = await self._connection(at, lane).post(call.path, self._headers, call.body)
            except LOST as loss:
                self.journal.sent_again[type(loss).__name__] += 1
            else:
                self.servers[at][0].has_worked = True
                found = self._found(call, answer, is_again=attempt > 0)
                if found is not None:
                    return found
            await asyncio.sleep(self.random.uniform(0.01, LONGEST_PAUSE))
        raise self._wrong(f"{call.name} {call.input} was never answered.")

    def _found(self, call: Call, answer: Answer, *, is_again: bool) -> Any:
        """The answer's data, or its refusal; None if the call is to be sent again."""
        errors = answer.body.get("errors") if isinstance(answer.body, dict) else None
        if answer.status == 201:
            return {call.name: {"invoice": {"id": answer.body["data"]["id"]}}}
        if answer.status == 200 and not errors:
            return answer.body["data"]
        refusal = _refusal(errors[0]) if errors else Refusal(_rest_code(answer))
        code = refusal.code
        if code in TRY_LATER or answer.status in (408, 429, 503):
            self.journal.sent_again[code] += 1
            return None
        if code == OUR_FAULT or answer.status >= 500:
            self.journal.sent_again[OUR_FAULT] += 1
            return None
        if code not in call.refusals and not (is_again and code in call.done):
            raise self._wrong(f"{call.name} {call.input} was refused: {errors or answer.body}")
        if is_again and code in call.done:
            self.journal.done_before[call.name] += 1
        return refusal

    def _connection(self, at: int, lane: int) -> Connection:
        if (at, lane) not in self._connections:
            self._connections[at, lane] = Connection(self.servers[at][1])
        return self._connections[at, lane]

    @property
    def _headers(self) -> str:
        return f"authorization: Bearer {self.token}\r\naccesstoken: {self.token}\r\n"

    def _wrong(self, what: str) -> Wrong:
        self.journal.wrong.append(what)
        return Wrong(what)

    def close(self) -> None:
        for connection in self._connections.values():
            connection.close()


def _rest_code(answer: Answer) -> str:
    """The code of a refusal over REST, where it is said in words, or the status."""
    text = answer.body.get("message", "") if isinstance(answer.body, dict) else ""
    return next((code for code, words in _REST_WORDS.items() if words in text), str(answer.status))


def _refusal(error: Mapping[str, Any]) -> Refusal:
    told_more = error["extensions"]
    return Refusal(told_more["code"], error["message"], told_more.get("ids") or ())


def _ids(data: Any) -> set[tuple[str, str]]:
    """Of what was made, with its kind."""
    return {(kind, id) for kind, id, _ in told(data)}
