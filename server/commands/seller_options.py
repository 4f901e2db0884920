"""The options by which a new account says who sells: the same for `account create` and `key create`."""

from __future__ import annotations

from typing import Annotated

import typer

from invoicing.accounts.values import CreateAccountValues

LegalName = Annotated[str | None, typer.Option(help="Registered name, on every invoice.")]
Country = Annotated[
    str | None,
    typer.Option(help="ISO 3166-1, as NL: currency, time zone, VAT rate, language and paper follow it."),
]
Street = Annotated[str | None, typer.Option(help="Street and number, or PO box.")]
PostalCode = Annotated[str | None, typer.Option(help="Postal code.")]
Town = Annotated[str | None, typer.Option(help="Town.")]
VatNumber = Annotated[str | None, typer.Option(help="VAT number.")]
TaxNumber = Annotated[str | None, typer.Option(help="Tax number, without a VAT number.")]
RegistrationNumber = Annotated[str | None, typer.Option(help="Number in the trade register.")]
Email = Annotated[str | None, typer.Option(help="Where customers write about invoices.")]
Iban = Annotated[str | None, typer.Option(help="Account that customers pay to.")]
Bic = Annotated[str | None, typer.Option(help="That account's bank.")]


def seller_values(
    name: str,
    *,
    legal_name: str | None,
    country: str | None,
    street: str | None,
    postal_code: str | None,
    town: str | None,
    vat_number: str | None,
    tax_number: str | None,
    registration_number: str | None,
    email: str | None,
    iban: str | None,
    bic: str | None,
) -> CreateAccountValues:
    """The account's values, from the options."""
    given: CreateAccountValues = {
        "name": name,
        "address": {
            "address_line_1": street,
            "postal_code": postal_code,
            "locality": town,
            "country_code": country,
        },
        "vat_number": vat_number,
        "tax_number": tax_number,
        "registration_number": registration_number,
        "email": email,
        "iban": iban,
        "bic": bic,
    }
    if legal_name is not None:
        given["legal_name"] = legal_name
    return given
