"""Items go on an invoice once, all of them or none, and the invoice says what their orders said."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from invoicing import errors
from invoicing.access import Principal
from invoicing.decimals import MILLION
from invoicing.errors import (
    AmountTooLarge,
    DuplicateItem,
    InvoiceIdReused,
    InvoicingError,
    ItemAlreadyInvoiced,
    ItemNotFound,
    ItemNotShipped,
    MalformedId,
    MixedCurrencies,
    MixedCustomers,
    MixedVatModes,
    NoItems,
    NotFound,
    NothingToInvoice,
    TooManyItems,
)
from invoicing.invoices import from_orders
from invoicing.invoices.queries import Issued
from invoicing.invoices.values import IssueTerms
from invoicing.money import MAX_AMOUNT
from invoicing.orders import intake, shipping
from invoicing.snapshot import Snapshot
from invoicing.storage.database import Database
from invoicing.storage.tables import invoice_lines, invoices, order_items, outbox
from tests.support import factories
from tests.support.factories import item

Invoicing = Callable[..., Issued]


@pytest.fixture
def invoicing(database: Database, principal: Principal, now: datetime) -> Invoicing:
    def invoice(ids: Sequence[str], invoice_id: str | None = None) -> Issued:
        return database.write(from_orders.invoice_items, principal, ids, invoice_id=invoice_id, now=now)

    return invoice


def stored(database: Database) -> dict[str, int]:
    def counted(connection: Any) -> dict[str, int]:
        tables = (invoices, invoice_lines, outbox)
        rows = {t.name: connection.execute(select(func.count()).select_from(t)).scalar() for t in tables}
        marked = select(func.count()).where(order_items.c.invoice_id.is_not(None))
        return {**rows, "marked": connection.execute(marked).scalar()}

    return database.read(counted)


def test_an_item_is_invoiced_once(database: Database, principal: Principal, invoicing: Invoicing) -> None:
    factories.order(database, principal, items=[item(id="a"), item(id="b")])
    first = invoicing(["a"])
    with pytest.raises(ItemAlreadyInvoiced) as refusal:
        invoicing(["b", "a"])
    assert (refusal.value.field, refusal.value.ids) == ("items", ("a",))
    assert stored(database) == {"invoices": 1, "invoice_lines": 1, "outbox": 1, "marked": 1}
    second = invoicing(["b"])
    assert (first.sequence, second.sequence) == (1, 2)


def test_the_items_of_several_orders_of_one_customer_share_an_invoice(
    database: Database, principal: Principal, invoicing: Invoicing
) -> None:
    buyer = factories.customer(database, principal, name="Ann", billing_address={"locality": "Delft"})
    later = datetime.fromisoformat("2025-06-03T00:00:00Z")
    for id, moment in (("new", later), ("old", factories.NOW)):
        items = [item(id=f"{id}-b"), item(id=f"{id}-a")]
        factories.order(database, principal, id=id, customer_id=buyer.id, items=items, now=moment)
    paper = invoicing(["new-a", "old-a", "new-b", "old-b"]).frozen()
    assert [line.order_item_id for line in paper.lines] == ["old-b", "old-a", "new-b", "new-a"]
    assert [order.id for order in paper.orders] == ["old", "new"]
    assert (paper.buyer.name, paper.buyer.address.locality) == ("Ann", "Delft")
    assert (paper.subtotal, paper.total) == (4_840, 4_840)


def test_three_times_2499_at_21_percent(database: Database, principal: Principal) -> None:
    issued = factories.invoice(database, principal, items=[item(quantity=3, unit_price=2_499)])
    assert (issued.total, issued.total_ex_vat, issued.total_vat) == (7_497, 6_196, 1_301)


def test_row_lines_marks_job_and_snapshot_agree(
    database: Database, principal: Principal, invoicing: Invoicing
) -> None:
    given = [item(id="a", quantity=3, discount=10), item(id="b", vat_rate=9), item(id="c", vat_rate=0)]
    factories.order(database, principal, items=given)
    issued = invoicing(["c", "a", "b"], "mine")
    paper = issued.frozen()
    lines = database.read(
        lambda connection: connection.execute(select(invoice_lines).order_by(invoice_lines.c.position)).all()
    )
    for row, line in zip(lines, paper.lines, strict=True):
        shared = ("id", "order_id", "order_item_id", "name", "quantity", "unit_price", "discount", "subtotal")
        for name in (*shared, "total", "total_ex_vat", "vat_amount", "vat_rate", "vat_category", "supply"):
            assert getattr(row, name) == getattr(line, name)
    for name in ("id", "number", "type", "currency", "subtotal", "total_ex_vat", "total_vat", "total"):
        assert getattr(issued, name) == getattr(paper, name)
    assert sum(row.total_ex_vat for row in lines) == sum(row.base for row in paper.vat) == issued.total_ex_vat
    assert sum(row.vat_amount for row in lines) == sum(row.amount for row in paper.vat) == issued.total_vat
    assert (issued.id, issued.handle, issued.state, issued.pdf_key) == ("mine", "mine", "PENDING", None)
    assert (issued.actor_id, issued.actor_name) == (principal.actor.id, principal.actor.name)
    assert (issued.issued_on, issued.due_on) == (date(2025, 6, 2), date(2025, 6, 16))
    (job,) = database.read(lambda connection: connection.execute(select(outbox)).all())
    assert (job.kind, job.subject_id, job.run_after) == ("invoice.render", "mine", factories.NOW)
    assert stored(database) == {"invoices": 1, "invoice_lines": 3, "outbox": 1, "marked": 3}


@pytest.fixture
def refusable(database: Database, principal: Principal) -> None:
    """Orders of every kind that does not go with the first one's items."""
    ann, bob = (factories.customer(database, principal, id=id).id for id in ("ann", "bob"))
    factories.order(database, principal, customer_id=ann, items=[item(id="a1"), item(id="a2"), item(id="a3")])
    factories.order(database, principal, customer_id=bob, items=[item(id="b1")])
    factories.order(database, principal, customer_id=ann, items=[item(id="usd")], currency="USD")
    factories.order(database, principal, customer_id=ann, items=[item(id="net")], is_including_vat=False)
    waiting = [item(id="w1"), item(id="w2")]
    factories.order(database, principal, customer_id=ann, items=waiting, invoice_after_shipment=True)
    factories.order(database, principal, items=[item(id="g1")])
    factories.order(database, principal, items=[item(id="g2")])
    for id in ("large1", "large2"):
        factories.order(database, principal, customer_id=ann, items=[item(id=id, unit_price=MAX_AMOUNT)])
    factories.order(database, factories.principal(database), items=[item(id="theirs")])
    database.write(from_orders.invoice_items, principal, ["a3"], now=factories.NOW)


REFUSED: list[tuple[list[str], type[InvoicingError], str, set[str]]] = [
    ([], NoItems, "items", set()),
    (["a1"] * 5_001, TooManyItems, "items", set()),
    (["a1", "a2", "a1"], DuplicateItem, "items", {"a1"}),
    (["a1", "a b"], MalformedId, "items.1", {"a b"}),
    ([""], MalformedId, "items.0", {""}),
    (["a1", "nothing", "theirs"], ItemNotFound, "items", {"nothing", "theirs"}),
    (["theirs"], ItemNotFound, "items", {"theirs"}),
    (["a1", "a3"], ItemAlreadyInvoiced, "items", {"a3"}),
    (["a1", "w1", "w2"], ItemNotShipped, "items", {"w1", "w2"}),
    (["a1", "b1"], MixedCustomers, "items", {"b1"}),
    (["a1", "g1"], MixedCustomers, "items", {"g1"}),
    (["g1", "g2"], MixedCustomers, "items", {"g2"}),
    (["a1", "usd"], MixedCurrencies, "items", {"usd"}),
    (["a1", "net"], MixedVatModes, "items", {"net"}),
    (["large1", "large2"], AmountTooLarge, "items", set()),
]


@pytest.mark.usefixtures("refusable")
def test_what_cannot_be_one_invoice_is_refused_for_its_own_reason(
    database: Database, principal: Principal, invoicing: Invoicing, now: datetime
) -> None:
    before = stored(database)
    for ids, reason, field, blamed in REFUSED:
        with pytest.raises(reason) as refusal:
            invoicing(ids)
        assert (type(refusal.value), refusal.value.field, set(refusal.value.ids)) == (reason, field, blamed)
        with pytest.raises(reason) as previewed:
            database.read(from_orders.preview, principal, ids, now=now)
        assert (str(previewed.value), previewed.value.ids) == (str(refusal.value), refusal.value.ids)
    assert stored(database) == before
    assert invoicing(["a1", "a2"]).sequence == 2


def test_every_reason_has_its_own_code() -> None:
    reasons = [reason for reason in InvoicingError.__subclasses__() if reason.__module__ == errors.__name__]
    codes = [reason.code for reason in reasons]
    assert codes
    assert sorted(set(codes)) == sorted(codes)


def test_a_guests_order_is_invoiced_to_its_billing_name_and_address(
    database: Database, principal: Principal
) -> None:
    issued = factories.invoice(
        database, principal, billing_name="Guest", billing_address={"locality": "Delft"}
    )
    buyer = issued.frozen().buyer
    assert (issued.customer_id, buyer.name, buyer.address.locality) == (None, "Guest", "Delft")
    assert not buyer.is_business


def test_the_orders_own_billing_goes_before_the_customers(database: Database, principal: Principal) -> None:
    buyer = factories.customer(database, principal, name="Ann", vat_number="NL123456782B01", locale="nl")
    paper = factories.invoice(
        database, principal, customer_id=buyer.id, billing_name="Ann's firm", buyer_reference="R-1"
    ).frozen()
    assert (paper.buyer.name, paper.buyer.vat_number, paper.buyer.reference) == (
        "Ann's firm",
        "NL123456782B01",
        "R-1",
    )
    assert paper.locale == "nl"


def test_the_same_items_under_the_same_id_again_are_the_same_invoice(
    database: Database, principal: Principal, invoicing: Invoicing
) -> None:
    factories.order(database, principal, items=[item(id="a"), item(id="b"), item(id="c")])
    first = invoicing(["a", "b"], "mine")
    assert invoicing(["b", "a"], "mine") == first
    for others in (["a"], ["c"], ["a", "b", "c"]):
        with pytest.raises(InvoiceIdReused) as refusal:
            invoicing(others, "mine")
        assert (refusal.value.field, refusal.value.ids) == ("invoice_id", ("mine",))
    with pytest.raises(ItemAlreadyInvoiced):
        invoicing(["a", "b"], "another")
    assert stored(database) == {"invoices": 1, "invoice_lines": 2, "outbox": 1, "marked": 2}


def test_the_same_items_under_the_same_id_on_other_terms_are_refused(
    database: Database, principal: Principal, now: datetime
) -> None:
    def invoiced(**terms: Any) -> Issued:
        asked = IssueTerms(**terms)
        return database.write(
            from_orders.invoice_items, principal, ["a"], invoice_id="mine", terms=asked, now=now
        )

    order = factories.order(database, principal, items=[item(id="a")], currency="USD")
    due = now.date() + timedelta(days=7)
    first = invoiced(due_on=due, exchange_rate="1.10")
    assert [invoiced(), invoiced(due_on=due), invoiced(exchange_rate="1.1")] == [first] * 3
    for other in ({"due_on": due + timedelta(days=1)}, {"exchange_rate": "1.2"}):
        with pytest.raises(InvoiceIdReused):
            invoiced(**other)
    with pytest.raises(InvoiceIdReused):
        database.write(
            from_orders.invoice_order,
            principal,
            order.id,
            invoice_id="mine",
            terms=IssueTerms(exchange_rate="1.2"),
            now=now,
        )


def test_another_account_may_use_the_same_invoice_id(
    database: Database, principal: Principal, invoicing: Invoicing, now: datetime
) -> None:
    neighbour = factories.principal(database)
    for seller in (principal, neighbour):
        factories.order(database, seller, id="o", items=[item(id="a")])
    mine = invoicing(["a"], "inv")
    theirs = database.write(from_orders.invoice_items, neighbour, ["a"], invoice_id="inv", now=now)
    assert (mine.id, mine.number) == (theirs.id, theirs.number)
    assert mine.account_id != theirs.account_id


@pytest.mark.parametrize("id", ["", "a b", "é", "x" * 256])
def test_an_invoice_id_that_is_none_is_refused(
    database: Database, principal: Principal, invoicing: Invoicing, id: str
) -> None:
    factories.order(database, principal, items=[item(id="a")])
    with pytest.raises(MalformedId) as refusal:
        invoicing(["a"], id)
    assert refusal.value.field == "invoice_id"


def test_an_order_is_invoiced_as_far_as_it_can_be(
    database: Database, principal: Principal, now: datetime
) -> None:
    given = [item(id="a", quantity=3), item(id="b")]
    factories.order(database, principal, id="o", items=given, invoice_after_shipment=True)
    with pytest.raises(NothingToInvoice) as refusal:
        database.write(from_orders.invoice_order, principal, "o", now=now)
    assert (refusal.value.field, refusal.value.ids) == ("order_id", ("o",))
    database.write(shipping.ship_items, principal, "o", [("a", 1)], shipped_at=now)
    first = database.write(from_orders.invoice_order, principal, "o", invoice_id="first", now=now)
    assert [line.quantity for line in first.frozen().lines] == [MILLION]
    assert database.write(from_orders.invoice_order, principal, "o", invoice_id="first", now=now) == first
    database.write(shipping.ship_items, principal, "o", [("a", None), ("b", None)], shipped_at=now)
    second = database.write(from_orders.invoice_order, principal, "o", now=now)
    assert [line.quantity for line in second.frozen().lines] == [2 * MILLION, MILLION]
    assert {row.invoice_id for row in database.read(intake.items_of, principal, "o")} == {first.id, second.id}
    other = factories.order(database, principal)
    with pytest.raises(InvoiceIdReused):
        database.write(from_orders.invoice_order, principal, other.id, invoice_id="first", now=now)


def test_the_order_and_the_invoice_of_another_account_are_not_found(
    database: Database, principal: Principal, now: datetime
) -> None:
    neighbour = factories.principal(database)
    factories.invoice(database, neighbour, id="theirs", invoice_id="inv")
    for id in ("theirs", "nowhere"):
        with pytest.raises(NotFound, match=f"There is no order {id}."):
            database.write(from_orders.invoice_order, principal, id, now=now)
    for id in ("inv", "nothing"):
        with pytest.raises(NotFound, match=f"There is no invoice {id}."):
            database.write(from_orders.retry_pdf, principal, id, now=now)


def test_a_preview_is_what_is_issued_and_issues_nothing(
    database: Database, principal: Principal, invoicing: Invoicing, now: datetime
) -> None:
    given = [item(id="a", quantity=3, unit_price=2_499, discount=1), item(id="b", vat_rate=9, unit_price=199)]
    factories.order(database, principal, items=[*given, item(id="c", type="DISCOUNT", unit_price=-333)])
    before = stored(database)
    draft = database.read(from_orders.preview, principal, ["b", "a"], now=now)
    assert stored(database) == before
    paper = invoicing(["a", "b"]).frozen()
    assert paper.total == 3 * 2_499 - 1 + 199 - 333
    assert (draft.id, draft.number) == ("", "")
    assert without_ids(draft) == without_ids(paper)


def without_ids(paper: Snapshot) -> Snapshot:
    """Each has its own, and its lines' too."""
    return replace(paper, id="", number="", lines=tuple(replace(line, id="") for line in paper.lines))
