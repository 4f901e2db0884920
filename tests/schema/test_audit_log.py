"""`auditLog`: every mutation leaves its entry, and only keys with the scope read them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from graphql import GraphQLObjectType

from invoicing.access import Scope
from invoicing.audit.actions import AuditAction
from invoicing.storage.database import Database
from schema import schema_under
from schema.execution.documents import Rules
from tests.support.audit_trail import about, actions_of, entries_of
from tests.support.client import CREATE_CUSTOMER, Client, client
from tests.support.every_mutation import STEPS, take_step

WITHOUT_MUTATION = {
    AuditAction.CREATE_ACCOUNT,
    AuditAction.CREATE_DEMO_SHOP,
    AuditAction.IMPORT_ORDERS,
    AuditAction.CANCEL_INVOICE,
    AuditAction.REFUND_INVOICE,
    AuditAction.RESOLVE_PAYMENT,
}
BATCHES = {"createOrders": "createOrder", "invoiceOrders": "invoiceOrder"}
"""Each of the changes in them has an entry of its own."""
LOG = """query ($filter: AuditLogFilter, $first: Int, $after: String) {
  auditLog(filter: $filter, first: $first, after: $after) {
    totalCount
    pageInfo { hasNextPage endCursor }
    nodes { id created_at action request_id hash actor { type id customer_id } subjects { type id } }
  }
}"""


@pytest.fixture
def shop(database: Database, tmp_path: Path) -> Client:
    return client(database, tmp_path, sandbox=True)


def mutations() -> set[str]:
    mutation = schema_under(Rules()).graphql_schema.mutation_type
    assert isinstance(mutation, GraphQLObjectType)
    return set(mutation.fields)


def test_an_action_has_the_name_of_its_mutation() -> None:
    assert {*AuditAction} - WITHOUT_MUTATION == mutations() - BATCHES.keys()
    for action in AuditAction:
        assert action.name == re.sub("([A-Z])", r"_\1", action).upper()


def test_every_mutation_leaves_its_entry(shop: Client) -> None:
    made: dict[str, str] = {}
    account_id = shop.principal.account_id
    for step in STEPS:
        before = len(entries_of(shop.database, account_id))
        take_step(shop, step, made)
        gateway = ["resolvePayment"] if step.mutation == "settleInvoice" else []
        assert actions_of(shop.database, account_id)[before:] == [
            BATCHES.get(step.mutation, step.mutation),
            *gateway,
        ]
    assert {step.mutation for step in STEPS} == mutations()


def test_the_entry_names_the_key_the_request_and_the_thing(shop: Client) -> None:
    body = {"query": CREATE_CUSTOMER, "variables": {"input": {"id": "ann", "name": "Ann"}}}
    shop.request("POST", json=body, headers={"x-request-id": "mine"})
    (entry,) = shop.ask(LOG)["auditLog"]["nodes"]
    assert entry["actor"] == {"type": "API_KEY", "id": shop.principal.actor.id, "customer_id": None}
    assert (entry["action"], entry["request_id"]) == ("CREATE_CUSTOMER", "mine")
    assert entry["subjects"] == [{"type": "CUSTOMER", "id": "ann"}]


def test_an_entry_never_has_a_request_id_that_is_long_or_odd(shop: Client) -> None:
    body = {"query": CREATE_CUSTOMER, "variables": {"input": {"name": "Ann"}}}
    odd = (b"x" * 101, b"a b", b"\xc3\xa9")
    answers = [shop.request("POST", json=body, headers={"x-request-id": sent}) for sent in odd]
    entries = shop.ask(LOG)["auditLog"]["nodes"]
    assert [entry["request_id"] for entry in reversed(entries)] == [
        answer.headers["x-request-id"] for answer in answers
    ]
    assert all(len(entry["request_id"]) == 36 for entry in entries)


def test_the_log_is_read_newest_first_in_pages(shop: Client) -> None:
    for id in "abc":
        shop.ask(CREATE_CUSTOMER, input={"id": id, "name": "Ann"})
    first = shop.ask(LOG, first=2)["auditLog"]
    rest = shop.ask(LOG, first=2, after=first["pageInfo"]["endCursor"])["auditLog"]
    assert first["totalCount"] == 3
    assert [entry["subjects"][0]["id"] for entry in [*first["nodes"], *rest["nodes"]]] == ["c", "b", "a"]
    assert [page["pageInfo"]["hasNextPage"] for page in (first, rest)] == [True, False]


def test_the_log_is_filtered_by_action_by_what_by_whom_and_by_time(shop: Client) -> None:
    for id in "ab":
        shop.ask(CREATE_CUSTOMER, input={"id": id, "name": "Ann"})
    shop.ask('mutation { updateCustomer(input: {id: "a", name: "B"}) { customer { id } } }')
    when = shop.ask(LOG)["auditLog"]["nodes"][0]["created_at"]
    for condition, count in (
        ({"action": "CREATE_CUSTOMER"}, 2),
        ({"subject_type": "CUSTOMER", "subject_id": "a"}, 2),
        ({"subject_type": "ORDER", "subject_id": "a"}, 0),
        ({"subject_type": "CUSTOMER", "subject_id": "a", "action": "UPDATE_CUSTOMER"}, 1),
        ({"actor_id": shop.principal.actor.id}, 3),
        ({"actor_id": "another"}, 0),
        ({"created_from": when}, 1),
        ({"created_before": when}, 2),
    ):
        found = shop.ask(LOG, filter=condition)["auditLog"]
        assert (found["totalCount"], len(found["nodes"])) == (count, count), condition


def test_a_thing_is_named_by_its_kind_and_its_id(shop: Client) -> None:
    for condition in ({"subject_id": "a"}, {"subject_type": "ORDER"}):
        refusal = shop.refused(LOG, filter=condition)
        assert (refusal.code, refusal.field) == ("VALIDATION_ERROR", "subject_id")


def test_only_a_key_with_the_scope_reads_the_log(shop: Client) -> None:
    shop.ask(CREATE_CUSTOMER, input={"id": "ann", "name": "Ann"})
    other = shop.limited_to(*(set(Scope) - {Scope.AUDIT_READ}))
    assert other.refused(LOG).code == "FORBIDDEN"
    assert shop.limited_to(Scope.AUDIT_READ).ask(LOG)["auditLog"]["totalCount"] == 1
    given = 'mutation { createCustomerSession(input: {customer_id: "ann"}) { token } }'
    token = shop.ask(given)["createCustomerSession"]["token"]
    session = Client(shop.app, shop.database, shop.principal, token)
    assert session.refused(LOG).code == "FORBIDDEN"


def test_an_account_does_not_see_the_log_of_another(shop: Client) -> None:
    shop.ask(CREATE_CUSTOMER, input={"id": "ann", "name": "Ann"})
    assert shop.neighbour().ask(LOG)["auditLog"]["totalCount"] == 0


def test_no_personal_data_is_in_the_log(shop: Client) -> None:
    secret = {"name": "Marker Name", "email": "marker@example.com", "phone_number": "marker-phone"}
    shop.ask(CREATE_CUSTOMER, input={"id": "ann", "handle": "marker-handle", **secret})
    (entry,) = entries_of(shop.database, shop.principal.account_id)
    assert about(entry) == {("customer", "ann")}
    assert "arker" not in repr(entry)
