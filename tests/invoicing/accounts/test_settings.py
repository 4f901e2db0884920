"""The seller's settings: their defaults and checks, separate for each account."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

import pytest

from invoicing import checks
from invoicing.access import Principal
from invoicing.accounts import settings as account_settings
from invoicing.accounts.values import CreateAccountValues, UpdateAccountValues
from invoicing.errors import ValidationError
from invoicing.storage.database import Database
from tests.support import factories


def change_settings(database: Database, principal: Principal, now: datetime, **values: Any) -> Any:
    given = cast(UpdateAccountValues, values)
    return database.write(account_settings.update_account, principal, given, now=now)


def test_an_account_needs_nothing_but_a_name(database: Database, now: datetime) -> None:
    id = database.write(account_settings.create_account, {"name": "Mug & Co"}, now=now)
    account = database.read(account_settings.account, id)
    assert (account.name, account.legal_name, account.address) == ("Mug & Co", "", {})
    assert (account.default_currency, account.default_vat_rate, account.timezone) == ("EUR", 210_000, "UTC")
    assert (account.payment_terms_days, account.invoice_after_shipment) == (14, False)
    assert (account.invoice_number_format, account.credit_number_format) == (
        "INV-{year}-{seq:05d}",
        "CRN-{year}-{seq:05d}",
    )
    assert account.created_at == account.updated_at == now


def test_a_setting_that_is_left_out_does_not_change(
    database: Database, principal: Principal, now: datetime
) -> None:
    before = database.read(account_settings.account, principal.account_id)
    after = change_settings(database, principal, now, iban="NL91 ABNA 0417 1643 00", locale="de-AT")
    assert (after.iban, after.locale) == ("NL91ABNA0417164300", "de_AT")
    assert (after.name, after.address) == (before.name, before.address)


def test_a_setting_of_one_account_does_not_change_another(database: Database, now: datetime) -> None:
    mine, theirs = factories.principal(database), factories.principal(database)
    before = database.read(account_settings.account, theirs.account_id)
    change_settings(database, mine, now, name="Cups Ltd", default_currency="JPY")
    assert database.read(account_settings.account, theirs.account_id) == before


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "  "}, "name"),
        ({"name": None}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"name": "a\x07b"}, "name"),
        ({"address": None}, "address"),
        ({"address": {"country_code": "XX"}}, "address.country_code"),
        ({"address": {"email": "nobody"}}, "address.email"),
        ({"email": "a b@c"}, "email"),
        ({"iban": "NL91ABNA0417164301"}, "iban"),
        ({"bic": "ABNANL"}, "bic"),
        ({"default_currency": "EURO"}, "default_currency"),
        ({"default_currency": "eur"}, "default_currency"),
        ({"default_currency": "XAU"}, "default_currency"),
        ({"default_currency": None}, "default_currency"),
        ({"default_vat_rate": -1}, "default_vat_rate"),
        ({"default_vat_rate": 100.0001}, "default_vat_rate"),
        ({"default_vat_rate": 5.55555}, "default_vat_rate"),
        ({"default_vat_rate": float("nan")}, "default_vat_rate"),
        ({"default_vat_rate": None}, "default_vat_rate"),
        ({"locale": "tlh-QQ-xyz!"}, "locale"),
        ({"locale": None}, "locale"),
        ({"timezone": "Europe/Atlantis"}, "timezone"),
        ({"timezone": None}, "timezone"),
        ({"payment_terms_days": 366}, "payment_terms_days"),
        ({"payment_terms_days": -1}, "payment_terms_days"),
        ({"payment_terms_days": True}, "payment_terms_days"),
        ({"invoice_number_format": "INV"}, "invoice_number_format"),
        ({"credit_number_format": None}, "credit_number_format"),
        ({"invoice_after_shipment": None}, "invoice_after_shipment"),
    ],
)
def test_an_invalid_setting_is_refused(values: dict[str, Any], field: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        checks.checked(values, account_settings.CHECKS)
    assert refusal.value.field == field


@pytest.mark.parametrize(
    ("invoices", "credit_invoices"),
    [
        ("N-{seq}", "N-{seq}"),
        ("N-{seq}", "N-{seq:01d}"),
        ("N-{seq}", "N-{seq:05d}"),
        ("N-{month}-{seq}", "N-{month:02d}-{seq}"),
    ],
)
def test_invoices_and_credit_invoices_cannot_get_the_same_numbers(
    database: Database, principal: Principal, now: datetime, invoices: str, credit_invoices: str
) -> None:
    formats = {"invoice_number_format": invoices, "credit_number_format": credit_invoices}
    with pytest.raises(ValidationError, match="must differ") as refusal:
        change_settings(database, principal, now, **formats)
    assert refusal.value.field == "credit_number_format"
    given = cast(CreateAccountValues, {"name": "Cups Ltd", **formats})
    with pytest.raises(ValidationError, match="must differ"):
        database.write(account_settings.create_account, given, now=now)


def test_a_new_format_must_differ_from_the_other_current_one(
    database: Database, principal: Principal, now: datetime
) -> None:
    with pytest.raises(ValidationError, match="must differ"):
        change_settings(database, principal, now, invoice_number_format="CRN-{year}-{seq:05d}")
    with pytest.raises(ValidationError, match="must differ"):
        change_settings(database, principal, now, credit_number_format="INV-{year}-{seq:05d}")


def test_accounts_are_found_by_id_and_by_name(database: Database, now: datetime) -> None:
    mine = database.write(account_settings.create_account, {"name": "Mug & Co"}, now=now)
    theirs = database.write(account_settings.create_account, {"name": "Cups Ltd"}, now=now)

    def named(name: str | None) -> list[str]:
        return [found.id for found in database.read(account_settings.accounts_named, name)]

    assert named(None) == [mine, theirs]
    assert (named(mine), named("Cups Ltd"), named("Unknown")) == ([mine], [theirs], [])
