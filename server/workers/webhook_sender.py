"""Sends a message to an endpoint: signed by Standard Webhooks, to an address that was checked."""

from __future__ import annotations

import asyncio
from datetime import datetime

import httpcore
import httpx
from standardwebhooks.webhooks import Webhook

from invoicing.errors import UrlRefused
from invoicing.texts import one_line, shortened
from invoicing.webhooks.deliveries import DeliveryResult, DueDelivery
from resolvers.webhook_hosts import Hosts
from server.workers.bounded_network import PART, BoundedBackend

CONNECT_TIMEOUT = 5.0  # seconds for each of several addresses
MOST_READ = 65_536  # bytes of the response, its head included
MOST_LOGGED = 300  # characters of the response
_ACCOUNT = "invoicing.account"


class CheckedTransport(httpx.AsyncBaseTransport):
    """Resolves a host once, checks its addresses and connects to one of them.

    The Host header and the name that the certificate must have are not changed. Connections are not kept, so
    the host of the next message is resolved and checked again.
    """

    def __init__(self, hosts: Hosts) -> None:
        self._hosts = hosts
        self._transport = httpx.AsyncHTTPTransport()
        self._transport._pool = httpcore.AsyncConnectionPool(  # httpx has no argument for the network
            ssl_context=httpx.create_ssl_context(),
            max_connections=None,
            max_keepalive_connections=0,
            network_backend=BoundedBackend(MOST_READ),
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        url = request.url
        host = url.raw_host.decode()
        addresses = await self._hosts.addresses(url.scheme, host, url.port, request.extensions[_ACCOUNT])
        for address in addresses[:-1]:
            try:
                return await self._send_to(address, host, request)
            except (httpx.ConnectError, httpx.ConnectTimeout):  # nothing was sent
                continue
        return await self._send_to(addresses[-1], host, request)

    async def aclose(self) -> None:
        await self._transport.aclose()

    async def _send_to(self, address: str, host: str, request: httpx.Request) -> httpx.Response:
        pinned = httpx.Request(
            request.method,
            request.url.copy_with(host=address),
            headers=request.headers,
            stream=request.stream,
            extensions={**request.extensions, "sni_hostname": host},
        )
        return await self._transport.handle_async_request(pinned)


class Sender:
    def __init__(self, hosts: Hosts, *, timeout: float) -> None:
        """`timeout` is in seconds, for a whole delivery."""
        self._timeout = timeout
        self._http = httpx.AsyncClient(
            transport=CheckedTransport(hosts),
            timeout=httpx.Timeout(timeout, connect=CONNECT_TIMEOUT),
            follow_redirects=False,
            trust_env=False,
        )

    async def send(self, due: DueDelivery, *, now: datetime) -> DeliveryResult:
        """The endpoint's answer, or why there is none. Raises nothing of what can go wrong on the way."""
        try:
            async with asyncio.timeout(self._timeout):
                return await self._post(due, now)
        except TimeoutError:
            return DeliveryResult(error=f"There was no answer within {self._timeout:g} seconds.")
        except UrlRefused as refusal:
            return DeliveryResult(error=str(refusal))
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as failure:
            return DeliveryResult(error=_in_short(f"{type(failure).__name__}: {failure}").rstrip(": "))

    async def close(self) -> None:
        await self._http.aclose()

    async def _post(self, due: DueDelivery, now: datetime) -> DeliveryResult:
        headers = signed_headers(due, now)
        async with self._http.stream(
            "POST",
            due.url,
            content=due.body.encode(),
            headers=headers,
            extensions={_ACCOUNT: due.job.account_id},
        ) as response:
            if response.is_success:  # the rest of it says nothing more
                return DeliveryResult(response.status_code)
            beginning = await _read_beginning(response)
        text = _in_short(beginning.decode(errors="replace"))
        reason = f"It answered {response.status_code}" + (f": {text}" if text else ".")
        return DeliveryResult(response.status_code, reason)


def signed_headers(due: DueDelivery, now: datetime) -> dict[str, str]:
    """The headers of Standard Webhooks. With two secrets there are two signatures: the receiver needs one."""
    signatures = [Webhook(secret).sign(due.message_id, now, due.body) for secret in due.secrets]
    return {
        "content-type": "application/json",
        "accept-encoding": "identity",
        "user-agent": "invoicing-server",
        "webhook-id": due.message_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


def _in_short(text: str) -> str:
    """What the receiver chose, in one line without control characters: it is stored, shown and logged."""
    return shortened(one_line(text), MOST_LOGGED)


async def _read_beginning(response: httpx.Response) -> bytes:
    """The first bytes of the response, not decompressed: as many as its reason may need."""
    read = bytearray()
    async for chunk in response.aiter_raw():
        read += chunk
        if len(read) >= PART:
            break
    return bytes(read)
