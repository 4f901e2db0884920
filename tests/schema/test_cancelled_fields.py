"""A field that fails takes its sisters with it, and nobody else."""

from __future__ import annotations

from pathlib import Path

import pytest

from invoicing.storage.database import Database
from tests.support import factories
from tests.support.client import client


@pytest.mark.parametrize("failing", ["lines", "credits", "credited_by", "orders"])
def test_others_get_what_a_cancelled_field_waited_for_too(
    database: Database, tmp_path: Path, failing: str
) -> None:
    shop = client(database, tmp_path)
    sold = factories.invoice(database, shop.principal, invoice_id="sold")
    waits = "reimbursement { amount_outstanding payments { id } } receipt_url"
    answer = shop.post(
        f'{{ whole: invoice(id: "sold") {{ {waits} }} '
        f'failing: invoice(id: "sold") {{ {failing}(first: -1) {{ id }} {waits} }} }}'
    ).json()
    (error,) = answer["errors"]
    assert error["extensions"]["code"] == "VALIDATION_ERROR"
    assert error["path"] == ["failing", failing]
    total = sold.frozen().total
    assert answer["data"] is None or answer["data"]["whole"]["reimbursement"]["amount_outstanding"] == total
