"""The picture of the architecture is what the code imports."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tools.architecture import PICTURE, draw
from tools.rooms import House, read_house


@pytest.fixture(scope="module")
def house() -> House:
    return read_house()


def test_the_picture_is_drawn_from_the_code_as_it_is(house: House) -> None:
    assert PICTURE.read_text() == draw(house), "`python3 dev.py format` draws it again"


def test_a_room_that_imports_another_for_the_first_time_changes_the_picture(house: House) -> None:
    planted = ("invoicing.ledger", "invoicing.invoices")
    assert planted not in house.imports
    assert draw(replace(house, imports=house.imports | {planted})) != draw(house)


def test_what_the_code_imports_is_what_it_may_import(house: House) -> None:
    rooms = {room.name: room for room in house.rooms}
    for importer, imported in house.imports:
        assert house.may_import(rooms[importer], rooms[imported]), f"{importer} imports {imported}"


@pytest.mark.parametrize(
    ("importer", "imported"),
    [
        ("invoicing.ledger", "invoicing.invoices"),
        ("invoicing.orders", "invoicing.ledger"),
        ("resolvers", "schema"),
        ("server.rest", "schema"),
        ("documents.paper", "invoicing.orders"),
    ],
)
def test_what_the_contracts_forbid_is_not_shown_as_allowed(
    house: House, importer: str, imported: str
) -> None:
    rooms = {room.name: room for room in house.rooms}
    assert not house.may_import(rooms[importer], rooms[imported])
