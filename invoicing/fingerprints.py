"""Tells two requests apart that come under the same key."""

from __future__ import annotations

import hashlib
from typing import Any

import orjson


def fingerprint(*asked: Any) -> str:
    """The same for the same request: its values as JSON, hashed."""
    return hashlib.sha256(orjson.dumps(asked, option=orjson.OPT_SORT_KEYS)).hexdigest()
