"""The seller's branding: its checks, and that what was issued keeps its own."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any, cast

import pytest
from sqlalchemy import Connection, delete, insert, update
from sqlalchemy.exc import DBAPIError

from invoicing.access import Principal
from invoicing.accounts import branding
from invoicing.accounts.logo import LogoImage, read_logo
from invoicing.accounts.values import UpdateBrandingValues
from invoicing.errors import ValidationError
from invoicing.invoices import from_orders
from invoicing.snapshot import Branding, Logo
from invoicing.storage.database import Database
from invoicing.storage.tables import Account, logos
from tests.support import factories
from tests.support.factories import NOW
from tests.support.logos import TALL, WIDE

WIDE_LOGO, TALL_LOGO = read_logo(WIDE), read_logo(TALL)
PLAIN = Branding(accent_color="#0A636B")


def brand(
    database: Database,
    principal: Principal,
    image: LogoImage | None = None,
    *,
    now: datetime = NOW,
    **values: Any,
) -> Account:
    given = cast(UpdateBrandingValues, {**values, **({} if image is None else {"logo": "given"})})
    return database.write(branding.update_branding, principal, given, image=image, now=now)


def named(image: LogoImage) -> dict[str, Any]:
    return {"sha256": image.sha256, "width": image.width, "height": image.height}


def test_what_is_left_out_does_not_change(database: Database, principal: Principal) -> None:
    brand(database, principal, WIDE_LOGO, accent_color="#8a1538", footer="F", terms="T", tax_name="GST")
    account = brand(database, principal, paper_size="LETTER")
    assert (account.logo, account.accent_color) == (named(WIDE_LOGO), "#8A1538")
    assert (account.footer, account.terms, account.tax_name) == ("F", "T", "GST")
    assert account.paper_size == "LETTER"


def test_null_takes_away_what_was_given(database: Database, principal: Principal) -> None:
    brand(database, principal, WIDE_LOGO, accent_color="#8A1538", footer="F", terms="T", tax_name="GST")
    given: dict[str, Any] = dict.fromkeys(("logo", "accent_color", "footer", "terms", "tax_name"))
    account = brand(database, principal, **given)
    assert (account.logo, account.accent_color) == (None, "#0A636B")
    assert (account.footer, account.terms, account.tax_name) == (None, None, None)


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"accent_color": "red"}, r"must be # and six hexadecimal digits such as #0A636B \(it is “red”\)"),
        ({"accent_color": "#FFF"}, "six hexadecimal digits"),
        ({"accent_color": "#0A636B\n"}, "six hexadecimal digits"),
        ({"accent_color": "#777777"}, r"a contrast of 4.5:1 or more .*that of #777777 is 4.47:1.*darker"),
        ({"accent_color": "#ffffff"}, "is 1.00:1"),
        ({"footer": "a\n\nb\n \nc\n\n\nd"}, r"at most 3 columns, parted by an empty line \(it has 4\)"),
        ({"footer": "x\n" * 9}, r"at most 8 lines and 400 characters in a column \(column 1 has 9 and 17\)"),
        ({"footer": "a\n\n" + "x" * 401}, r"\(column 2 has 1 and 401\)"),
        ({"footer": ""}, "must have 1 to"),
        ({"terms": "x" * 5_001}, "must have 1 to 5000 characters"),
        ({"terms": "a\x07"}, r"control character U\+0007"),
        ({"paper_size": "A5"}, r"must be one of A4, LETTER \(it is A5\)"),
        ({"paper_size": None}, "must be one of A4, LETTER"),
        ({"tax_name": "x" * 31}, "must have 1 to 30 characters"),
        ({"tax_name": "a\nb"}, "must be one line without braces, such as GST or Sales tax"),
        ({"tax_name": "{x}"}, "must be one line without braces"),
    ],
)
def test_what_cannot_be_printed_is_refused(
    database: Database, principal: Principal, values: dict[str, Any], says: str
) -> None:
    (field,) = values
    with pytest.raises(ValidationError, match=f"^{field} .*{says}") as refusal:
        brand(database, principal, **values)
    assert refusal.value.field == field


def test_empty_lines_part_the_columns_of_the_footer(database: Database, principal: Principal) -> None:
    account = brand(database, principal, footer=" A\r\nB\r\n\r\nC\n  \n\t\nD ")
    assert account.footer == "A\nB\n\nC\n\nD"


def test_an_invoice_has_the_branding_of_its_issue(database: Database, principal: Principal) -> None:
    plain = factories.invoice(database, principal)
    brand(database, principal, WIDE_LOGO, accent_color="#8A1538", footer="F", paper_size="LETTER")
    branded = factories.one_time_invoice(database, principal)
    brand(database, principal, TALL_LOGO, tax_name="GST", terms="T")
    credit = database.write(from_orders.credit_invoice, principal, plain.id, None, reason=None, now=NOW)
    wide, tall = Logo(**named(WIDE_LOGO)), Logo(**named(TALL_LOGO))
    expected = Branding(logo=wide, accent_color="#8A1538", footer="F", paper_size="LETTER")
    assert (plain.frozen().branding, plain.logo) == (PLAIN, None)
    assert (branded.frozen().branding, branded.logo) == (expected, wide.sha256)
    assert credit.frozen().branding == replace(expected, logo=tall, terms="T", tax_name="GST")
    assert credit.logo == tall.sha256


def test_every_logo_is_kept_once(database: Database, principal: Principal) -> None:
    for image in (WIDE_LOGO, TALL_LOGO, WIDE_LOGO):
        brand(database, principal, image)
    for image in (WIDE_LOGO, TALL_LOGO):
        kept = database.read(branding.logo, principal.account_id, image.sha256)
        assert kept is not None
        assert (kept.content, kept.media_type) == (image.content, "image/png")


def test_the_database_refuses_to_change_or_delete_a_logo(database: Database, principal: Principal) -> None:
    brand(database, principal, WIDE_LOGO)
    for change in (update(logos).values(content=b""), delete(logos)):
        with pytest.raises(DBAPIError, match="logos are kept"):
            database.write(Connection.execute, change)


def test_a_logo_is_the_accounts_own(database: Database, principal: Principal) -> None:
    brand(database, principal, WIDE_LOGO)
    other = factories.principal(database)
    assert database.read(branding.logo, other.account_id, WIDE_LOGO.sha256) is None
    assert brand(database, other, WIDE_LOGO).logo == named(WIDE_LOGO)
    row = {"account_id": "nobody", "sha256": "x", "media_type": "image/png", "content": b""}
    with pytest.raises(DBAPIError, match=r"(?i)foreign key"):
        database.write(Connection.execute, insert(logos).values(**row, created_at=NOW))


def test_a_new_account_has_the_paper_of_its_country(database: Database) -> None:
    sellers = [factories.principal(database, address={"country_code": country}) for country in ("US", "NL")]
    sizes = [brand(database, seller).paper_size for seller in sellers]
    assert sizes == ["LETTER", "A4"]
