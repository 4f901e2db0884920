"""The columns of files to import, and the plain format, which every format is converted to."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from invoicing.importing.dialect import UnreadableFile
from invoicing.importing.formulas import REJECT_COLUMNS
from invoicing.importing.sale import Sale, ShopTerms

Row = Mapping[str, str]

ORDER_COLUMNS = (
    "order_number",
    "order_id",
    "order_date",
    "delivery_date",
    "currency",
    "customer_handle",
    "customer_name",
    "customer_email",
    "customer_vat_number",
    "customer_legal_name",
    "customer_registration_number",
    "customer_contact_name",
    "customer_phone_number",
    "customer_electronic_address",
    "customer_address",
    "customer_address_2",
    "customer_postal_code",
    "customer_city",
    "customer_state",
    "customer_country",
    "ship_to_country",
    "purchase_order_number",
    "buyer_reference",
)
"""The columns of the whole order: its lines have the same value there, or none."""

ITEM_COLUMNS = (
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
    "item_supply",
)

DETAIL_COLUMNS = {
    "customer_vat_number": "vat_number",
    "customer_legal_name": "legal_name",
    "customer_registration_number": "registration_number",
    "customer_contact_name": "contact_name",
    "customer_phone_number": "phone_number",
    "customer_electronic_address": "electronic_address",
}
"""The fields of a customer's that each of these columns fills, and that guests do not have."""

ADDRESS_COLUMNS = {
    "customer_address": "address_line_1",
    "customer_address_2": "address_line_2",
    "customer_postal_code": "postal_code",
    "customer_city": "locality",
    "customer_state": "administrative_area",
    "customer_country": "country_code",
}
"""The field of an address that each of these columns fills."""

LATER_COLUMNS = frozenset(
    (
        "customer_legal_name",
        "customer_registration_number",
        "customer_contact_name",
        "customer_phone_number",
        "customer_electronic_address",
        "customer_address_2",
        "customer_state",
        "item_supply",
    )
)
"""Not in the digest of an order: files that were imported before these columns were read had them too."""

"""The columns that a file of rejects has before the original ones. An import ignores them."""

_ID = re.compile(r"[A-Za-z0-9_.@:-]{1,200}")  # shorter than an id may be, to leave room for an item's number


class MissingColumns(UnreadableFile):
    """The file lacks columns that its format must have."""


class NotASale(Exception):
    """The line is not a sale: it is listed with the rejects, and its order is imported without it."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message


def _unchanged(row: Row) -> Row:
    return row


def _never(_: Row) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Format:
    """A kind of file: the columns it must and may have, and how a row is converted to the plain columns."""

    required: Sequence[str]
    known: frozenset[str]
    key: Sequence[str]  # the columns that identify the order: the first that is not empty does
    to_plain: Callable[[Row], Row]
    including_vat: bool
    currency: str | None = None
    is_cancellation: Callable[[Row], bool] = _never  # whether a row belongs to a cancellation
    to_sale: Callable[[Sequence[Row], ShopTerms], Sale] | None = None  # reads all rows of an order at once
    key_prefix: str = ""  # what an order's number begins with, and its id does not
    headers: Mapping[str, str] | None = None  # what each column is called in the file, if a map says it
    alternative: Format | None = None  # another form of the same kind of file

    def fitting(self, header: Sequence[str]) -> Format:
        """This format or the alternative, if the file has all columns that that one needs."""
        names = {name.casefold() for name in header}
        other = self.alternative
        return other if other and names.issuperset(name.casefold() for name in other.required) else self


PLAIN = Format(
    required=("order_number", "name", "quantity", "unit_price"),
    known=frozenset((*ORDER_COLUMNS, *ITEM_COLUMNS)),
    key=("order_id", "order_number"),
    to_plain=_unchanged,
    including_vat=True,
)


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of one file, compared with its format."""

    names: Sequence[str]
    known: Sequence[tuple[int, str]]
    key: Sequence[int]
    ignored: Sequence[str]
    key_prefix: str = ""

    def row(self, fields: Sequence[str]) -> dict[str, str]:
        """The cells that are not empty, by their column. A line may be too short for all columns."""
        count = len(fields)
        return {name: cell for at, name in self.known if at < count and (cell := fields[at].strip())}

    def order_id(self, fields: Sequence[str]) -> str:
        """The id of the line's order, the same at every import of the file; empty if the line names none."""
        for at in self.key:
            if at < len(fields) and (named := fields[at].strip().removeprefix(self.key_prefix)):
                return named if _ID.fullmatch(named) else _digest(named)
        return ""


def columns(header: Sequence[str], expected: Format) -> Columns:
    """The columns of a file with this header. Upper and lower case are the same. Raises UnreadableFile."""
    known = (
        _as_mapped(header, expected.headers) if expected.headers is not None else _as_named(header, expected)
    )
    found = [name for _, name in known]
    if missing := [name for name in expected.required if name not in found]:
        raise MissingColumns(
            f"The file lacks the column{'s' * (len(missing) > 1)} {', '.join(missing)}. "
            f"It has: {', '.join(header)[:500]}."
        )
    if repeated := sorted({name for name in found if found.count(name) > 1}):
        raise UnreadableFile(f"The file has the column {', '.join(repeated)} more than once.")
    key = [at for name in expected.key for at, column in known if column == name]
    is_shops = expected.to_sale is not None  # an export has many more columns than an order needs
    read = {at for at, _ in known}
    ignored = [
        name
        for at, name in enumerate(header)
        if at not in read and not is_shops and name.casefold() not in REJECT_COLUMNS
    ]
    return Columns(header, known, key, ignored, expected.key_prefix)


def _as_named(header: Sequence[str], expected: Format) -> list[tuple[int, str]]:
    known_names = {name.casefold(): name for name in expected.known}
    return [
        (at, known_names[name.casefold()]) for at, name in enumerate(header) if name.casefold() in known_names
    ]


def _as_mapped(header: Sequence[str], headers: Mapping[str, str]) -> list[tuple[int, str]]:
    """Each column of the map, where it is in the file; two may be the same there."""
    found = []
    for column, called in headers.items():
        places = [at for at, name in enumerate(header) if name.casefold() == called.strip().casefold()]
        if not places:
            raise UnreadableFile(
                f"The file has no column “{called}”, which the map names for {column}"
                f"{nearest(called, header)}. It has: {', '.join(header)[:500]}."
            )
        if len(places) > 1:
            raise UnreadableFile(f"The file has the column “{called}” more than once.")
        found.append((places[0], column))
    return sorted(found)


def nearest(name: str, known: Iterable[str]) -> str:
    """The known name that is most like this one, as the end of a sentence; empty if none is."""
    by_folded = {each.casefold(): each for each in known}
    found = get_close_matches(name.casefold(), by_folded, n=1, cutoff=0.5)
    return f" (the nearest is “{by_folded[found[0]]}”)" if found else ""


def _digest(name: str) -> str:
    return f"order-{hashlib.sha256(name.encode('utf-8', 'surrogateescape')).hexdigest()[:32]}"
