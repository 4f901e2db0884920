"""`POST /v1/refund`: what goes back, by amount or by lines, and once under its key."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from invoicing.invoices import view
from invoicing.storage.database import Database
from invoicing.verify.books import verify
from resolvers import invoice_history
from resolvers.context import Context
from tests.server.rest.reepay.test_create_invoice import CREATE, asked, card, refused
from tests.server.rest.reepay.test_create_invoice import shop as shop
from tests.support.client import Client
from tests.support.patience import until
from tests.support.rest_door import Door, basic

ROOT = Path(__file__).parents[4]
BY_HAND = {"method": "cash", "payment_date": "2025-06-02"}


@pytest.fixture
def door(shop: Client) -> Door:
    return Door(shop, basic(str(shop.token)))


def charged(door: Door, shop: Client, name: str = "approve", **values: Any) -> Any:
    """A settled invoice of 25000: 30000 and a rebate of 5000."""
    made = door.post(CREATE, asked(settle={"payment_method": card(shop, name)}, **values))
    assert made["state"] == "settled"
    return made


def refund(door: Door, **values: Any) -> Any:
    return door.post("/v1/refund", {"invoice": "i-1", **values})


def asked_of(sandbox: Path) -> int:
    """How many refunds the gateway was asked for."""
    if not sandbox.exists():
        return 0
    with closing(sqlite3.connect(sandbox)) as file:
        return int(file.execute("SELECT count(*) FROM asked WHERE kind = 'refund'").fetchone()[0])


def findings(shop: Client) -> list[Any]:
    return shop.database.read(verify, shop.principal.account_id).findings


def test_many_credit_notes_are_read_among_the_lists_and_shown_as_few_are(
    door: Door, shop: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    charged(door, shop)
    made = [refund(door, amount=amount, key=str(amount))["id"] for amount in (1_000, 2_000, 3_000)]
    lists: list[object] = []
    really = Context.read_list

    async def read_list(ctx: Context, work: Any, *args: Any, **kwargs: Any) -> Any:
        lists.append(work)
        return await really(ctx, work, *args, **kwargs)

    monkeypatch.setattr(Context, "read_list", read_list)
    few = door.get("/v1/invoice/i-1")
    assert lists == []
    monkeypatch.setattr(invoice_history, "FEW", 2)
    many = door.get("/v1/invoice/i-1")
    assert lists == [view.became]
    assert [note["id"] for note in many["credit_notes"]] == made
    assert [note["amount"] for note in many["credit_notes"]] == [1_000, 2_000, 3_000]
    assert many["transactions"] == few["transactions"]


def test_an_amount_goes_back_over_the_lines(door: Door, shop: Client) -> None:
    sale = charged(door, shop)
    made = refund(door, amount=5_000, text="Late", key="k")
    assert (made["amount"], made["amount_vat"], made["amount_ex_vat"]) == (5_000, 1_000, 4_000)
    assert [line["amount"] for line in made["credit_note_lines"]] == [6_000, -1_000]
    assert [line["order_line_id"] for line in made["credit_note_lines"]] == [
        line["id"] for line in sale["order_lines"]
    ]
    assert (made["state"], made["type"], made["error"]) == ("refunded", "card", None)
    assert (made["invoice"], made["customer"], made["credit_note_id"]) == ("i-1", "ann", made["id"])
    after = door.get("/v1/invoice/i-1")
    assert (after["state"], after["settled"]) == ("settled", sale["settled"])
    assert [after[f"{name}_amount"] for name in ("settled", "refunded", "credited")] == [25_000, 5_000, 5_000]
    charge, back = after["transactions"]
    assert (back["id"], back["type"], back["state"]) == (made["transaction"], "refund", "refunded")
    assert (back["refunded"] is not None, back["settled"]) == (True, None)
    assert charge["id"] == made["ref_transaction"] == back["card_transaction"]["ref_transaction"]
    note = door.get(f"/v1/credit_note/{made['id']}")
    assert after["credit_notes"] == [note]
    assert note.items() <= made.items()
    assert findings(shop) == []


def test_the_vat_of_a_refund_is_that_of_its_sum(door: Door, shop: Client) -> None:
    lines = [{"ordertext": "Box", "amount": 995, "vat": 0.21} for _ in range(200)]
    made = door.post(CREATE, asked(manual_transfer=BY_HAND, order_lines=lines))
    names = ("amount", "amount_vat", "amount_ex_vat")
    first = refund(door, amount=20_000)
    assert [first[name] for name in names] == [20_000, 3_471, 16_529]
    note_lines = [{"order_line_id": line["id"], "amount": 100} for line in made["order_lines"]]
    second = refund(door, note_lines=note_lines)
    assert [second[name] for name in names] == [20_000, 3_471, 16_529]
    rest = refund(door)
    assert [rest[name] for name in names] == [159_000, 27_595, 131_405]
    assert findings(shop) == []


def test_no_more_goes_back_than_the_invoice_came_to(door: Door, shop: Client) -> None:
    lines = [{"ordertext": text, "amount": amount} for text, amount in (("Work", 10_000), ("Rebate", -9_000))]
    made = door.post(CREATE, asked(manual_transfer=BY_HAND, order_lines=lines))
    work, rebate = [line["id"] for line in made["order_lines"]]
    note_lines = [{"order_line_id": work, "amount": 10_000}]
    message = refused(door, 65, 400, "/v1/refund", {"invoice": "i-1", "note_lines": note_lines})
    assert "1000 is left" in message
    note_lines.append({"order_line_id": rebate, "amount": -9_000})
    assert refund(door, note_lines=note_lines)["amount"] == 1_000
    assert findings(shop) == []


def test_what_is_left_goes_back_if_no_amount_is_given(door: Door, shop: Client) -> None:
    charged(door, shop)
    assert [refund(door, **given)["amount"] for given in ({"amount": 1}, {})] == [1, 24_999]
    after = door.get("/v1/invoice/i-1")
    assert (after["refunded_amount"], after["credited_amount"], after["state"]) == (25_000, 25_000, "settled")
    assert findings(shop) == []


def test_lines_go_back_by_their_ids(door: Door, shop: Client) -> None:
    plan, _ = charged(door, shop)["order_lines"]
    one = {"order_line_id": plan["id"], "amount": 1_000, "quantity": 2, "text": "Half", "vat": 0.25}
    made = refund(door, note_lines=[one, {**one, "amount_incl_vat": False}])
    assert [line["amount"] for line in made["credit_note_lines"]] == [2_000, 2_500]
    assert [line["amount_ex_vat"] for line in made["credit_note_lines"]] == [1_600, 2_000]
    assert findings(shop) == []


def test_a_manual_transfer_goes_back_by_one(door: Door) -> None:
    door.post(CREATE, asked(manual_transfer={**BY_HAND, "method": "check"}))
    made = refund(door, amount=100)
    assert (made["type"], made["state"]) == ("manual", "refunded")
    back = door.get("/v1/invoice/i-1")["transactions"][-1]
    assert back["manual_transaction"]["method"] == "check"
    assert back["manual_transaction"]["reference"] == made["accounting_number"]


def test_by_hand_where_that_is_asked_for(door: Door, shop: Client, tmp_path: Path) -> None:
    charged(door, shop)
    made = refund(door, amount=100, manual_transfer={**BY_HAND, "comment": "At the door"})
    assert (made["type"], asked_of(tmp_path / "sandbox.db")) == ("manual", 0)


def test_the_same_request_under_its_key_is_done_once(door: Door, shop: Client, tmp_path: Path) -> None:
    charged(door, shop)
    body = {"invoice": "i-1", "key": "k", "amount": 5_000}
    first, second = shop.without_key().at_once(
        [{"method": "POST", "url": "/v1/refund", "json": body, "headers": door.headers}] * 2
    )
    assert first.json()["id"] == second.json()["id"]
    assert refund(door, key="k", amount=5_000)["id"] == first.json()["id"]
    assert asked_of(tmp_path / "sandbox.db") == 1
    assert door.get("/v1/invoice/i-1")["refunded_amount"] == 5_000
    refused(door, 1, 409, "/v1/refund", {**body, "amount": 1})
    assert refund(door, key="other", amount=5_000)["id"] != first.json()["id"]


def test_a_refund_whose_answer_was_lost_is_finished_under_its_key(
    door: Door, shop: Client, tmp_path: Path
) -> None:
    charged(door, shop, "approve-refund-fail-after")
    lost = refund(door, key="k", amount=5_000)
    assert (lost["state"], door.get("/v1/invoice/i-1")["processing"]) == ("pending", True)
    done = refund(door, key="k", amount=5_000)
    assert (done["state"], done["id"]) == ("refunded", lost["id"])
    assert asked_of(tmp_path / "sandbox.db") == 1
    assert door.get("/v1/invoice/i-1")["refunded_amount"] == 5_000


def test_one_that_was_declined_is_tried_again_under_its_key(door: Door, shop: Client, tmp_path: Path) -> None:
    charged(door, shop, "approve-refund-decline")
    first, second = (refund(door, key="k", amount=5_000) for _ in range(2))
    assert (first["state"], first["error"]) == ("failed", "The bank refused the refund.")
    assert (second["id"], second["state"], asked_of(tmp_path / "sandbox.db")) == (first["id"], "failed", 2)
    assert len(door.get("/v1/invoice/i-1")["credit_notes"]) == 1
    by_hand = refund(door, key="other", manual_transfer=BY_HAND)
    assert (by_hand["amount"], by_hand["state"]) == (20_000, "refunded")


def test_a_server_that_is_killed_while_it_refunds_has_refunded_once(
    door: Door, shop: Client, database: Database, tmp_path: Path
) -> None:
    charged(door, shop, "approve-refund-hang")
    sandbox = tmp_path / "sandbox.db"
    url = database.url.render_as_string(hide_password=False)
    whom = [url, str(sandbox), shop.principal.account_id, "i-1", "k"]
    refunding = subprocess.Popen([sys.executable, "-m", "tests.support.refunding_process", *whom], cwd=ROOT)
    until(lambda: asked_of(sandbox))
    refunding.kill()
    refunding.wait()
    after = door.get("/v1/invoice/i-1")
    assert (after["processing"], after["refunded_amount"], after["credited_amount"]) == (True, 0, 5_000)
    made = refund(door, key="k", amount=5_000)
    assert (made["state"], made["id"]) == ("refunded", after["credit_notes"][0]["id"])
    after = door.get("/v1/invoice/i-1")
    assert (after["refunded_amount"], after["credited_amount"], asked_of(sandbox)) == (5_000, 5_000, 1)
    assert findings(shop) == []


def test_what_cannot_go_back_is_refused_and_nothing_is_credited(door: Door, shop: Client) -> None:
    plan, rebate = charged(door, shop)["order_lines"]
    line = {"order_line_id": plan["id"], "amount": 1}
    invalid: list[tuple[dict[str, Any], int, int, str]] = [
        ({"amount": 25_001}, 65, 400, "25000 of the invoice is left"),
        ({"amount": 0}, 65, 400, "left"),
        ({"amount": -1}, 65, 400, "left"),
        ({"note_lines": [{**line, "amount": 30_001}]}, 65, 400, "30000 of the line"),
        ({"note_lines": [{**line, "order_line_id": rebate["id"]}]}, 65, 400, "-5000 of the line"),
        ({"note_lines": []}, 1, 400, "The list is empty"),
        ({"amount": 1, "note_lines": [line]}, 1, 400, "not both"),
        ({"amount": "1"}, 1, 400, "amount must be a whole number"),
        ({"amount": 2**60}, 1, 400, "amount is"),
        ({"note_lines": [{"amount": 1}]}, 1, 400, "note_lines.0.order_line_id is needed"),
        ({"note_lines": [{**line, "order_line_id": "x"}]}, 1, 400, "no line x"),
        ({"note_lines": [{**line, "vat": 0.2}]}, 1, 400, "note_lines.0.vat must be the line's own, 0.25"),
        ({"note_lines": 3}, 1, 400, "note_lines must be a list"),
        ({"key": "a b"}, 1, 400, "id"),
        ({"key": 3}, 1, 400, "key must be text"),
        ({"text": "\x00"}, 1, 400, "text contains"),
        ({"manual_transfer": {"method": "cash"}}, 1, 400, "manual_transfer.payment_date is needed"),
        ({"invoice": None}, 1, 400, "invoice is needed"),
        ({"invoice": 3}, 1, 400, "invoice must be text"),
        ({"invoice": "nothing"}, 31, 404, "nothing"),
    ]
    for values, code, status, words in invalid:
        message = refused(door, code, status, "/v1/refund", {"invoice": "i-1", **values})
        assert words in message, (values, message)
    after = door.get("/v1/invoice/i-1")
    assert (after["credit_notes"], after["refunded_amount"]) == ([], 0)
    refund(door)
    refused(door, 65, 400, "/v1/refund", {"invoice": "i-1"})


def test_only_what_is_settled_goes_back(door: Door) -> None:
    door.post(CREATE, asked())
    refused(door, 64, 400, "/v1/refund", {"invoice": "i-1", "amount": 1})
