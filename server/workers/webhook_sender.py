"""One message to one endpoint: signed as Standard Webhooks has it, to an address that was checked."""

from __future__ import annotations

import asyncio
from datetime import datetime

import httpx
from standardwebhooks.webhooks import Webhook

from invoicing.errors import UrlRefused
from invoicing.webhooks.deliveries import Answer, Due
from resolvers.webhook_hosts import Hosts

TIMEOUT = 15.0  # seconds, for all of it
CONNECT = 5.0  # seconds for one address of several
MOST_READ = 65_536  # bytes of the answer
SHOWN = 300  # characters of it in the log
_PORTS = {"http": 80, "https": 443}
_ROOM = httpx.Limits(max_connections=None, max_keepalive_connections=0)


class Checked(httpx.AsyncBaseTransport):
    """Looks a host up once and connects to what was found and checked; Host and the certificate's name stay.

    No connection is kept: the next message has its host looked up again.
    """

    def __init__(self, hosts: Hosts) -> None:
        self._hosts = hosts
        self._transport = httpx.AsyncHTTPTransport(limits=_ROOM)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        url = request.url
        host = url.raw_host.decode()
        addresses = await self._hosts.addresses(host, url.port or _PORTS[url.scheme])
        for address in addresses[:-1]:
            try:
                return await self._at(address, host, request)
            except (httpx.ConnectError, httpx.ConnectTimeout):  # nothing was sent
                continue
        return await self._at(addresses[-1], host, request)

    async def aclose(self) -> None:
        await self._transport.aclose()

    async def _at(self, address: str, host: str, request: httpx.Request) -> httpx.Response:
        pinned = httpx.Request(
            request.method,
            request.url.copy_with(host=address),
            headers=request.headers,
            stream=request.stream,
            extensions={**request.extensions, "sni_hostname": host},
        )
        return await self._transport.handle_async_request(pinned)


class Sender:
    def __init__(self, hosts: Hosts, *, timeout: float = TIMEOUT) -> None:
        self._timeout = timeout
        self._http = httpx.AsyncClient(
            transport=Checked(hosts),
            timeout=httpx.Timeout(timeout, connect=CONNECT),
            follow_redirects=False,
            trust_env=False,
        )

    async def send(self, due: Due, *, now: datetime) -> Answer:
        """What the endpoint says, in time; whatever it is, this does not fail."""
        try:
            async with asyncio.timeout(self._timeout):
                return await self._sent(due, now)
        except TimeoutError:
            return Answer(error=f"There was no answer within {self._timeout:g} seconds.")
        except UrlRefused as refusal:
            return Answer(error=str(refusal))
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as failure:
            return Answer(error=f"{type(failure).__name__}: {failure}".rstrip(": "))

    async def close(self) -> None:
        await self._http.aclose()

    async def _sent(self, due: Due, now: datetime) -> Answer:
        headers = signed(due, now)
        async with self._http.stream("POST", due.url, content=due.body.encode(), headers=headers) as answer:
            said = await _beginning(answer)
        if answer.is_success:
            return Answer(answer.status_code)
        shown = said.decode(errors="replace").replace("\0", "")[:SHOWN].strip()
        return Answer(
            answer.status_code, f"It answered {answer.status_code}" + (f": {shown}" if shown else ".")
        )


def signed(due: Due, now: datetime) -> dict[str, str]:
    """The headers of Standard Webhooks; two secrets make two signatures, either of which will do."""
    signatures = [Webhook(secret).sign(due.message_id, now, due.body) for secret in due.secrets]
    return {
        "content-type": "application/json",
        "accept-encoding": "identity",
        "user-agent": "invoicing-server",
        "webhook-id": due.message_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


async def _beginning(answer: httpx.Response) -> bytes:
    """As much of the answer as is read, not unpacked."""
    read = bytearray()
    async for chunk in answer.aiter_raw():
        read += chunk
        if len(read) >= MOST_READ:
            break
    return bytes(read)
