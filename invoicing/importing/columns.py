"""The plain format: the columns that orders are imported from, and what each may hold."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from invoicing.importing.source import UnreadableFile

Row = Mapping[str, str]

ORDER = (
    "order_number",
    "order_id",
    "order_date",
    "delivery_date",
    "currency",
    "customer_handle",
    "customer_name",
    "customer_email",
    "customer_vat_number",
    "customer_address",
    "customer_postal_code",
    "customer_city",
    "customer_country",
    "ship_to_country",
    "purchase_order_number",
    "buyer_reference",
)
"""What is true of the whole order: its lines agree on it, or leave it empty."""

ITEM = (
    "item_type",
    "sku",
    "name",
    "description",
    "quantity",
    "unit",
    "unit_price",
    "discount",
    "vat_rate",
    "vat_category",
    "exemption_reason",
)

OF_REJECTS = ("reject_line", "reject_reason", "reject_message")
"""What a file of rejects has in front of the original columns, so that it can be mended and imported."""

_ID = re.compile(r"[A-Za-z0-9_.@:-]{1,64}")


class SetAside(Exception):
    """The line is not for sale: it is listed among the rejects, and the order goes on without it."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message


@dataclass(frozen=True, slots=True)
class Format:
    """A kind of file: the columns it must and may have, and how a row of it reads in the plain columns."""

    required: Sequence[str]
    known: frozenset[str]
    plain: Callable[[Row], Row]
    including_vat: bool
    currency: str | None = None


def _as_it_is(row: Row) -> Row:
    return row


PLAIN = Format(
    required=("order_number", "name", "quantity", "unit_price"),
    known=frozenset((*ORDER, *ITEM)),
    plain=_as_it_is,
    including_vat=True,
)


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of one file, against its format."""

    names: Sequence[str]
    kept: Sequence[tuple[int, str]]
    ignored: Sequence[str]

    def row(self, fields: Sequence[str]) -> dict[str, str]:
        """The cells that say something, by their column."""
        return {name: cell for at, name in self.kept if (cell := fields[at].strip())}


def columns(header: Sequence[str], expected: Format) -> Columns:
    missing = [name for name in expected.required if name not in header]
    if missing:
        raise UnreadableFile(
            f"The file lacks the column{'s' * (len(missing) > 1)} {', '.join(missing)}. "
            f"It has: {', '.join(header)[:500]}."
        )
    if repeated := sorted({name for name in header if name in expected.known and header.count(name) > 1}):
        raise UnreadableFile(f"The file has the column {', '.join(repeated)} more than once.")
    kept = [(at, name) for at, name in enumerate(header) if name in expected.known]
    ignored = [name for name in header if name not in expected.known and name not in OF_REJECTS]
    return Columns(header, kept, ignored)


def order_id(row: Row) -> str:
    """The id that the order gets, today and whenever the file is imported again; empty without a number."""
    if given := row.get("order_id"):
        return given
    number = row.get("order_number", "")
    if not number or _ID.fullmatch(number):
        return number
    return f"order-{hashlib.sha256(number.encode('utf-8', 'surrogatepass')).hexdigest()[:32]}"
