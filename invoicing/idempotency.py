"""Tells two requests apart that come under the same key."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import orjson


def fingerprint(*asked: Any) -> str:
    """The same for the same request: its values as JSON, hashed. What is null might as well be left out."""
    given = [_given(each) for each in asked]
    return hashlib.sha256(orjson.dumps(given, option=orjson.OPT_SORT_KEYS)).hexdigest()


def _given(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _given(each) for name, each in value.items() if each is not None}
    return value
