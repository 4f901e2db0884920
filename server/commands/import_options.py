"""What the options of `invoicing import` say, and what a map says where they are silent."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from invoicing import checks
from invoicing.importing.column_map import WrongMap, read_map
from invoicing.importing.columns import PLAIN, Format
from invoicing.importing.csv_file import Source
from invoicing.importing.dates import DatePattern
from invoicing.importing.dialect import known_delimiter, known_encoding
from invoicing.importing.numbers import Decimals
from invoicing.importing.online_retail import ONLINE_RETAIL
from invoicing.importing.orders import Terms
from invoicing.importing.shopify import SHOPIFY
from invoicing.importing.stripe_exports import STRIPE
from invoicing.importing.woocommerce import WOOCOMMERCE
from invoicing.storage.tables import Account
from invoicing.vat.categories import Category


class FormatName(StrEnum):
    PLAIN = "plain"
    SHOPIFY = "shopify"
    WOOCOMMERCE = "woocommerce"
    STRIPE = "stripe"
    ONLINE_RETAIL = "online-retail"


FORMATS = {
    FormatName.PLAIN: PLAIN,
    FormatName.SHOPIFY: SHOPIFY,
    FormatName.WOOCOMMERCE: WOOCOMMERCE,
    FormatName.STRIPE: STRIPE,
    FormatName.ONLINE_RETAIL: ONLINE_RETAIL,
}


def looks_like(source: Source, layout: FormatName) -> str:
    """The format whose columns the file has, if it is not the one it was read as; empty otherwise."""
    header = source.header()
    names = {name.casefold() for name in header}
    for name, expected in FORMATS.items():
        required = expected.fitting(header).required
        if name is not layout and names.issuperset(column.casefold() for column in required):
            return f" It has the columns of --format {name}."
    return ""


@dataclass(frozen=True)
class Told:
    """How a file is to be read; None where it is found, or is the account's."""

    currency: str | None
    including_vat: bool | None
    vat_rate: float | None
    encoding: str | None
    delimiter: str | None
    decimals: Decimals | None
    untaxed: Category | None
    dates: DatePattern | None = None

    def with_map(self, layout: FormatName, path: Path | None) -> tuple[Format, Told]:
        """The format, and what is told with the map's part of it: options come first."""
        if path is None:
            return FORMATS[layout], self
        if layout is not FormatName.PLAIN:
            raise WrongMap(f"--map goes with the plain format: --format {layout} has its own columns.")
        given = read_map(path)
        return given.layout, replace(
            self,
            currency=self.currency or given.currency,
            including_vat=given.including_vat if self.including_vat is None else self.including_vat,
            vat_rate=given.vat_rate if self.vat_rate is None else self.vat_rate,
            encoding=self.encoding or given.encoding,
            delimiter=self.delimiter or given.delimiter,
            decimals=self.decimals or given.decimals,
            dates=given.dates,
        )

    def source(self, path: Path) -> Source:
        return Source(
            path,
            None if self.encoding is None else known_encoding(self.encoding),
            None if self.delimiter is None else known_delimiter(self.delimiter),
        )

    def terms(self, seller: Account, expected: Format) -> Terms:
        if self.vat_rate is not None:
            checks.vat_rate(self.vat_rate, "--vat-rate")
        currency = self.currency or expected.currency or seller.default_currency
        return Terms(
            seller=seller,
            currency=checks.currency(currency, "--currency"),
            including_vat=expected.including_vat if self.including_vat is None else self.including_vat,
            vat_rate=self.vat_rate,
            now=datetime.now(UTC),
            decimals=self.decimals,
            dates=self.dates,
            untaxed=self.untaxed,
        )
