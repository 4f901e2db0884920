"""The seller's branding: what its papers look like beside what they say. Issued papers do not change."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from invoicing import checks, locks
from invoicing.access import Principal
from invoicing.accounts.contrast import LEAST, contrast_on_white
from invoicing.accounts.logo import LogoImage
from invoicing.accounts.paper_size import PaperSize
from invoicing.accounts.settings import account
from invoicing.accounts.values import UpdateBrandingValues
from invoicing.checks import checked, optional, text
from invoicing.errors import ValidationError
from invoicing.storage import rows
from invoicing.storage.prepared import Prepared
from invoicing.storage.tables import ACCENT, Account, Logo, accounts, logos
from invoicing.storage.upserts import upsert

FOOTER_COLUMNS, FOOTER_LINES, FOOTER_LENGTH = 3, 8, 400
MOST_TERMS = 5_000

_COLOUR = re.compile("#[0-9A-Fa-f]{6}")
_TAX_NAME = re.compile(r"[^{}\t\r\n]+")
_BETWEEN_COLUMNS = re.compile(r"\n[ \t]*(?:\n[ \t]*)+")

_BY_HASH = Prepared(
    select(logos).where(logos.c.account_id == bindparam("account"), logos.c.sha256 == bindparam("its_hash"))
)


def accent_color(value: Any, field: str) -> str:
    """A colour in which text can be read on white paper; without one, the usual."""
    if value is None:
        return ACCENT
    if not _COLOUR.fullmatch(str(value)):
        raise ValidationError(
            f"{field} must be # and six hexadecimal digits such as {ACCENT} (it is “{str(value)[:20]}”).",
            field=field,
        )
    colour = str(value).upper()
    if (contrast := contrast_on_white(colour)) < LEAST:
        raise ValidationError(
            f"{field} must have a contrast of {LEAST}:1 or more on white paper, so that it can be read "
            f"(that of {colour} is {contrast}:1): choose a darker one.",
            field=field,
        )
    return colour


def footer(value: Any, field: str) -> str:
    """Up to three columns: what an empty line parts stands side by side."""
    clean = str(text(FOOTER_COLUMNS * FOOTER_LENGTH + 100)(value, field))
    columns = _BETWEEN_COLUMNS.split("\n".join(clean.splitlines()))
    if len(columns) > FOOTER_COLUMNS:
        raise ValidationError(
            f"{field} must have at most {FOOTER_COLUMNS} columns, parted by an empty line "
            f"(it has {len(columns)}).",
            field=field,
        )
    for number, column in enumerate(columns, start=1):
        count = column.count("\n") + 1
        if count > FOOTER_LINES or len(column) > FOOTER_LENGTH:
            raise ValidationError(
                f"{field} must have at most {FOOTER_LINES} lines and {FOOTER_LENGTH} characters in a column "
                f"(column {number} has {count} and {len(column)}).",
                field=field,
            )
    return "\n\n".join(columns)


def tax_name(value: Any, field: str) -> str:
    """A word or some in one line, which take the place of VAT in sentences."""
    clean = str(text(30)(value, field))
    if not _TAX_NAME.fullmatch(clean):
        raise ValidationError(
            f"{field} must be one line without braces, such as GST or Sales tax (it is “{clean}”).",
            field=field,
        )
    return clean


CHECKS: Mapping[str, checks.Check] = {
    "accent_color": accent_color,
    "footer": optional(footer),
    "terms": optional(text(MOST_TERMS)),
    "paper_size": checks.one_of(PaperSize),
    "tax_name": optional(tax_name),
}


def update_branding(
    connection: Connection,
    principal: Principal,
    values: UpdateBrandingValues,
    *,
    image: LogoImage | None,
    now: datetime,
) -> Account:
    """Changes what is given; `image` is what `read_logo` made of its logo.

    A logo that is replaced stays stored: an issued invoice may name it.
    """
    row = checked(values, CHECKS)
    locks.lock_account(connection, principal.account_id)
    if "logo" in values:
        row["logo"] = None if image is None else _kept(connection, principal.account_id, image, now=now)
    connection.execute(
        update(accounts).where(accounts.c.id == principal.account_id).values(**row, updated_at=now)
    )
    return account(connection, principal.account_id)


def logo(connection: Connection, account_id: str, sha256: str) -> Logo | None:
    return rows.one_or_none(connection, _BY_HASH, {"account": account_id, "its_hash": sha256}, as_=Logo)


def _kept(connection: Connection, account_id: str, image: LogoImage, *, now: datetime) -> dict[str, Any]:
    """Stores it, once. Returns what the account's row says of it."""
    row = {
        "account_id": account_id,
        "sha256": image.sha256,
        "media_type": image.media_type,
        "content": image.content,
        "created_at": now,
    }
    connection.execute(upsert(logos).on_conflict_do_nothing(), row)
    return {"sha256": image.sha256, "width": image.width, "height": image.height}
