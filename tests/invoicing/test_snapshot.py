"""The frozen invoice: it is read back as it was written, and new code reads old ones."""

from __future__ import annotations

from dataclasses import MISSING, FrozenInstanceError, fields
from datetime import date
from typing import Any

import orjson
import pytest

from invoicing import stored_snapshot
from invoicing.access import Principal
from invoicing.snapshot import (
    Address,
    Line,
    OrderReference,
    Party,
    PaymentReference,
    PrintedPayment,
    PrintedSetOff,
    Snapshot,
    VatRow,
)
from invoicing.storage.database import Database
from tests.support import factories

FULL = Snapshot(
    id="v",
    number="INV-1",
    type="INVOICE",
    currency="EUR",
    is_including_vat=True,
    issued_on=date(2025, 6, 2),
    due_on=date(2025, 6, 16),
    locale="nl",
    seller=Party(name="Mug & Co", address=Address(locality="Amsterdam"), iban="NL91ABNA0417164300"),
    buyer=Party(name="Ann “Ærø” 東京", is_business=False, reference="R"),
    lines=(
        Line(
            id="l",
            name="Mug",
            quantity=3_000_000,
            unit_price=2_499,
            subtotal=7_497,
            total=7_497,
            total_ex_vat=6_196,
            vat_amount=1_301,
            vat_rate=210_000,
        ),
    ),
    vat=(VatRow(category="S", rate=210_000, base=6_196, amount=1_301),),
    subtotal=7_497,
    total_ex_vat=6_196,
    total_vat=1_301,
    total=7_497,
    orders=(OrderReference(id="o", number="1", delivery_date=date(2025, 6, 1)),),
    shipping_address=Address(country_code="NL"),
    payments=(PrintedPayment(paid_on=date(2025, 6, 1), method="iDEAL", amount=100),),
    set_off=(PrintedSetOff(number="INV-0", amount=7),),
    payment_reference=PaymentReference("SCOR", "RF31202500000001"),
    metadata={"a": [1, None]},
)
SPARSE = Snapshot(**{**{f.name: getattr(FULL, f.name) for f in fields(FULL)}, "due_on": None, "orders": (),
                     "shipping_address": None, "payments": (), "set_off": None, "metadata": {}})  # fmt: skip


@pytest.mark.parametrize("kind", [Snapshot, Line, Party, Address])
def test_what_may_be_none_is_none_where_it_is_missing(kind: type) -> None:
    """Else `dump` could not leave it out."""
    may_be_none = {each.name: each.default for each in fields(kind) if "None" in str(each.type)}
    assert {name for name, default in may_be_none.items() if default is not None} <= {"due_on"}


def test_what_there_is_not_is_not_stored() -> None:
    stored = orjson.loads(stored_snapshot.dump(SPARSE))
    (line,) = stored["lines"]
    assert (stored["due_on"], stored["shipping_address"]) == (None, None)  # servers of before expect them
    assert all(value is not None for value in [*line.values(), *stored["seller"].values()])
    assert "note" not in stored
    assert stored["buyer"]["address"] == {}


@pytest.mark.parametrize("frozen", [FULL, SPARSE])
def test_what_is_written_is_read_back(frozen: Snapshot) -> None:
    assert stored_snapshot.load(stored_snapshot.dump(frozen)) == frozen
    assert stored_snapshot.load(stored_snapshot.dump(frozen).encode()) == frozen


def test_an_old_snapshot_without_the_newer_fields_is_read() -> None:
    """Fields are only ever added, with a default, which an old snapshot gets when it is read."""
    stored = orjson.loads(stored_snapshot.dump(FULL))
    needed = {"shipping_address", "orders"}  # in every snapshot since the first version

    def old(value: dict[str, Any], kind: type) -> dict[str, Any]:
        optional = {
            f.name for f in fields(kind) if f.default is not MISSING or f.default_factory is not MISSING
        }
        return {name: part for name, part in value.items() if name not in optional - needed}

    stored = old(stored, Snapshot)
    stored["lines"] = [old(line, Line) for line in stored["lines"]]
    read = stored_snapshot.load(orjson.dumps(stored))
    assert (read.total, read.lines[0].unit, read.lines[0].supply) == (7_497, "C62", "GOODS")
    assert (read.note, read.metadata) == (None, {})


def test_a_snapshot_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        FULL.total = 1  # type: ignore[misc]


def test_an_issued_invoice_reads_as_it_was_frozen(database: Database, principal: Principal) -> None:
    issued = factories.invoice(database, principal, billing_name="Ann “Ærø” 東京")
    frozen = issued.frozen()
    assert stored_snapshot.load(stored_snapshot.dump(frozen)) == frozen
    assert (frozen.id, frozen.number, frozen.buyer.name) == (issued.id, issued.number, "Ann “Ærø” 東京")
