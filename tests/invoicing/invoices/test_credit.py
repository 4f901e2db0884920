"""Credit invoices: parts in any number that add up to exactly what was invoiced, and never to more."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from invoicing.access import Principal
from invoicing.customers import details
from invoicing.decimals import MILLION, read_quantity, read_unit_price, subtotal_of, written
from invoicing.errors import (
    CreditTooHigh,
    InvoiceIdReused,
    ItemCancelled,
    NoItems,
    NotCreditable,
    NotFound,
    NothingToCredit,
    ValidationError,
)
from invoicing.invoices import from_orders, queries
from invoicing.invoices.credit import LineCredit
from invoicing.invoices.queries import Issued
from invoicing.money import portion
from invoicing.orders import intake, returns
from invoicing.orders.actions import Action
from invoicing.orders.returns import Contra
from invoicing.storage.database import Database
from invoicing.verify.books import verify
from tests.support import factories
from tests.support.factories import NOW, item, order_line
from tests.support.own_line_discounts import sale_with_discount
from tests.support.planted_faults import plant, unprotected
from tests.support.state_machine import quantities
from tests.support.till import Till


class Books:
    """One account's sales and what is credited of them."""

    def __init__(self, database: Database, principal: Principal) -> None:
        self.database, self.principal = database, principal

    def sold(self, *items: dict[str, Any], **values: Any) -> Issued:
        return factories.invoice(self.database, self.principal, items=list(items), **values)

    def one_time(self, *lines: dict[str, Any]) -> Issued:
        return factories.one_time_invoice(self.database, self.principal, *lines)

    def credit(self, sale: Issued | str, *asked: LineCredit, **options: Any) -> Issued:
        id = sale if isinstance(sale, str) else sale.id
        given = {"reason": None, "now": NOW, **options}
        return self.database.write(from_orders.credit_invoice, self.principal, id, asked or None, **given)

    def returned(self, order_id: str, *asked: Contra) -> Issued:
        """Cancels and credits at once."""
        made = self.database.write(
            returns.undo_items, self.principal, Action.CANCEL, order_id, asked, now=NOW
        )[1]
        ids = [contra.id for contra in made]
        return self.database.write(from_orders.invoice_items, self.principal, ids, now=NOW)

    def findings(self) -> list[Any]:
        return self.database.read(verify, self.principal.account_id).findings


@pytest.fixture
def books(database: Database, principal: Principal) -> Books:
    return Books(database, principal)


def figures(invoice: Issued) -> tuple[int, int, int]:
    return invoice.total, invoice.total_ex_vat, invoice.total_vat


def negated(invoice: Issued) -> tuple[int, int, int]:
    return -invoice.total, -invoice.total_ex_vat, -invoice.total_vat


def test_a_full_credit_is_the_invoice_turned_round(books: Books) -> None:
    sale = books.sold(
        item(quantity=3, unit_price=2_499, discount=7),
        item(vat_rate=9, unit_price=199),
        item(type="DISCOUNT", unit_price=-333, name="Spring"),
    )
    credit = books.credit(sale, reason="Never arrived")
    assert (credit.type, credit.number, credit.due_on) == ("CREDIT", "CRN-2025-00001", None)
    assert figures(credit) == negated(sale)
    before, paper = sale.frozen(), credit.frozen()
    assert [(row.rate, -row.base, -row.amount) for row in paper.vat] == [
        (row.rate, row.base, row.amount) for row in before.vat
    ]
    for line, original in zip(paper.lines, before.lines, strict=True):
        assert (line.quantity, line.unit_price, line.discount, line.discount_reason) == (
            -original.quantity,
            original.unit_price,
            -original.discount,
            "Spring",
        )
        assert (line.total, line.total_ex_vat) == (-original.total, -original.total_ex_vat)
        assert line.credited_line_id == original.id
    assert [(each.id, each.number, each.issued_on) for each in paper.credits] == [
        (sale.id, sale.number, sale.issued_on)
    ]
    assert (paper.note, paper.orders) == ("Never arrived", before.orders)
    assert books.findings() == []


def test_credits_have_numbers_of_their_own(books: Books) -> None:
    sales = [books.sold(item()) for _ in range(3)]
    made = [books.credit(sale) for sale in sales[::-1]]
    assert [credit.number for credit in made] == [f"CRN-2025-0000{n}" for n in (1, 2, 3)]
    assert books.sold(item()).number == "INV-2025-00004"


def test_a_credit_is_to_the_buyer_that_was_invoiced(books: Books) -> None:
    factories.customer(
        books.database, books.principal, id="ann", name="Ann Baker", vat_number="NL123456782B01"
    )
    sale = books.sold(item(id="a"), item(id="b"), customer_id="ann", id="o")
    books.database.write(details.update_customer, books.principal, {"id": "ann", "name": "Ann Cook"}, now=NOW)
    for credit in (books.returned("o", Contra("a")), books.credit(sale)):
        assert credit.frozen().buyer == sale.frozen().buyer
        assert credit.customer_id == "ann"


def test_a_credit_has_the_decimals_of_its_invoice(books: Books) -> None:
    """An invoice of before ISO 4217's decimals does not say them: those of CLDR were printed."""
    new, old = (books.sold(item(), currency="RSD", invoice_id=id) for id in ("new", "old"))
    assert new.frozen().currency_decimals == 2
    unprotected(books.database)
    said = "replace(snapshot, '\"currency_decimals\":2', '\"currency_decimals\":null')"
    change = f"UPDATE invoices SET snapshot = {said} WHERE id = 'old'"  # noqa: S608
    books.database.write(lambda connection: connection.exec_driver_sql(change))
    assert books.credit(new).frozen().currency_decimals == 2
    assert books.credit(old).frozen().currency_decimals is None


def test_a_line_is_credited_by_quantity_and_by_amount_until_nothing_is_left(books: Books) -> None:
    sale = books.sold(item(quantity=3, unit_price=2_499), item(unit_price=100))
    mug, pot = sale.frozen().lines
    first = books.credit(sale, LineCredit(mug.id, quantity=1))
    assert (first.total, first.frozen().lines[0].quantity) == (-2_499, -MILLION)
    second = books.credit(sale, LineCredit(mug.id, amount=998), LineCredit(pot.id, amount=1))
    assert (second.total, [line.unit_price for line in second.frozen().lines]) == (-999, [998, 1])
    third = books.credit(sale)
    assert [line.quantity for line in third.frozen().lines] == [-2 * MILLION, -MILLION]
    parts = [first, second, third]
    for column in ("total", "total_ex_vat", "total_vat"):
        assert sum(getattr(part, column) for part in parts) == -getattr(sale, column)
    with pytest.raises(NothingToCredit):
        books.credit(sale)
    listed = books.database.read(queries.credits_by_invoice, books.principal, [sale.id])
    assert listed[sale.id] == [part.id for part in parts]
    assert books.findings() == []


def test_more_than_is_left_is_refused(books: Books) -> None:
    till = Till(books.database, books.principal)
    sale = sale_with_discount(till, item(id="mug", quantity=3, unit_price=1_000), off=500)
    mug, off = (line.id for line in sale.frozen().lines)
    books.credit(sale, LineCredit(mug, quantity=1))
    for asked in (
        LineCredit(mug, quantity=3),
        LineCredit(mug, amount=2_001),
        LineCredit(off, amount=1),
        LineCredit(off, amount=-501),
        LineCredit(off, quantity=2),
    ):
        with pytest.raises(CreditTooHigh) as refusal:
            books.credit(sale, asked)
        assert refusal.value.ids == (asked.line_id,)
        assert str(refusal.value.field).startswith("lines.0.")
    for asked in (
        LineCredit(mug, quantity=0),
        LineCredit(mug, quantity=-1),
        LineCredit(mug, amount=0),
        LineCredit(mug, amount=-1),
    ):
        with pytest.raises(ValidationError, match="must be more than 0"):
            books.credit(sale, asked)
    with pytest.raises(CreditTooHigh) as refusal:
        books.credit(sale, LineCredit(mug, amount=1_500), LineCredit(mug, amount=501))
    assert refusal.value.field == "lines.1.amount"
    with pytest.raises(CreditTooHigh, match="1500 is left to credit of what bears 21 % VAT") as refusal:
        books.credit(sale, LineCredit(mug, amount=2_000))
    assert (refusal.value.field, refusal.value.ids) == ("lines", (mug,))
    assert books.credit(sale, LineCredit(mug, amount=1_500), LineCredit(off, amount=-499)).total == -1_001


def test_pieces_are_refused_once_what_they_came_to_is_credited_by_amount(books: Books) -> None:
    sale = books.one_time(order_line(amount=1_000, quantity=3))
    (line,) = (line.id for line in sale.frozen().lines)
    books.credit(sale, LineCredit(line, amount=2_500))
    with pytest.raises(CreditTooHigh, match=r"500 of the line Advice is left.* 2 of it came to 2000"):
        books.credit(sale, LineCredit(line, quantity=2))
    with pytest.raises(CreditTooHigh, match=r"500 of the line Advice is left.* 3 of it came to 3000"):
        books.credit(sale, LineCredit(line, quantity=3))
    assert books.credit(sale, LineCredit(line)).total == -500


def test_no_lines_at_all_are_no_credit(books: Books) -> None:
    sale = books.one_time(order_line(amount=1_000))
    with pytest.raises(NoItems, match="The list is empty") as refusal:
        books.database.write(from_orders.credit_invoice, books.principal, sale.id, [], reason=None, now=NOW)
    assert refusal.value.field == "lines"


def test_the_vat_of_a_credit_is_that_of_its_sum_not_of_its_lines(books: Books) -> None:
    sale = books.one_time(*[order_line(amount=995) for _ in range(200)])
    credit = books.credit(sale, *[LineCredit(line.id, amount=100) for line in sale.frozen().lines])
    assert figures(credit) == (-20_000, -16_529, -3_471)
    rest = books.credit(sale)
    assert [sum(pair) for pair in zip(figures(credit), figures(rest), strict=True)] == [*negated(sale)]
    assert books.findings() == []


def test_one_of_each_comes_back_with_the_vat_of_all(books: Books) -> None:
    """By quantity, and as contra items; the buyer gets 24152, not 40 times 604."""
    given = [item(id=f"a{n}", quantity=2, unit_price=499) for n in range(40)]
    sale = books.sold(*given, id="o", is_including_vat=False)
    halves = [LineCredit(line.id, quantity=1) for line in sale.frozen().lines]
    assert figures(books.credit(sale, *halves)) == (-24_152, -19_960, -4_192)
    contras = books.returned("o", *[Contra(f"a{n}", 1) for n in range(40)])
    assert figures(contras) == (24_152 - sale.total, -19_960, 4_192 - sale.total_vat)
    assert books.findings() == []


def test_no_more_is_credited_than_the_invoice_came_to(books: Books) -> None:
    sale = books.one_time(order_line(amount=10_000), order_line(amount=-9_000))
    work, rebate = (line.id for line in sale.frozen().lines)
    for asked in (LineCredit(work), LineCredit(work, quantity=1), LineCredit(work, amount=10_000)):
        with pytest.raises(CreditTooHigh, match="1000 is left"):
            books.credit(sale, asked)
    assert books.credit(sale, LineCredit(work), LineCredit(rebate)).total == -1_000
    with pytest.raises(NothingToCredit):
        books.credit(sale)
    other = books.one_time(order_line(amount=10_000), order_line(amount=-9_000, vat_rate=9))
    with pytest.raises(CreditTooHigh, match="1000 is left to credit of the invoice"):
        books.credit(other, LineCredit(other.frozen().lines[0].id))
    assert books.findings() == []


def test_a_rebate_alone_is_not_credited(books: Books) -> None:
    sale = books.one_time(order_line(amount=10_000), order_line(amount=-3_000))
    with pytest.raises(ValidationError, match="would ask for 3000") as refusal:
        books.credit(sale, LineCredit(sale.frozen().lines[1].id, quantity=1))
    assert refusal.value.field == "lines"
    assert books.credit(sale).total == -7_000


def test_a_credit_of_nothing_is_issued_where_it_reverses_vat(books: Books) -> None:
    sale = books.one_time(order_line(amount=1_000), order_line(amount=-900, vat_rate=9))
    work, rebate = (line.id for line in sale.frozen().lines)
    books.credit(sale, LineCredit(work, amount=100))
    reversed_vat = books.credit(sale, LineCredit(work), LineCredit(rebate))
    assert figures(reversed_vat) == (0, 83, -83)
    assert [(row.base, row.amount) for row in reversed_vat.frozen().vat] == [(-743, -157), (826, 74)]
    same_rate = books.one_time(order_line(amount=1_000), order_line(amount=-900))
    books.credit(same_rate, LineCredit(same_rate.frozen().lines[0].id, amount=100))
    with pytest.raises(NothingToCredit):  # neither money nor VAT is left
        books.credit(same_rate)
    assert books.findings() == []


def test_of_three_equal_lines_the_first_alone_has_its_own_share(books: Books) -> None:
    sale = books.sold(*[item(unit_price=199) for _ in range(3)])
    lines = sale.frozen().lines
    assert [line.total_ex_vat for line in lines] == [165, 164, 164]
    credits_ = [books.credit(sale, LineCredit(line.id)) for line in lines]
    assert [each.total_ex_vat for each in credits_] == [-164, -165, -164]
    assert books.findings() == []


def test_an_amount_is_shown_as_an_amount(books: Books) -> None:
    """No piece comes back with it: it is one price reduction, whatever the unit of the line."""
    sale = books.sold(item(quantity=3, unit_price=2_499, unit="KGM"))
    line = books.credit(sale, LineCredit(sale.frozen().lines[0].id, amount=998)).frozen().lines[0]
    assert (line.quantity, line.unit) == (-MILLION, "C62")
    assert (line.unit_price, line.credited_quantity) == (998, None)
    assert (line.subtotal, line.discount, line.total) == (-998, 0, -998)


def test_what_was_credited_by_the_line_is_caught_up(books: Books) -> None:
    """Of 200 lines 100 each were credited by an earlier rule: VAT 3400, 71 too little."""
    sale = books.one_time(*[order_line(amount=995) for _ in range(200)])
    books.credit(sale, *[LineCredit(line.id, amount=100) for line in sale.frozen().lines])
    plant(
        unprotected(books.database),
        "UPDATE invoice_lines SET total_ex_vat = -83, vat_amount = -17, rounding = NULL WHERE total = -100",
        "UPDATE invoices SET total_ex_vat = -16600, total_vat = -3400 WHERE type = 'CREDIT'",
    )
    assert "credits" not in {found.kind for found in books.findings()}
    again = books.credit(sale, *[LineCredit(line.id, amount=100) for line in sale.frozen().lines])
    assert figures(again) == (-20_000, -16_458, -3_542)
    rest = books.credit(sale)
    assert rest.total_vat - 3_400 - 3_542 == -sale.total_vat
    assert "credits" not in {found.kind for found in books.findings()}


def test_contra_items_are_credited_as_far_as_the_invoice_has_something_left(books: Books) -> None:
    """An amount was credited before: what came back is still listed, and credited with what is left."""
    sale = books.sold(item(id="a", unit_price=1_000), item(id="b", unit_price=500, vat_rate=9), id="o")
    books.credit(sale, *[LineCredit(line.id, amount=400) for line in sale.frozen().lines])
    assert [books.returned("o", Contra(id)).total for id in ("a", "b")] == [-600, -100]
    assert books.findings() == []


def test_nothing_is_left_once_amounts_have_taken_all(books: Books) -> None:
    sale = books.sold(item(quantity=3, unit_price=1_000))
    (line,) = sale.frozen().lines
    books.credit(sale, LineCredit(line.id, amount=3_000))
    with pytest.raises(NothingToCredit):
        books.credit(sale)
    with pytest.raises(CreditTooHigh, match="0 of the line"):
        books.credit(sale, LineCredit(line.id, quantity=1))
    with pytest.raises(CreditTooHigh):
        books.credit(sale, LineCredit(line.id))


def test_what_was_given_away_is_credited_once(books: Books) -> None:
    sale = books.sold(item(quantity=2, unit_price=0), item(unit_price=500, discount=500))
    assert books.credit(sale, LineCredit(sale.frozen().lines[0].id, quantity=1)).total == 0
    assert [line.quantity for line in books.credit(sale).frozen().lines] == [-MILLION, -MILLION]
    with pytest.raises(NothingToCredit):
        books.credit(sale)
    assert books.findings() == []


def test_a_line_is_named_with_a_quantity_or_an_amount_and_must_be_the_invoices(books: Books) -> None:
    sale, other = books.sold(item()), books.sold(item())
    (line,), (foreign,) = sale.frozen().lines, other.frozen().lines
    with pytest.raises(ValidationError):
        books.credit(sale, LineCredit(line.id, quantity=1, amount=1))
    for id in (foreign.id, "nothing"):
        with pytest.raises(NotFound) as refusal:
            books.credit(sale, LineCredit(id))
        assert (refusal.value.field, refusal.value.ids) == ("lines.0.line_id", (id,))
    with pytest.raises(ValidationError):
        books.credit(sale, reason="x" * 1_001)


def test_a_credit_cannot_be_credited(books: Books) -> None:
    credit = books.credit(books.sold(item()))
    with pytest.raises(NotCreditable):
        books.credit(credit)


def test_another_accounts_invoice_is_not_found(books: Books) -> None:
    theirs = Books(books.database, factories.principal(books.database)).sold(item(), invoice_id="theirs")
    told = set()
    for id in (theirs.id, "nothing"):
        with pytest.raises(NotFound) as refusal:
            books.credit(id)
        told.add(str(refusal.value).replace(id, "…"))
    assert len(told) == 1


def test_the_same_request_again_answers_with_the_same_credit(books: Books) -> None:
    sale = books.sold(item(quantity=3))
    (line,) = sale.frozen().lines
    asked, id = LineCredit(line.id, quantity=1), {"credit_invoice_id": "mine", "reason": "late"}
    first = books.credit(sale, asked, **id)
    assert first.id == first.handle == "mine"
    assert books.credit(sale, asked, **id, now=NOW + timedelta(days=1)) == first
    other = books.sold(item(), invoice_id="other")
    refused: list[Callable[[], Issued]] = [
        lambda: books.credit(sale, **id),
        lambda: books.credit(sale, LineCredit(line.id, quantity=2), **id),
        lambda: books.credit(sale, asked, **{**id, "reason": "broken"}),
        lambda: books.credit(other, **id),
        lambda: books.credit(sale, credit_invoice_id="other"),
    ]
    for again in refused:
        with pytest.raises(InvoiceIdReused):
            again()
    assert books.credit(sale, LineCredit(line.id, quantity=1)).id != first.id


def test_contra_items_under_an_invoice_id_are_credited_once(books: Books) -> None:
    books.sold(item(id="a"), item(id="b"), id="o")
    contras = [Contra("a", contra_item_id="c"), Contra("b", contra_item_id="d")]
    books.database.write(returns.undo_items, books.principal, Action.CANCEL, "o", contras, now=NOW)

    def credited(*ids: str) -> Issued:
        return books.database.write(
            from_orders.invoice_items, books.principal, ids, invoice_id="mine", now=NOW
        )

    first = credited("c", "d")
    assert credited("d", "c") == first
    with pytest.raises(InvoiceIdReused):
        credited("c")


def test_after_an_amount_a_return_credits_what_is_left(books: Books) -> None:
    sale = books.sold(item(id="a", quantity=3, unit_price=1_000), id="o")
    (line,) = sale.frozen().lines
    amount = books.credit(sale, LineCredit(line.id, amount=1_500))
    first = books.returned("o", Contra("a", 1))
    second = books.returned("o", Contra("a"))
    assert [first.total, second.total] == [-1_000, -500]
    parts = [amount, first, second]
    assert sum(part.total_ex_vat for part in parts) == -sale.total_ex_vat
    assert books.findings() == []


def test_after_a_quantity_a_return_credits_no_more_pieces_than_are_left(books: Books) -> None:
    sale = books.sold(item(id="a", quantity=3, unit_price=1_000), id="o")
    (line,) = sale.frozen().lines
    books.credit(sale, LineCredit(line.id, quantity=2))
    paper = books.returned("o", Contra("a")).frozen()
    (taken,) = paper.lines
    assert (paper.total, taken.quantity, taken.credited_quantity) == (-1_000, -MILLION, MILLION)
    with pytest.raises(NothingToCredit):
        books.credit(sale)
    assert books.findings() == []


def test_a_return_of_what_was_credited_in_full_comes_to_nothing(books: Books) -> None:
    sale = books.sold(item(id="a", quantity=3, unit_price=1_000), id="o")
    books.credit(sale)
    credit = books.returned("o", Contra("a"))
    assert (figures(credit), credit.type) == ((0, 0, 0), "CREDIT")
    assert books.findings() == []


def test_one_credit_covers_items_of_several_invoices(books: Books) -> None:
    factories.customer(books.database, books.principal, id="ann")
    for id in ("a", "b"):
        given = [item(id=id), item(id=f"{id}-x")]
        factories.order(books.database, books.principal, id=f"o-{id}", items=given, customer_id="ann")
    sales = [
        books.database.write(
            from_orders.invoice_items, books.principal, ids, now=NOW + timedelta(seconds=place)
        )
        for place, ids in enumerate((["a", "b"], ["a-x"], ["b-x"]))
    ]
    contras = []
    for id in ("a", "b"):
        asked = [Contra(id), Contra(f"{id}-x")]
        made = books.database.write(
            returns.undo_items, books.principal, Action.CANCEL, f"o-{id}", asked, now=NOW
        )
        contras += [contra.id for contra in made[1]]
    credit = books.database.write(from_orders.invoice_items, books.principal, contras, now=NOW)
    assert figures(credit) == tuple(sum(column) for column in zip(*map(negated, sales), strict=True))
    assert [each.id for each in credit.frozen().credits] == [sale.id for sale in sales]
    assert {order.id for order in credit.frozen().orders} == {"o-a", "o-b"}
    found = books.database.read(queries.credits_by_invoice, books.principal, [sale.id for sale in sales])
    assert found == {sale.id: [credit.id] for sale in sales}
    assert books.findings() == []


def test_an_order_comes_to_what_is_left_of_it(books: Books) -> None:
    books.sold(item(id="a", quantity=3, unit_price=2_499), item(id="b", unit_price=333), id="o")
    books.returned("o", Contra("a", 1))
    assert books.database.read(intake.find_order, books.principal, "o").total == 2 * 2_499 + 333


priced = st.builds(
    lambda quantity, price, off, rate: item(
        quantity=written(quantity),
        unit_price=written(price),
        discount=min(off, subtotal_of(price, quantity)),
        vat_rate=rate,
    ),
    st.one_of(st.integers(1, 7).map(lambda many: many * MILLION), st.integers(1, 7 * MILLION)),
    st.one_of(st.integers(0, 3_000).map(lambda price: price * MILLION), st.integers(0, 3 * MILLION)),
    st.one_of(st.just(0), st.integers(0, 900)),
    st.sampled_from([0, 5.5, 9, 6.625]),
)


class TestParts:
    """Any sale, credited in any parts in any way: together they are the sale."""

    books: ClassVar[Books]

    @pytest.fixture(autouse=True)
    def account(self, books: Books) -> None:
        type(self).books = books

    @settings(
        max_examples=40,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(
        items=st.lists(priced, min_size=1, max_size=4),
        quarters_off=st.integers(0, 4),
        including_vat=st.booleans(),
        choice=st.data(),
    )
    def test_parts_in_any_number_add_up_to_exactly_the_invoice(
        self, items: list[dict[str, Any]], quarters_off: int, including_vat: bool, choice: st.DataObject
    ) -> None:
        books = self.books
        subtotals = [
            subtotal_of(read_unit_price(each["unit_price"]), read_quantity(each["quantity"]))
            for each in items
        ]
        goods = sum(subtotals) - sum(each["discount"] for each in items)
        items = [*items, item(type="DISCOUNT", unit_price=-(goods * quarters_off // 4))]
        order = factories.order(books.database, books.principal, items=items, is_including_vat=including_vat)
        sale = books.database.write(from_orders.invoice_order, books.principal, order.id, now=NOW)
        made: list[Issued] = []
        for _ in range(choice.draw(st.integers(0, 5))):
            line = choice.draw(st.sampled_from(sale.frozen().lines))
            way = choice.draw(st.sampled_from(["quantity", "amount", "return"]))
            number = choice.draw(st.integers(1, max(1, abs(line.total)))) * (-1 if line.total < 0 else 1)
            quantity = choice.draw(quantities(line.quantity))
            try:
                if way == "return":
                    made.append(books.returned(order.id, Contra(str(line.order_item_id), quantity)))
                else:
                    asked = {"quantity": quantity} if way == "quantity" else {"amount": number}
                    made.append(books.credit(sale, LineCredit(line.id, **asked)))
            except (CreditTooHigh, ItemCancelled, NothingToCredit, ValidationError):
                continue
            self.follows_the_rate(made[-1])
        with suppress(NothingToCredit):
            made.append(books.credit(sale))
        self.mirrors(sale, made)

    def mirrors(self, sale: Issued, made: list[Issued]) -> None:
        for column in ("total", "total_ex_vat", "total_vat"):
            assert sum(getattr(credit, column) for credit in made) == -getattr(sale, column)
        lines = [line for credit in made for line in credit.frozen().lines]
        for original in sale.frozen().lines:
            mine = [line for line in lines if line.credited_line_id == original.id]
            column = "total" if sale.is_including_vat else "total_ex_vat"
            assert sum(getattr(line, column) for line in mine) == -getattr(original, column)
            assert sum(line.credited_quantity or 0 for line in mine) <= original.quantity
        for row in sale.frozen().vat:
            of_group = [each for credit in made for each in credit.frozen().vat if each.rate == row.rate]
            assert sum(each.base for each in of_group) == -row.base
            assert sum(each.amount for each in of_group) == -row.amount
        assert self.books.findings() == []

    def follows_the_rate(self, credit: Issued) -> None:
        for row in credit.frozen().vat:
            assert abs(row.amount - portion(row.base, row.rate, 1_000_000)) <= 1  # BR-CO-17
