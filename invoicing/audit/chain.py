"""The chain of hashes: each entry's hash is of its content and of the hash before it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Text, bindparam, cast

from invoicing.storage.sha256 import sha256

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


_PLACED = ("lane", "sequence", "previous")
"""What only the database knows when an entry is written: where it stands in its chain."""


def entry_hash(entry: Mapping[str, Any]) -> str:
    """SHA-256 over the content as a JSON array; the moment is in UTC with microseconds."""
    return hashlib.sha256(orjson.dumps(_written(entry, CONTENT))).hexdigest()


def json_around_place(entry: Mapping[str, Any]) -> dict[str, str]:
    """The JSON array without what the database knows: what is before that, and what is between."""
    first, *others = [name for name in CONTENT if name not in _PLACED]
    return {
        "json_before": orjson.dumps(_written(entry, [first])).decode()[:-1],
        "json_between": orjson.dumps(_written(entry, others)).decode()[1:-1],
    }


def hash_in_place(
    lane: ColumnElement[int], sequence: ColumnElement[int], previous: ColumnElement[str]
) -> ColumnElement[str]:
    """The same hash, made by the database of `json_around_place` and the entry's place in its chain."""
    before, between = (bindparam(name, type_=Text) for name in ("json_before", "json_between"))
    place = "," + cast(lane, Text) + "," + cast(sequence, Text) + ","
    return sha256(before + place + between + ',"' + previous + '"]')


def _written(entry: Mapping[str, Any], names: Sequence[str]) -> list[Any]:
    moment: datetime = entry["created_at"]
    written = moment.astimezone(UTC).isoformat(timespec="microseconds")
    return [written if name == "created_at" else entry[name] for name in names]
