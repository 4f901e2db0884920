"""There is one demo shop, even if its token changes."""

from __future__ import annotations

from datetime import datetime

from invoicing.accounts import api_keys
from invoicing.accounts import settings as account_settings
from invoicing.demo import fill
from invoicing.storage.database import Database


def test_another_token_opens_the_same_shop_and_revokes_the_old_one(database: Database, now: datetime) -> None:
    first = database.write(fill.create_demo_shop, token="inv_demo_first", now=now)
    second = database.write(fill.create_demo_shop, token="inv_demo_second", now=now)
    assert first is not None
    assert second is not None
    assert (first.is_new, second.is_new) == (True, False)
    assert first.account_id == second.account_id
    assert len(database.read(account_settings.accounts_named, None)) == 1
    assert database.read(api_keys.find_principal, "inv_demo_first") is None
    assert database.read(api_keys.find_principal, "inv_demo_second") is not None
