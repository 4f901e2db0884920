"""The plain format: the columns that orders are imported from, and what each may hold."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from invoicing.importing.csv_file import UnreadableFile

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

ADDRESS = {
    "customer_address": "address_line_1",
    "customer_postal_code": "postal_code",
    "customer_city": "locality",
    "customer_country": "country_code",
}
"""Where an address keeps what these columns say."""

OF_REJECTS = ("reject_line", "reject_reason", "reject_message")
"""What a file of rejects has in front of the original columns, so that it can be mended and imported."""

_ID = re.compile(r"[A-Za-z0-9_.@:-]{1,200}")  # with room for the number of an item


class SetAside(Exception):
    """The line is not for sale: it is listed among the rejects, and the order goes on without it."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message


def _as_it_is(row: Row) -> Row:
    return row


def _never(_: Row) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Format:
    """A kind of file: the columns it must and may have, and how a row of it reads in the plain columns."""

    required: Sequence[str]
    known: frozenset[str]
    key: Sequence[str]  # what names the order: the first of these that is filled in
    plain: Callable[[Row], Row]
    including_vat: bool
    currency: str | None = None
    cancels: Callable[[Row], bool] = _never  # whether a row of the file belongs to a cancellation


PLAIN = Format(
    required=("order_number", "name", "quantity", "unit_price"),
    known=frozenset((*ORDER, *ITEM)),
    key=("order_id", "order_number"),
    plain=_as_it_is,
    including_vat=True,
)


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of one file, against its format."""

    names: Sequence[str]
    kept: Sequence[tuple[int, str]]
    key: Sequence[int]
    ignored: Sequence[str]

    def row(self, fields: Sequence[str]) -> dict[str, str]:
        """The cells that say something, by their column; a line that is too short has fewer."""
        some = len(fields)
        return {name: cell for at, name in self.kept if at < some and (cell := fields[at].strip())}

    def order(self, fields: Sequence[str]) -> str:
        """The id that the line's order gets, whenever the file is imported; empty if it names none."""
        for at in self.key:
            if at < len(fields) and (named := fields[at].strip()):
                return named if _ID.fullmatch(named) else _digest(named)
        return ""


def columns(header: Sequence[str], expected: Format) -> Columns:
    """Which cells hold what; capital letters in names do not matter."""
    known = {name.casefold(): name for name in expected.known}
    kept = [(at, known[name.casefold()]) for at, name in enumerate(header) if name.casefold() in known]
    found = [name for _, name in kept]
    if missing := [name for name in expected.required if name not in found]:
        raise UnreadableFile(
            f"The file lacks the column{'s' * (len(missing) > 1)} {', '.join(missing)}. "
            f"It has: {', '.join(header)[:500]}."
        )
    if repeated := sorted({name for name in found if found.count(name) > 1}):
        raise UnreadableFile(f"The file has the column {', '.join(repeated)} more than once.")
    key = [at for name in expected.key for at, column in kept if column == name]
    expected_names = {*known, *OF_REJECTS}
    ignored = [name for name in header if name.casefold() not in expected_names]
    return Columns(header, kept, key, ignored)


def _digest(name: str) -> str:
    return f"order-{hashlib.sha256(name.encode('utf-8', 'surrogateescape')).hexdigest()[:32]}"
