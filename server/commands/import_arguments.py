"""What is typed after `invoicing import`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from invoicing.importing.numbers import Decimals
from invoicing.vat.categories import Category
from server.commands.import_options import FormatName

FileArgument = Annotated[Path, typer.Argument(help="A CSV file, plain or gzip; - for standard input.")]
LayoutOption = Annotated[
    FormatName,
    typer.Option("--format", help="Which columns it has; docs/reference/import.md describes them."),
]
MapOption = Annotated[
    Path | None,
    typer.Option("--map", help="A TOML file that says what the columns of another sheet are called."),
]
CurrencyOption = Annotated[
    str | None, typer.Option(help="ISO 4217; for orders that name none. Default: the account's.")
]
IncludingVatOption = Annotated[
    bool | None,
    typer.Option(
        "--including-vat/--excluding-vat",
        help="Whether prices contain VAT. Default: they do, in online-retail not.",
    ),
]
VatRateOption = Annotated[
    float | None, typer.Option(help="Percent; for items that name none. Default: the account's.")
]
InvoiceOption = Annotated[
    bool, typer.Option("--invoice", help="Ship and invoice what is imported, dated today.")
]
RejectsOption = Annotated[
    Path | None, typer.Option(help="Where rejected lines go. Default: FILE.rejects.csv.")
]
EncodingOption = Annotated[
    str | None, typer.Option(help="Of the file: utf-8, cp1252, mac-roman … Default: found in the file.")
]
DelimiterOption = Annotated[
    str | None, typer.Option(help="Between the columns: ; or , or | or tab. Default: found in the file.")
]
DecimalOption = Annotated[
    Decimals | None,
    typer.Option(help="What stands before decimals. Default: found, where only one reading is possible."),
]
UntaxedOption = Annotated[
    Category | None,
    typer.Option(help="VAT category of what a shop asked no VAT on. Default: G for what leaves the EU."),
]
DryRunOption = Annotated[
    bool, typer.Option("--dry-run", help="Show what would be imported, and write nothing.")
]
