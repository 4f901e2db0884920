"""Which version of Polar's API a client speaks.

Polar's clients since 1.0 say it in a header. Those before were generated from a version's description, which
their user agent names: `speakeasy-sdk/python 0.32.0 2.737.0 2026-04 polar-sdk`. All versions so far have the
same orders, customers and sessions; what was before them differs.
"""

from __future__ import annotations

import re

from starlette.requests import Request

from server.rest.polar.errors import UnknownVersion

VERSIONS = ("2026-04", "2026-10", "2027-01")
HEADER = "Polar-Version"

_GENERATED_FROM = re.compile(r"speakeasy-sdk/\w+ \S+ \S+ (\d{4}-\d{2}) (?:polar-sdk|@polar-sh/sdk)$")


def version_of(request: Request) -> str | None:
    """None if the client is from before there were versions, or names none."""
    if (asked := request.headers.get(HEADER)) is not None:
        return asked
    generated = _GENERATED_FROM.match(request.headers.get("user-agent", ""))
    return generated[1] if generated else None


def check_version(request: Request) -> None:
    """Raises UnknownVersion for one that this server does not speak."""
    version = version_of(request)
    if version is not None and version not in VERSIONS:
        raise UnknownVersion(f"{HEADER} {version} is not known here: it is one of {', '.join(VERSIONS)}.")
