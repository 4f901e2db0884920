"""What an account shows."""

from __future__ import annotations

from pathlib import Path

import pytest

from invoicing.access import Scope
from invoicing.storage.database import Database
from tests.support.client import Client, client


@pytest.fixture
def shop(database: Database, tmp_path: Path) -> Client:
    return client(database, tmp_path)


def test_an_account_shows_its_settings_and_keys(shop: Client) -> None:
    account = shop.ask(
        "{ account { name legal_name address { locality country_code address_line_2 } default_currency "
        "default_vat_rate payment_terms_days timezone api_keys { name scopes revoked_at } } }"
    )["account"]
    (key,) = account.pop("api_keys")
    assert account == {
        "name": "Mug & Co",
        "legal_name": "Mug & Co",
        "address": {"locality": "Amsterdam", "country_code": "NL", "address_line_2": None},
        "default_currency": "EUR",
        "default_vat_rate": 21,
        "payment_terms_days": 14,
        "timezone": "UTC",
    }
    assert (key["name"], key["revoked_at"]) == ("Back office", None)
    assert sorted(key["scopes"]) == sorted(scope.name for scope in Scope)
