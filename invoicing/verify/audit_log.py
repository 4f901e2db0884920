"""Verifies the audit log: that each chain goes from its start to its end, and that no entry was changed.

It sees an entry that was changed, inserted or removed, also the last ones, as `audit_heads` tells where a
chain ends. It cannot see that somebody who may change the database has computed all hashes anew from there
on, with the ends of the chains: only a hash that was kept elsewhere tells that.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import orjson
from sqlalchemy import BindParameter, Connection, bindparam, func, select, tuple_

from invoicing.audit.chain import START, entry_hash
from invoicing.audit.entries import LANES
from invoicing.storage.id_lists import id_list, is_one_of
from invoicing.storage.tables import audit_entries, audit_heads, audit_subjects

_BATCH = 1_000
_ACCOUNT_ID: BindParameter[str] = bindparam("account")
_COUNT = select(func.count()).select_from(audit_entries).where(audit_entries.c.account_id == _ACCOUNT_ID)
_HEADS = select(audit_heads).where(audit_heads.c.account_id == _ACCOUNT_ID)
_NEXT_ENTRIES = (
    select(audit_entries)
    .where(
        audit_entries.c.account_id == _ACCOUNT_ID,
        tuple_(audit_entries.c.lane, audit_entries.c.sequence)
        > tuple_(bindparam("lane"), bindparam("sequence")),
    )
    .order_by(audit_entries.c.lane, audit_entries.c.sequence)
    .limit(_BATCH)
)
_INDEXED = select(audit_subjects).where(
    audit_subjects.c.account_id == _ACCOUNT_ID,
    is_one_of(audit_subjects.c.entry_id, id_list("entries")),
)
_Fault = tuple[str, str, str]


def count_entries(connection: Connection, account_id: str) -> int:
    return int(connection.execute(_COUNT, {"account": account_id}).scalar_one())


def find_faults_in_audit_log(connection: Connection, account_id: str) -> Iterator[_Fault]:
    ends = {row.lane: (row.sequence, row.hash) for row in connection.execute(_HEADS, {"account": account_id})}
    reached = dict.fromkeys(range(LANES), (0, START))
    for batch in _batches(connection, account_id):
        indexed = _indexed(connection, account_id, [entry.id for entry in batch])
        for entry in batch:
            sequence, previous = reached.get(entry.lane, (0, START))
            yield from _faults_of_entry(entry, sequence, previous, indexed[entry.id])
            reached[entry.lane] = (entry.sequence, entry.hash)
    for lane, last in sorted(reached.items()):
        if lane not in ends:
            yield f"chain {lane}", "audit", "Where the chain ends is not known any more."
        elif ends[lane] != last:
            detail = f"It ends with entry {last[0]}, and not as it ended with entry {ends[lane][0]}."
            yield f"chain {lane}", "audit", detail


def _faults_of_entry(
    entry: Any, sequence: int, previous: str, indexed: set[tuple[str, str]]
) -> Iterator[_Fault]:
    if entry.sequence != sequence + 1:
        yield entry.id, "audit", f"Entry {sequence + 1} of chain {entry.lane} is missing before it."
    elif entry.previous != previous:
        yield entry.id, "audit", "The entry before it is not the one on which it followed."
    if entry_hash(entry._mapping) != entry.hash:
        yield entry.id, "audit", "The entry is not what was written."
    elif {(type, id) for type, id in orjson.loads(entry.subjects)} != indexed:
        yield entry.id, "audit", "The entry is not found by what it is about."


def _indexed(
    connection: Connection, account_id: str, ids: Sequence[str]
) -> Mapping[str, set[tuple[str, str]]]:
    """What each of the entries is about, as the list finds it."""
    found: defaultdict[str, set[tuple[str, str]]] = defaultdict(set)
    for row in connection.execute(_INDEXED, {"account": account_id, "entries": ids}):
        found[row.entry_id].add((row.type, row.subject_id))
    return found


def _batches(connection: Connection, account_id: str) -> Iterator[Sequence[Any]]:
    after = {"lane": -1, "sequence": 0}
    while batch := connection.execute(_NEXT_ENTRIES, {"account": account_id, **after}).all():
        yield batch
        after = {"lane": batch[-1].lane, "sequence": batch[-1].sequence}
