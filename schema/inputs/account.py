"""What the changes of the seller's account and its API keys take."""

import datetime

import strawberry

from schema.inputs.shared import AddressInput, ElectronicAddressInput
from schema.types.enums import ContraFlow, PaperSize, Scope
from schema.types.scalars import Currency


@strawberry.input(description="What is left out stays as it is. Issued invoices keep what they say.")
class UpdateAccountInput:
    name: str | None = strawberry.field(default=strawberry.UNSET, description="Trading name.")
    legal_name: str | None = strawberry.field(default=strawberry.UNSET, description="Registered name.")
    address: AddressInput | None = strawberry.field(default=strawberry.UNSET, description="Postal address.")
    vat_number: str | None = strawberry.field(default=strawberry.UNSET, description="VAT number.")
    tax_number: str | None = strawberry.field(
        default=strawberry.UNSET, description="For sellers without a VAT number."
    )
    registration_number: str | None = strawberry.field(
        default=strawberry.UNSET, description="Number in the trade register."
    )
    email: str | None = strawberry.field(default=strawberry.UNSET, description="E-mail address.")
    phone_number: str | None = strawberry.field(default=strawberry.UNSET, description="Telephone number.")
    contact_name: str | None = strawberry.field(
        default=strawberry.UNSET, description="The person to contact."
    )
    iban: str | None = strawberry.field(default=strawberry.UNSET, description="With or without spaces.")
    bic: str | None = strawberry.field(default=strawberry.UNSET, description="8 or 11 characters.")
    electronic_address: ElectronicAddressInput | None = strawberry.field(
        default=strawberry.UNSET, description="Where it takes e-invoices."
    )
    default_currency: Currency | None = strawberry.field(default=strawberry.UNSET, description="ISO 4217.")
    tax_currency: Currency | None = strawberry.field(
        default=strawberry.UNSET, description="ISO 4217; its country's when null."
    )
    default_vat_rate: float | None = strawberry.field(default=strawberry.UNSET, description="In percent.")
    locale: str | None = strawberry.field(default=strawberry.UNSET, description="A language tag: nl, de-AT.")
    timezone: str | None = strawberry.field(
        default=strawberry.UNSET, description="An IANA name such as Europe/Amsterdam."
    )
    payment_terms_days: int | None = strawberry.field(default=strawberry.UNSET, description="0 to 365.")
    payable_rounding: int | None = strawberry.field(
        default=strawberry.UNSET,
        description="One-time invoices ask for a multiple of this many minor units, 1 to 100; 1 for none.",
    )
    invoice_number_format: str | None = strawberry.field(
        default=strawberry.UNSET, description="Placeholders {year} {month} {seq:05d}."
    )
    credit_number_format: str | None = strawberry.field(
        default=strawberry.UNSET, description="As above; the two must differ."
    )
    invoice_after_shipment: bool | None = strawberry.field(
        default=strawberry.UNSET, description="For orders that are made from now on."
    )
    contra_flow: ContraFlow | None = strawberry.field(
        default=strawberry.UNSET, description="For what is cancelled or returned from now on."
    )


@strawberry.input(description="What is left out stays as it is. Issued invoices keep what they look like.")
class UpdateBrandingInput:
    logo: str | None = strawberry.field(
        default=strawberry.UNSET,
        description="A PNG or JPEG file in base64, up to 512 kB and 10 million pixels; best as a variable. "
        "It stands on white paper, so it must not be white itself. Null takes it away.",
    )
    accent_color: str | None = strawberry.field(
        default=strawberry.UNSET,
        description="#RRGGBB, with a contrast of 4.5:1 or more on white. Null: the usual one, #0A636B.",
    )
    footer: str | None = strawberry.field(
        default=strawberry.UNSET,
        description="At the foot of every page: up to three columns, parted by an empty line, of up to 8 "
        "lines and 400 characters each. Bank details without an IBAN may stand here.",
    )
    terms: str | None = strawberry.field(
        default=strawberry.UNSET,
        description="The terms of sale, at the end of every invoice: up to 5,000 characters.",
    )
    paper_size: PaperSize | None = strawberry.field(default=strawberry.UNSET, description="Of the pages.")
    tax_name: str | None = strawberry.field(
        default=strawberry.UNSET,
        description="What the tax is called on paper, where the language's own word for VAT does not fit: "
        "GST, Sales tax. Up to 30 characters. Null: the language's own word.",
    )


@strawberry.input(description="An exchange rate of one day.")
class ExchangeRateInput:
    date: datetime.date = strawberry.field(description="Of which day: not in the future.")
    currency: Currency = strawberry.field(description="ISO 4217; not the tax currency itself.")
    rate: str = strawberry.field(
        description="Units of `currency` for one of the account's tax currency, as the ECB states it: "
        "a decimal such as 1.0834."
    )


@strawberry.input
class SetExchangeRatesInput:
    rates: list[ExchangeRateInput] = strawberry.field(description="At most 10,000.")


@strawberry.input
class CreateApiKeyInput:
    name: str = strawberry.field(description="Who will use it; invoices remember it in `created_by`.")
    scopes: list[Scope] = strawberry.field(description="What it may do: no more than the key that makes it.")


@strawberry.input
class RevokeApiKeyInput:
    id: str = strawberry.field(description="The key's id, from `account { api_keys { id name } }`.")
