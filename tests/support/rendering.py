"""Makes the PDFs that are due in this process: the worker's processes take seconds to start."""

from __future__ import annotations

from datetime import UTC, datetime

from documents.render_job import RenderTask, StoredPdf, render_all
from documents.store import Store, pdf_key
from invoicing.invoices import pdf
from invoicing.invoices.pdf import RenderedPdf
from invoicing.storage.database import Database


def render_due(database: Database, store: Store) -> int:
    """How many PDFs were made."""
    now = datetime.now(UTC)
    due = database.write(pdf.claim, most=1_000, now=now)
    keys = [pdf_key(each.job.account_id, each.job.subject_id) for each in due]
    tasks = [
        RenderTask(each.snapshot, key, each.job.attempts, store, each.logo)
        for each, key in zip(due, keys, strict=True)
    ]
    made = []
    for each, outcome in zip(due, render_all(tasks), strict=True):
        assert isinstance(outcome, StoredPdf)
        e_invoices = outcome.has_e_invoice, outcome.e_invoices
        size, digest, warnings = outcome.size, outcome.sha256, outcome.warnings
        made.append(RenderedPdf(each.job, outcome.key, size, digest, *e_invoices, warnings=warnings))
    database.write(pdf.record, made, [], now=now)
    return len(made)
