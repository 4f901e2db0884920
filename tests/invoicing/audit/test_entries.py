"""The audit log is written with the change itself, and never changed."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import DatabaseError, IntegrityError

from invoicing.access import Principal
from invoicing.audit.actions import AuditAction
from invoicing.audit.chain import entry_hash
from invoicing.audit.entries import LANES, Act, audited, record
from invoicing.audit.subjects import AuditSubjectType, Subject
from invoicing.customers import details
from invoicing.errors import DuplicateId
from invoicing.invoices import from_orders
from invoicing.orders import intake
from invoicing.storage.database import Database
from invoicing.storage.postgresql_engine import postgresql_engine
from invoicing.verify.books import verify
from tests.support import crossing, factories
from tests.support.audit_trail import about, actions_of, do, entries_of, make_customers
from tests.support.factories import NOW, item
from tests.support.patience import PATIENCE, until


def create(database: Database, who: Principal, **values: Any) -> Any:
    return do(database, who, AuditAction.CREATE_CUSTOMER, details.create_customer, {"name": "Ann", **values})


def test_an_entry_says_who_did_what_when_and_to_what(database: Database, principal: Principal) -> None:
    made = create(database, principal)
    (entry,) = entries_of(database, principal.account_id)
    assert (entry.action, entry.created_at) == ("createCustomer", NOW)
    assert (entry.actor_type, entry.actor_id, entry.customer_id) == ("api_key", "key", None)
    assert about(entry) == {("customer", made.id)}


def test_in_a_session_the_actor_is_the_session_of_its_customer(
    database: Database, principal: Principal
) -> None:
    ann = factories.customer(database, principal)
    order = factories.order(database, principal, customer_id=ann.id)
    session = replace(principal, customer_id=ann.id, session_id="a-session")
    do(database, session, AuditAction.UPDATE_ORDER, intake.update_billing, order.id, {"billing_name": "A"})
    (entry,) = entries_of(database, principal.account_id)
    assert (entry.actor_id, entry.customer_id) == ("a-session", ann.id)


def test_an_entry_is_undone_with_its_command(database: Database, principal: Principal) -> None:
    class Crash(Exception):
        pass

    def crash(connection: Connection) -> None:
        record(connection, Act.of(principal, AuditAction.CREATE_CUSTOMER, at=NOW), [SOMETHING])
        raise Crash

    with pytest.raises(Crash):
        database.write(crash)
    assert entries_of(database, principal.account_id) == []
    create(database, principal)
    assert database.read(verify).findings == []


def test_what_is_refused_leaves_no_entry(database: Database, principal: Principal) -> None:
    create(database, principal, id="ann")
    with pytest.raises(DuplicateId):
        create(database, principal, id="ann")
    assert actions_of(database, principal.account_id) == ["createCustomer"]


def test_the_same_request_again_changes_nothing_and_leaves_no_entry(
    database: Database, principal: Principal
) -> None:
    first, again = (create(database, principal, idempotency_key="k") for _ in range(2))
    assert first == again
    assert actions_of(database, principal.account_id) == ["createCustomer"]


def test_an_invoice_is_found_by_its_orders_and_by_what_it_credits(
    database: Database, principal: Principal
) -> None:
    order = factories.order(database, principal, items=[item(), item()])
    invoice, act = from_orders.invoice_order, AuditAction.INVOICE_ORDER
    sold = do(database, principal, act, invoice, order.id)
    credit = database.write(
        audited(Act.of(principal, AuditAction.CREDIT_INVOICE, at=NOW), from_orders.credit_invoice),
        principal,
        sold.id,
        None,
        reason=None,
        now=NOW,
    )
    issued, credited = entries_of(database, principal.account_id)
    assert about(issued) == {("invoice", sold.id), ("order", order.id)}
    assert about(credited) == {("invoice", credit.id), ("invoice", sold.id), ("order", order.id)}


def test_an_action_of_which_nobody_knows_the_subject_is_refused(
    database: Database, principal: Principal
) -> None:
    act = Act.of(principal, AuditAction.CREATE_CUSTOMER, at=NOW)
    with pytest.raises(LookupError, match="createCustomer"):
        database.write(audited(act, details.create_customer), principal, {"name": "Ann"}, now=NOW)


SOMETHING = Subject(AuditSubjectType.CUSTOMER, "c")

CHANGES = [
    "UPDATE audit_entries SET actor_id = 'another'",
    "DELETE FROM audit_entries",
    "UPDATE audit_subjects SET subject_id = 'another'",
    "DELETE FROM audit_subjects",
    "UPDATE audit_heads SET sequence = 0",
    "UPDATE audit_heads SET hash = 'another'",
    "DELETE FROM audit_heads",
]


@pytest.mark.parametrize("change", CHANGES)
def test_the_database_refuses_to_change_the_log(
    database: Database, principal: Principal, change: str
) -> None:
    create(database, principal)
    with pytest.raises(DatabaseError, match="append-only"):
        database.write(lambda connection: connection.execute(text(change)))


@pytest.mark.parametrize("table", ["audit_entries", "audit_subjects", "audit_heads"])
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_the_log_is_not_truncated(database: Database, table: str) -> None:
    with pytest.raises(DatabaseError, match="append-only"):
        database.write(lambda connection: connection.execute(text(f"TRUNCATE {table}")))


@pytest.mark.parametrize(
    ("named", "value"), [("sequence", "3"), ("sequence", "1"), ("previous", "'x'"), ("lane", "5")]
)
def test_the_database_refuses_an_entry_that_does_not_follow_on_the_last(
    database: Database, principal: Principal, named: str, value: str
) -> None:
    create(database, principal)
    columns = "account_id lane sequence id created_at action actor_type actor_id subjects previous hash"
    values = {
        **{name: name for name in columns.split()},
        "id": "'new'",
        "sequence": "sequence + 1",
        "previous": "hash",
        named: value,
    }
    copied = ", ".join(values[name] for name in columns.split())
    insertion = f"INSERT INTO audit_entries ({', '.join(columns.split())}) SELECT {copied} FROM audit_entries"  # noqa: S608
    with pytest.raises(DatabaseError, match=r"follow|one_account_id_lane_sequence|UNIQUE"):
        database.write(lambda connection: connection.execute(text(insertion)))


def test_entries_that_are_written_at_the_same_time_are_all_there(
    database: Database, principal: Principal
) -> None:
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda name: make_customers(database, principal, [name] * 5), "abcdefgh"))
    assert len(entries_of(database, principal.account_id)) == 40
    assert database.read(verify).findings == []


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_whoever_finds_a_chain_locked_takes_another(database: Database, principal: Principal) -> None:
    """Nobody waits: as many transactions as there are chains are open at once."""
    with all_chains_taken(database, principal):
        pass
    assert {entry.lane for entry in entries_of(database, principal.account_id)} == {*range(LANES)}


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_whoever_finds_all_chains_locked_waits_and_follows_on_one(
    database: Database, principal: Principal
) -> None:
    with ThreadPoolExecutor() as threads:
        with all_chains_taken(database, principal):
            waiting = threads.submit(create, database, principal)
            until(lambda: crossing.waiting(database) == 1)
        waiting.result(PATIENCE)
    assert len(entries_of(database, principal.account_id)) == LANES + 1
    assert database.read(verify).findings == []


@contextmanager
def all_chains_taken(database: Database, principal: Principal) -> Iterator[None]:
    """Transactions that have written an entry each, and end together."""
    act = Act.of(principal, AuditAction.CREATE_CUSTOMER, at=NOW)
    customer = Subject(AuditSubjectType.CUSTOMER, factories.customer(database, principal).id)
    engine = postgresql_engine(database.url, LANES, prepare_threshold=None)
    with ExitStack() as open_ones:
        for _ in range(LANES):
            connection = open_ones.enter_context(engine.begin())
            record(connection, act, [customer])
            connection.execute(text("SELECT 1"))  # with which the entry is written
        yield
    engine.dispose()


@pytest.mark.parametrize("said", ["plain", '"', "\\", "é\u2028\U0001f600", "\x01\n%s :x $1"])
def test_the_hash_is_that_of_the_entry_whatever_it_says(
    database: Database, principal: Principal, said: str
) -> None:
    actor = replace(principal.actor, id=said)
    for _ in range(2):
        create(database, replace(principal, actor=actor))
    first, second = entries_of(database, principal.account_id)
    assert [first.actor_id, second.actor_id] == [said, said]
    assert [first.hash, second.hash] == [entry_hash(each._asdict()) for each in (first, second)]  # type: ignore[attr-defined]


def test_without_its_chain_no_entry_is_written(database: Database, principal: Principal) -> None:
    other = replace(principal, account_id="unknown")

    def write(connection: Connection) -> None:
        record(connection, Act.of(other, AuditAction.CREATE_CUSTOMER, at=NOW), [SOMETHING])

    with pytest.raises(IntegrityError):
        database.write(write)
