"""Cancelling before shipment, returning after it, and the steps in between."""

from __future__ import annotations

from typing import Any

import pytest

from invoicing.access import Principal
from invoicing.accounts import settings as account_settings
from invoicing.decimals import MILLION
from invoicing.errors import (
    DuplicateId,
    DuplicateItem,
    InvoicingError,
    ItemNotFound,
    MalformedId,
    MixedSaleAndCredit,
    NoItems,
    NotFound,
    ValidationError,
)
from invoicing.invoices import from_orders
from invoicing.invoices.queries import Issued
from invoicing.orders import intake, returns, shipping
from invoicing.orders.actions import Action, ItemActions, is_done
from invoicing.orders.returns import Contra
from invoicing.storage.database import Database
from invoicing.storage.tables import OrderItem
from tests.support import factories
from tests.support.factories import NOW, item


class Desk:
    """Who works on the order `o` of one account."""

    def __init__(self, database: Database, principal: Principal) -> None:
        self.database, self.principal = database, principal

    def order(self, *items: dict[str, Any], **values: Any) -> None:
        factories.order(self.database, self.principal, id="o", items=list(items), **values)

    def ship(self, *ids: str) -> None:
        parcels = [(id, None) for id in ids]
        self.database.write(shipping.ship_items, self.principal, "o", parcels, shipped_at=NOW)

    def cancel(self, *asked: Contra) -> list[OrderItem]:
        return self.database.write(returns.undo_items, self.principal, Action.CANCEL, "o", asked, now=NOW)[1]

    def take_back(self, *asked: Contra) -> list[OrderItem]:
        return self.database.write(returns.undo_items, self.principal, Action.RETURN, "o", asked, now=NOW)[1]

    def handle(self, action: Action, *ids: str) -> None:
        self.database.write(returns.handle_items, self.principal, action, "o", ids, now=NOW)

    def invoice(self, *ids: str, **options: Any) -> Issued:
        return self.database.write(from_orders.invoice_items, self.principal, ids, now=NOW, **options)

    def items(self) -> dict[str, OrderItem]:
        return {row.id: row for row in self.database.read(intake.items_of, self.principal, "o")}

    def listed(self) -> dict[str, list[str]]:
        order = self.database.read(intake.find_order, self.principal, "o")
        parties = factories.parties(self.database, self.principal, order)
        found = ItemActions(order, list(self.items().values()), parties).possible()
        return {entry.action.value: entry.ids for entry in found}

    def total(self) -> int:
        return self.database.read(intake.find_order, self.principal, "o").total

    def is_done(self) -> bool:
        return is_done(list(self.items().values()))


@pytest.fixture
def desk(database: Database, principal: Principal) -> Desk:
    return Desk(database, principal)


@pytest.fixture
def guided(database: Database) -> Desk:
    return Desk(database, factories.principal(database, contra_flow="GUIDED"))


def test_what_was_never_invoiced_just_leaves_the_order(desk: Desk) -> None:
    desk.order(item(id="a"), item(id="b", unit_price=500))
    desk.ship("b")
    assert desk.cancel(Contra("a")) == []
    assert desk.listed() == {"INVOICE": ["b"], "RETURN": ["b"]}
    assert desk.total() == 500
    assert desk.take_back(Contra("b", reason="too small")) == []
    assert (desk.listed(), desk.total(), desk.is_done()) == ({}, 0, True)
    assert desk.items()["b"].undo_reason == "too small"


def test_a_part_is_split_off_and_undone(desk: Desk) -> None:
    desk.order(item(id="a", quantity=3, unit_price=1_000, discount=100))
    assert desk.cancel(Contra("a", 1)) == []
    rest, part = desk.items().values()
    assert (rest.id, rest.quantity, rest.discount, rest.undone_as) == ("a", 2 * MILLION, 67, None)
    assert (part.split_from, part.quantity, part.discount, part.undone_as) == ("a", MILLION, 33, "CANCELLED")
    assert desk.listed() == {"INVOICE": ["a"], "SHIP": ["a"], "CANCEL": ["a"]}
    assert desk.total() == 2_000 - 67


def test_undoing_what_was_invoiced_makes_a_contra_item_of_the_same_turned_round(desk: Desk) -> None:
    desk.order(item(id="a", quantity=3, unit_price=1_000, discount=100, sku="S"))
    desk.invoice("a")
    (contra,) = desk.cancel(Contra("a", contra_item_id="c"))
    assert (contra.id, contra.contra_of, contra.quantity, contra.discount) == ("c", "a", -3 * MILLION, -100)
    assert (contra.unit_price, contra.sku, contra.invoice_id, contra.undone_as) == (
        1_000,
        "S",
        None,
        "CANCELLED",
    )
    assert (desk.listed(), desk.total()) == ({"INVOICE": ["c"]}, 0)
    credit = desk.invoice("c")
    assert (credit.type, credit.total) == ("CREDIT", -2_900)
    assert (desk.listed(), desk.is_done()) == ({}, True)


def test_part_of_what_was_invoiced_is_returned_and_then_the_rest(desk: Desk) -> None:
    desk.order(item(id="a", quantity=3, unit_price=1_000, discount=100))
    sale = desk.invoice("a")
    desk.ship("a")
    assert desk.is_done()
    (first,) = desk.take_back(Contra("a", 1))
    assert not desk.is_done()
    assert desk.items()[str(first.contra_of)].split_from == "a"
    (second,) = desk.take_back(Contra("a"))
    assert (first.quantity, second.quantity, second.contra_of) == (-MILLION, -2 * MILLION, "a")
    made = [desk.invoice(first.id), desk.invoice(second.id)]
    assert [credit.total for credit in made] == [-967, -1_933]
    assert sum(credit.total_vat for credit in made) == -sale.total_vat
    assert desk.is_done()


def test_parts_that_were_shipped_apart_after_the_invoice_are_returned_one_by_one(desk: Desk) -> None:
    desk.order(item(id="a", quantity=3, unit_price=2_499))
    sale = desk.invoice("a")
    desk.database.write(shipping.ship_items, desk.principal, "o", [("a", 1)], shipped_at=NOW)
    (shipped,) = desk.listed()["RETURN"]
    contras = [*desk.take_back(Contra(shipped)), *desk.cancel(Contra("a"))]
    credit = desk.invoice(*(contra.id for contra in contras))
    assert (credit.total, credit.total_ex_vat) == (-sale.total, -sale.total_ex_vat)
    assert {line.credited_line_id for line in credit.frozen().lines} == {sale.frozen().lines[0].id}


def test_a_contra_id_is_new_in_the_account(desk: Desk) -> None:
    desk.order(item(id="a"), item(id="b"))
    desk.invoice("a", "b")
    for asked in (
        [Contra("a", contra_item_id="b")],
        [Contra("a", contra_item_id="a")],
        [Contra("a", contra_item_id="c"), Contra("b", contra_item_id="c")],
    ):
        with pytest.raises(DuplicateId) as refusal:
            desk.cancel(*asked)
        assert refusal.value.field == "items"
    with pytest.raises(MalformedId):
        desk.cancel(Contra("a", contra_item_id="no spaces"))
    first, second = desk.cancel(Contra("a"), Contra("b"))
    assert first.id != second.id
    assert {len(first.id), len(second.id)} == {36}


@pytest.mark.parametrize("action", [Action.CANCEL, Action.RETURN])
def test_what_cannot_be_undone_is_refused_and_nothing_is_done(desk: Desk, action: Action) -> None:
    desk.order(item(id="a", quantity=3), item(id="b"))
    desk.invoice("a")
    if action is Action.RETURN:
        desk.ship("a", "b")
    before = desk.items()
    refusals: list[tuple[list[Contra], type[InvoicingError]]] = [
        ([], NoItems),
        ([Contra("a"), Contra("a", 1)], DuplicateItem),
        ([Contra("b"), Contra("nothing")], ItemNotFound),
        ([Contra("b"), Contra("a", 4)], ValidationError),
        ([Contra("b"), Contra("a", 0)], ValidationError),
        ([Contra("b"), Contra("a", reason="x" * 501)], ValidationError),
    ]
    for asked, refusal in refusals:
        with pytest.raises(refusal):
            desk.database.write(returns.undo_items, desk.principal, action, "o", asked, now=NOW)
    with pytest.raises(NotFound):
        desk.database.write(returns.undo_items, desk.principal, action, "x", [Contra("a")], now=NOW)
    assert desk.items() == before


def test_an_item_is_undone_once(desk: Desk) -> None:
    desk.order(item(id="a"), item(id="b"))
    desk.ship("b")
    desk.cancel(Contra("a"))
    desk.take_back(Contra("b"))
    told = []
    for attempt in (desk.cancel, desk.take_back):
        for id in ("a", "b"):
            with pytest.raises(InvoicingError) as refusal:
                attempt(Contra(id))
            told.append(refusal.value.code)
    assert told == ["ITEM_CANCELLED", "ITEM_RETURNED"] * 2


def test_a_guided_return_is_received_approved_and_finished_in_that_order(guided: Desk) -> None:
    guided.order(item(id="a"))
    guided.invoice("a")
    guided.ship("a")
    guided.take_back(Contra("a", contra_item_id="c"))
    steps = [Action.HANDLE_RECEIPT, Action.HANDLE_APPROVAL, Action.HANDLE_FINISH]
    early = ["ITEM_NOT_RECEIVED", "ITEM_NOT_APPROVED", "ITEM_NOT_FINISHED"]
    for step, later, code in zip(steps, [*steps[1:], None], early, strict=True):
        assert guided.listed() == {step.value: ["c"]}
        with pytest.raises(InvoicingError) as refusal:
            guided.handle(later, "c") if later else guided.invoice("c")
        assert refusal.value.code == code
        guided.handle(step, "c")
        with pytest.raises(InvoicingError) as refusal:
            guided.handle(step, "c")
        assert refusal.value.code == "ITEM_ALREADY_HANDLED"
    assert guided.listed() == {"INVOICE": ["c"]}
    assert guided.invoice("c").type == "CREDIT"
    assert guided.is_done()


def test_a_guided_cancellation_need_not_be_received(guided: Desk) -> None:
    guided.order(item(id="a"), item(id="b"))
    guided.invoice("a")
    guided.cancel(Contra("a", contra_item_id="c"), Contra("b"))
    assert guided.listed() == {"HANDLE_APPROVAL": ["c"]}
    with pytest.raises(InvoicingError) as refusal:
        guided.handle(Action.HANDLE_APPROVAL, "a")
    assert refusal.value.code == "ITEM_NOT_UNDONE"
    guided.handle(Action.HANDLE_APPROVAL, "c")
    guided.handle(Action.HANDLE_FINISH, "c")
    assert guided.listed() == {"INVOICE": ["c"]}


def test_sold_and_contra_items_go_on_invoices_of_their_own(desk: Desk) -> None:
    desk.order(item(id="a"), item(id="b"))
    desk.invoice("a")
    desk.cancel(Contra("a", contra_item_id="c"))
    with pytest.raises(MixedSaleAndCredit) as refusal:
        desk.invoice("b", "c")
    assert refusal.value.ids == ("c",)
    with pytest.raises(MixedSaleAndCredit):
        desk.database.read(from_orders.preview, desk.principal, ["b", "c"], now=NOW)
    both = [
        desk.database.write(from_orders.invoice_order, desk.principal, "o", now=NOW).type for _ in range(2)
    ]
    assert both == ["INVOICE", "CREDIT"]


def test_the_flow_that_is_set_when_it_is_undone_is_the_one_that_counts(guided: Desk) -> None:
    guided.order(item(id="a"), item(id="b"))
    guided.invoice("a", "b")
    guided.cancel(Contra("a", contra_item_id="c"))
    guided.database.write(
        account_settings.update_account, guided.principal, {"contra_flow": "DIRECT"}, now=NOW
    )
    guided.cancel(Contra("b", contra_item_id="d"))
    assert guided.listed() == {"HANDLE_APPROVAL": ["c"], "INVOICE": ["d"]}
