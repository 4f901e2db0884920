"""The authorities' certificates, which each client of HTTP reads anew: 25 ms of the processor."""

from __future__ import annotations

import ssl
from functools import cache, wraps
from typing import Any


def share_certificates() -> None:
    """Has clients that trust the same file of authorities share what was read of it.

    Contexts of servers, or with keys of their own, are made as ever: who asks for them changes them.
    """
    make = ssl.create_default_context

    @cache
    def trusting(cafile: str) -> ssl.SSLContext:
        return make(cafile=cafile)

    @wraps(make)
    def shared(*args: Any, **options: Any) -> ssl.SSLContext:
        if not args and options.keys() == {"cafile"}:
            return trusting(options["cafile"])
        return make(*args, **options)

    ssl.create_default_context = shared
