"""What is left, as headers of the answer: `RateLimit` and `RateLimit-Policy`.

They are those of draft-ietf-httpapi-ratelimit-headers since its version 07, which made two of four.
"""

from __future__ import annotations

import math

from server.rate_limits.buckets import Quota
from server.rate_limits.rate import Rate

RawHeaders = list[tuple[bytes, bytes]]

NAMES = ("RateLimit", "RateLimit-Policy", "Retry-After")


def headers(policy: bytes, quota: Quota) -> RawHeaders:
    """Left of the quota, and the seconds until all of it is back."""
    left = b'"key";r=%d;t=%d' % (quota.left, math.ceil(quota.full_in))
    return [(b"ratelimit-policy", policy), (b"ratelimit", left)]


def policy(rate: Rate) -> bytes:
    """The quota, and the seconds in which it comes back."""
    return b'"key";q=%d;w=%d' % (rate.burst, rate.window)
