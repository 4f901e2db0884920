"""Messages go to public addresses only, are signed, and no endpoint can hold the server up."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
import trustme

from invoicing.errors import UrlRefused
from invoicing.storage.tables import Job
from invoicing.webhooks.deliveries import DeliveryResult, DueDelivery
from resolvers.webhook_hosts import Hosts
from server.workers.webhook_sender import Sender
from tests.support.patience import PATIENCE
from tests.support.webhook_receiver import Receiver, Reply, running_receiver

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
PUBLIC = "93.184.215.14"
HERE = "127.0.0.1"

Talk = Callable[[asyncio.StreamWriter], Awaitable[None]]


def due(url: str, *secrets: str) -> DueDelivery:
    job = cast(Job, SimpleNamespace(account_id="account"))  # a sender looks at nothing else of it
    return DueDelivery(job, "endpoint", url, "msg_1", '{"type":"invoice.created"}', secrets or (SECRET,))


def sent(hosts: Hosts, url: str, *secrets: str, timeout: float = PATIENCE) -> DeliveryResult:
    async def once() -> DeliveryResult:
        sender = Sender(hosts, timeout=timeout)
        answer = await sender.send(due(url, *secrets), now=datetime.now(UTC))
        await sender.close()
        return answer

    return asyncio.run(once())


class Names:
    """A name server that says one thing after the other; at last always the same."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    def __call__(self, host: str, _: int) -> Sequence[str]:
        self.asked.append(host)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def named(receiver: Receiver, name: str = "hooks.test") -> str:
    return receiver.url.replace(HERE, name)


def test_a_message_arrives_signed() -> None:
    with running_receiver() as receiver:
        assert sent(Hosts(private=True), receiver.url) == DeliveryResult(200)
    (got,) = receiver.got
    assert got.verified(SECRET) == {"type": "invoice.created"}
    assert (got.id, got.headers["content-type"]) == ("msg_1", "application/json")


def test_two_secrets_sign_and_either_will_do() -> None:
    other = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
    with running_receiver() as receiver:
        sent(Hosts(private=True), receiver.url, SECRET, other)
    for secret in (SECRET, other):
        assert receiver.got[0].verified(secret)


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "127.1", "2130706433", "0x7f000001", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0"],  # noqa: S104
)
def test_nothing_is_sent_to_a_private_address_by_whatever_name(host: str) -> None:
    with running_receiver() as receiver:
        answer = sent(Hosts(any_port=True), named(receiver, host))
    assert receiver.got == []
    assert answer.status is None
    assert "public" in str(answer.error)


def test_a_host_of_which_one_address_is_private_is_not_called() -> None:
    with running_receiver() as receiver:
        answer = sent(Hosts(any_port=True, resolve=Names([PUBLIC, HERE])), named(receiver))
    assert receiver.got == []
    assert "no public address" in str(answer.error)
    assert HERE not in str(answer.error)


def test_a_name_that_turns_private_after_it_was_checked_is_not_called() -> None:
    names = Names([PUBLIC], [HERE])
    hosts = Hosts(any_port=True, resolve=names)
    with running_receiver() as receiver:
        asyncio.run(hosts.check_url(named(receiver), "account"))
        answer = sent(hosts, named(receiver))
    assert receiver.got == []
    assert "public" in str(answer.error)


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.test/hook",
        "http://hooks.test:443/hook",
        "https://hooks.test:22/hook",
        "https://hooks.test:8080/hook",
        "https://hooks.test:6379/",
    ],
)
def test_by_default_messages_go_by_https_to_the_ports_of_web_servers(url: str) -> None:
    names = Names([PUBLIC])
    with pytest.raises(UrlRefused) as refusal:
        asyncio.run(Hosts(resolve=names).check_url(url, "account"))
    assert str(refusal.value) == str(sent(Hosts(resolve=names), url).error)
    assert names.asked == []  # not even its name is looked up
    asyncio.run(Hosts(any_port=True, resolve=names).check_url(url, "account"))


@pytest.mark.parametrize("url", ["https://hooks.test", "https://hooks.test:443/", "https://hooks.test:8443/"])
def test_the_ports_of_web_servers_are_taken(url: str) -> None:
    asyncio.run(Hosts(resolve=Names([PUBLIC])).check_url(url, "account"))


@pytest.mark.parametrize("address", ["168.63.129.16", "192.0.0.192", "192.88.99.1", "64:ff9b::a83f:8110"])
def test_what_only_looks_public_is_neither_taken_nor_called(address: str) -> None:
    hosts, url = Hosts(resolve=Names([address])), "https://hooks.test/"
    with pytest.raises(UrlRefused, match=r"hooks\.test has no public address") as refusal:
        asyncio.run(hosts.check_url(url, "account"))
    assert str(sent(hosts, url).error) == str(refusal.value)


def test_the_address_that_was_checked_is_the_one_that_is_called() -> None:
    """A name is looked up once for a message: what it says a moment later does not count."""
    names = Names([HERE], [PUBLIC])
    with running_receiver() as receiver:
        assert sent(Hosts(private=True, resolve=names), named(receiver)) == DeliveryResult(200)
    assert names.asked == ["hooks.test"]
    assert receiver.got[0].headers["host"] == named(receiver).split("/")[2]


def test_the_next_address_is_tried_where_the_first_does_not_listen() -> None:
    with running_receiver() as receiver:
        names = Names(["127.0.0.2", HERE])  # both are this machine, which listens at one of them
        assert sent(Hosts(private=True, resolve=names), named(receiver)) == DeliveryResult(200)


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> trustme.CA:
    """One that this process trusts, and nobody else."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    return authority


@pytest.mark.parametrize(("certified", "trusted"), [("hooks.test", True), ("other.test", False)])
def test_a_certificate_has_to_be_the_names_though_an_address_is_called(
    authority: trustme.CA, certified: str, trusted: bool
) -> None:
    tls, asked = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), []
    authority.issue_cert(certified).configure_cert(tls)
    tls.sni_callback = lambda _, name, __: asked.append(name)
    with running_receiver(tls=tls) as receiver:
        answer = sent(Hosts(private=True, resolve=Names([HERE])), named(receiver))
    assert (answer == DeliveryResult(200), len(receiver.got) == 1) == (trusted, trusted)
    assert asked == ["hooks.test"]


def test_a_redirect_is_not_followed() -> None:
    with running_receiver() as elsewhere, running_receiver(Reply(302, location=elsewhere.url)) as receiver:
        answer = sent(Hosts(private=True), receiver.url)
    assert (answer.status, answer.error) == (302, "It answered 302.")
    assert elsewhere.got == []


@pytest.mark.parametrize("status", [200, 500])
def test_of_a_long_answer_only_the_beginning_is_read(status: int) -> None:
    with running_receiver(Reply(status, b"x" * 1_000_000)) as receiver:
        answer = sent(Hosts(private=True), receiver.url)
    assert answer.status == status
    assert len(answer.error or "") < 400
    assert (answer.error is None) == (status == 200)


@pytest.mark.parametrize("body", [b"down for\x00 repair\xff", b""])
def test_a_failure_says_what_the_endpoint_said(body: bytes) -> None:
    with running_receiver(Reply(503, body)) as receiver:
        answer = sent(Hosts(private=True), receiver.url)
    assert answer.status == 503
    assert "\x00" not in str(answer.error)
    assert ("down for" in str(answer.error)) == bool(body)


def test_what_an_endpoint_says_gives_no_orders_to_a_terminal() -> None:
    said = 'no\x1b[2J\x1b]0;owned\x07\r\n{"level": "info"}\x9b1m\u202e ' + "x" * 400
    with running_receiver(Reply(500, said.encode())) as receiver:
        answer = sent(Hosts(private=True), receiver.url)
    assert answer.error is not None
    shown = answer.error.removeprefix("It answered 500: ")
    assert shown.startswith('no [2J ]0;owned {"level": "info"} 1m  xxx')
    assert shown.isprintable()
    assert (len(shown), shown[-2:]) == (300, "x…")


def test_an_endpoint_that_does_not_answer_in_time_has_failed() -> None:
    with running_receiver(Reply(hangs=True)) as receiver:
        answer = sent(Hosts(private=True), receiver.url, timeout=0.3)
    assert answer == DeliveryResult(error="There was no answer within 0.3 seconds.")


def sent_to(talk: Talk, *, timeout: float) -> DeliveryResult:
    """What is said to a message by somebody who does not quite speak HTTP."""

    async def once() -> DeliveryResult:
        ended = asyncio.Event()

        async def served(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            with suppress(ConnectionError, asyncio.IncompleteReadError):  # the sender has given up
                await reader.readuntil(b"}")
                await talk(writer)
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()
            ended.set()

        async with await asyncio.start_server(served, HERE, 0) as server:
            sender = Sender(Hosts(private=True), timeout=timeout)
            url = f"http://{HERE}:{server.sockets[0].getsockname()[1]}/"
            answer = await sender.send(due(url), now=datetime.now(UTC))
            await sender.close()
            await ended.wait()
        return answer

    return asyncio.run(once())


def test_an_endpoint_that_trickles_has_failed_in_time_too() -> None:
    async def drip(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n")
        while True:
            writer.write(b"x: y\r\n")
            await writer.drain()
            await asyncio.sleep(0.05)

    assert "within 0.5 seconds" in str(sent_to(drip, timeout=0.5).error)


@pytest.mark.parametrize(
    ("begin", "more"),
    [
        (b"", b"HTTP/1.1 102 Processing\r\n\r\n"),
        (b"HTTP/1.1 500 No\r\nTransfer-Encoding: chunked\r\n\r\n", b"1;" + b"e" * 200 + b"\r\nx\r\n"),
    ],
    ids=["informational answers", "chunks of one byte"],
)
def test_an_endpoint_that_talks_without_end_is_not_listened_to(begin: bytes, more: bytes) -> None:
    async def flood(writer: asyncio.StreamWriter) -> None:
        writer.write(begin)
        while True:
            writer.write(more * 100)
            await writer.drain()

    assert sent_to(flood, timeout=PATIENCE).error == "ReadError: The answer is too long."


def test_of_a_success_nothing_more_is_read() -> None:
    async def flood(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            writer.write(b"1\r\nx\r\n" * 100)
            await writer.drain()

    assert sent_to(flood, timeout=PATIENCE) == DeliveryResult(200)


def test_where_nobody_listens_it_fails() -> None:
    with running_receiver() as receiver:
        gone = receiver.url
    assert "ConnectError" in str(sent(Hosts(private=True), gone).error)


def test_what_is_no_http_fails() -> None:
    async def babble(writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0-OpenSSH\r\n")

    assert "RemoteProtocolError" in str(sent_to(babble, timeout=PATIENCE).error)


def failing(_: str, __: int) -> Any:
    raise OSError("no such name")


@pytest.mark.parametrize("find", [failing, Names([])])
def test_a_host_that_is_not_found_is_refused_and_fails(find: Any) -> None:
    hosts = Hosts(resolve=find)
    with pytest.raises(UrlRefused):
        asyncio.run(hosts.check_url("https://hooks.test/", "account"))
    assert sent(hosts, "https://hooks.test/").error
