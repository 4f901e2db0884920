"""A field that fails takes its sisters with it, and nobody else."""

from __future__ import annotations

import asyncio
import gc
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from invoicing.storage.database import Database
from tests.support import factories
from tests.support.client import client
from tests.support.contexts import context


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


@pytest.mark.parametrize("is_cancelled", [False, True])
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_rows_that_could_not_be_loaded_together_are_told_once(database: Database, is_cancelled: bool) -> None:
    ctx = context(factories.principal(database), database)
    database.write(lambda connection: connection.execute(text("ALTER TABLE customers RENAME TO lost")))
    logged: list[dict[str, Any]] = []

    async def load() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, logs: logged.append(logs))
        loading = asyncio.ensure_future(ctx.loaders.customer.load_many(["a", "b", "c"]))
        await asyncio.sleep(0)
        if is_cancelled:
            loading.cancel()
        with pytest.raises(asyncio.CancelledError if is_cancelled else OperationalError):
            await loading
        with pytest.raises(OperationalError):
            await ctx.loaders.customer.load("a")
        del loading
        gc.collect()
        await asyncio.sleep(0)

    asyncio.run(load())
    assert logged == []
