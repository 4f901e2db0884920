"""A frozen invoice becomes a file in the store; one that cannot be printed does not stop the others."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from hashlib import sha256

from documents.einvoice.formats import EInvoiceFormat
from documents.render_job import RenderFailure, RenderTask, StoredPdf, render_all, render_to_store
from documents.store import FileStore, pdf_key
from invoicing.snapshot import Line, Party, Snapshot, VatRow
from invoicing.stored_snapshot import dump
from tests.support.einvoices import BUYER_PARTY, SELLER_PARTY

MUG = Line(
    id="1",
    name="Mug",
    quantity=1_000_000,
    unit_price=1_210,
    subtotal=1_210,
    total=1_210,
    total_ex_vat=1_000,
    vat_amount=210,
    vat_rate=210_000,
)
INVOICE = Snapshot(
    id="1",
    number="INV-2025-00001",
    type="INVOICE",
    currency="EUR",
    is_including_vat=True,
    issued_on=date(2025, 6, 2),
    due_on=date(2025, 6, 16),
    locale="en",
    seller=Party(name="Mug & Co"),
    buyer=Party(name="Ann Baker"),
    lines=(MUG,),
    vat=(VatRow(category="S", rate=210_000, base=1_000, amount=210),),
    subtotal=1_210,
    total_ex_vat=1_000,
    total_vat=210,
    total=1_210,
)
KEY = pdf_key("account", "1")


def test_a_snapshot_becomes_a_file_and_its_description(store: FileStore) -> None:
    stored = render_to_store(dump(INVOICE), KEY, 1, store)
    content = store.path(KEY).read_bytes()
    assert content.startswith(b"%PDF-")
    assert stored == StoredPdf(KEY, len(content), sha256(content).hexdigest())


def test_it_is_known_which_e_invoices_can_be_made_of_it(store: FileStore) -> None:
    assert render_to_store(dump(INVOICE), KEY, 1, store).e_invoices == ()
    complete = replace(INVOICE, seller=SELLER_PARTY, buyer=BUYER_PARTY)
    assert render_to_store(dump(complete), KEY, 1, store).e_invoices == (*EInvoiceFormat,)
    without_phone = replace(complete, seller=replace(SELLER_PARTY, phone_number=None))
    assert render_to_store(dump(without_phone), KEY, 1, store).e_invoices == (
        EInvoiceFormat.PEPPOL_UBL,
        EInvoiceFormat.FACTUR_X,
    )


def test_rendering_it_again_gives_the_same_file(store: FileStore) -> None:
    assert render_to_store(dump(INVOICE), KEY, 1, store) == render_to_store(dump(INVOICE), KEY, 2, store)


def test_an_invoice_that_cannot_be_printed_does_not_stop_the_others(store: FileStore) -> None:
    unprintable = dump(INVOICE).replace('"en"', "17")
    snapshots = [dump(INVOICE), unprintable, "no snapshot", dump(INVOICE)]
    tasks = [
        RenderTask(snapshot, pdf_key("account", str(n)), 1, store) for n, snapshot in enumerate(snapshots)
    ]
    outcomes = render_all(tasks)
    assert [type(outcome) for outcome in outcomes] == [StoredPdf, RenderFailure, RenderFailure, StoredPdf]
    assert [store.exists(task.key) for task in tasks] == [True, False, False, True]


def test_a_failure_is_one_line_and_a_traceback(store: FileStore) -> None:
    (failed,) = render_all([RenderTask('{\n"seller": 1}', KEY, 1, store)])
    assert isinstance(failed, RenderFailure)
    assert failed.reason
    assert "\n" not in failed.reason
    assert failed.traceback.startswith("Traceback")
