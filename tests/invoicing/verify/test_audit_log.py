"""`verify` sees what was done to the audit log behind the server's back."""

from __future__ import annotations

import pytest

from invoicing.access import Principal
from invoicing.audit.chain import entry_hash
from invoicing.storage.database import Database
from invoicing.verify.books import verify
from tests.support.audit_trail import entries_of, make_customers
from tests.support.planted_faults import has_finding, plant, unprotected


@pytest.fixture
def books(database: Database, principal: Principal) -> Database:
    """Five entries in one chain, and nothing that would refuse to change them."""
    make_customers(database, principal, "abcde")
    verdict = database.read(verify)
    assert (verdict.findings, verdict.audit_entries) == ([], 5)
    return unprotected(database)


def ids(books: Database, principal: Principal) -> list[str]:
    return [entry.id for entry in entries_of(books, principal.account_id)]


@pytest.mark.parametrize(
    "change",
    [
        "actor_id = 'another'",
        "action = 'createOrder'",
        "created_at = '2020-01-01 00:00:00'",
        "subjects = '[]'",
        "customer_id = 'c'",
        "request_id = 'r'",
        "hash = 'another'",
    ],
)
def test_a_changed_entry_is_found(books: Database, principal: Principal, change: str) -> None:
    third = ids(books, principal)[2]
    found = plant(books, f"UPDATE audit_entries SET {change} WHERE id = '{third}'")  # noqa: S608
    assert has_finding(found, third, "audit", "not what was written")


def test_an_entry_that_was_removed_in_the_middle_is_missed(books: Database, principal: Principal) -> None:
    all_ids = ids(books, principal)
    found = plant(books, f"DELETE FROM audit_entries WHERE id = '{all_ids[2]}'")  # noqa: S608
    assert has_finding(found, all_ids[3], "audit", "Entry 3 of chain 0 is missing")


def test_the_last_entries_are_missed(books: Database, principal: Principal) -> None:
    last = ids(books, principal)[3:]
    found = plant(books, *(f"DELETE FROM audit_entries WHERE id = '{id}'" for id in last))  # noqa: S608
    assert has_finding(found, "chain 0", "audit", "It ends with entry 3")


def test_all_entries_and_the_ends_of_their_chains_are_missed(books: Database) -> None:
    found = plant(books, "DELETE FROM audit_entries", "DELETE FROM audit_heads")
    assert has_finding(found, "chain 0", "audit", "not known any more")


def test_an_inserted_entry_is_found(books: Database, principal: Principal) -> None:
    columns = "account_id, lane, created_at, action, actor_type, actor_id, subjects, previous, hash"
    third = ids(books, principal)[2]
    found = plant(
        books,
        f"INSERT INTO audit_entries ({columns}, id, sequence) SELECT {columns}, 'new', 6 "  # noqa: S608
        f"FROM audit_entries WHERE id = '{third}'",
    )
    assert has_finding(found, "new", "audit", "not the one on which it followed")
    assert has_finding(found, "chain 0", "audit", "It ends with entry 6")


def test_a_changed_entry_with_a_hash_that_fits_breaks_the_chain(
    books: Database, principal: Principal
) -> None:
    third = entries_of(books, principal.account_id)[2]
    forged = entry_hash({**third._asdict(), "actor_id": "another"})  # type: ignore[attr-defined]
    found = plant(
        books,
        f"UPDATE audit_entries SET actor_id = 'another', hash = '{forged}' WHERE id = '{third.id}'",  # noqa: S608
    )
    assert has_finding(found, ids(books, principal)[3], "audit", "not the one on which it followed")


def test_an_entry_that_is_not_found_by_its_subject_is_found(books: Database, principal: Principal) -> None:
    third = ids(books, principal)[2]
    found = plant(books, f"DELETE FROM audit_subjects WHERE entry_id = '{third}'")  # noqa: S608
    assert has_finding(found, third, "audit", "not found by what it is about")
