"""The QR codes on paper, read from the page as a telephone reads them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import zxingcpp
from hypothesis import given
from hypothesis import strategies as st
from pypdfium2 import PdfDocument  # type: ignore[import-untyped]

from documents.paper.qr import modules_of, rectangles
from documents.pdf import render
from invoicing.snapshot import Snapshot
from tests.support.snapshots import SELLER, invoice, with_lines

SHARPNESS = 200 / 72  # 200 dots an inch: less than any camera sees


def codes(snapshot: Snapshot) -> list[list[str]]:
    """The texts of the QR codes on each page."""
    document = PdfDocument(render(snapshot))
    pictures = [page.render(scale=SHARPNESS).to_pil().convert("L") for page in document]
    return [[code.bytes.decode() for code in zxingcpp.read_barcodes(each)] for each in pictures]


def seller(**values: Any) -> Snapshot:
    return invoice(seller=replace(SELLER, **values))


def test_a_transfer_in_euros_is_filled_in_from_its_code() -> None:
    ((code,),) = codes(invoice())
    assert code.split("\n") == [
        "BCD", "002", "1", "SCT", "ABNANL2A", "Mug & Co", "NL91ABNA0417164300", "EUR12.10", "", "",
        "2025-0001",
    ]  # fmt: skip


def test_the_code_asks_for_what_is_left_and_names_the_account_holder() -> None:
    snapshot = replace(
        seller(legal_name="Müller & Søn €\nB.V.", iban="nl91 abna 0417 1643 00", bic=None), paid=205
    )
    ((code,),) = codes(snapshot)
    assert code.split("\n")[4:8] == ["", "Müller & Søn € B.V.", "NL91ABNA0417164300", "EUR10.05"]


def test_a_long_name_is_cut_to_what_a_transfer_takes() -> None:
    ((code,),) = codes(seller(legal_name="Ü" * 200))
    assert code.split("\n")[5] == "Ü" * 70


def test_a_bank_that_is_none_is_left_out() -> None:
    ((code,),) = codes(seller(bic="A"))
    assert code.split("\n")[4] == ""


@pytest.mark.parametrize(
    "snapshot",
    [
        invoice(currency="USD"),
        invoice(currency_decimals=3),
        seller(iban=None),
        seller(iban="NL91ABNA0417164301"),
        seller(iban="BR1800360305000010009795493C1"),
        invoice(paid=1_210),
        invoice(total=100_000_000_000, total_ex_vat=100_000_000_000),
        invoice(type="CREDIT", total=-1_210),
    ],
    ids=["dollars", "three decimals", "no account", "wrong account", "Brazil", "paid", "too much", "credit"],
)
def test_there_is_no_code_where_no_transfer_can_be_said(snapshot: Snapshot) -> None:
    assert codes(snapshot) == [[]]


def test_the_code_stands_once_where_it_is_asked_to_pay() -> None:
    *before, last = codes(with_lines(40))
    assert len(last) == 1
    assert not any(before)


@given(st.text(min_size=1, max_size=300))
def test_the_squares_of_a_code_are_its_black(text: str) -> None:
    modules = modules_of(text)
    drawn = [[False] * len(modules) for _ in modules]
    for left, top, width in rectangles(modules):
        assert width > 0
        drawn[top][left : left + width] = [True] * width
    assert drawn == [[module == 0 for module in row] for row in modules]
