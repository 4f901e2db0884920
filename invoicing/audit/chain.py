"""The chain of hashes: each entry's hash is of its content and of the hash before it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import orjson

START = "0" * 64
"""What the first entry of a chain has as the hash before it."""

CONTENT = (
    "account_id",
    "lane",
    "sequence",
    "id",
    "created_at",
    "action",
    "actor_type",
    "actor_id",
    "customer_id",
    "request_id",
    "subjects",
    "previous",
)
"""The columns of an entry that are hashed, in this order."""


def entry_hash(entry: Mapping[str, Any]) -> str:
    """SHA-256 over the content as a JSON array; the moment is in UTC with microseconds."""
    moment: datetime = entry["created_at"]
    written = moment.astimezone(UTC).isoformat(timespec="microseconds")
    content = [written if name == "created_at" else entry[name] for name in CONTENT]
    return hashlib.sha256(orjson.dumps(content)).hexdigest()
