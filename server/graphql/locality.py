"""Whether somebody at this machine looks at the page: only they see the demo's key."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.requests import Request

from server.connections.addresses import is_loopback

_OF_PROXIES = (
    *("forwarded", "via", "x-forwarded-", "x-original-", "x-real-ip", "x-client-ip", "true-client-ip"),
    *("cf-", "fly-", "x-amzn-", "x-azure-", "x-envoy-"),
)


def is_local(request: Request) -> bool:
    """Whether a browser on this machine has opened the page itself, by a name that is this machine's.

    A page of another site that has let its own name point here (DNS rebinding) is seen by `Host`, one that
    fetches by `Origin`, and a proxy on this machine by what it adds, or by HTTP/1.0, which no browser speaks.
    """
    client = request.client
    hosts = request.headers.getlist("host")
    return (
        client is not None
        and is_loopback(client.host)
        and len(hosts) == 1
        and names_this_machine(f"//{hosts[0]}")
        and "origin" not in request.headers
        and request.scope["http_version"] != "1.0"
        and not any(name.startswith(_OF_PROXIES) for name in request.headers)
    )


def names_this_machine(url: str) -> bool:
    """Whether the URL's host is `localhost` or an address of the loopback interface."""
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:  # brackets without an address
        return False
    return host == "localhost" or is_loopback(host)
