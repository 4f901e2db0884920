"""The seller's account and its API keys, as the API shows them."""

from datetime import datetime

import strawberry

from invoicing.accounts import settings as account_settings
from invoicing.accounts.completeness import missing_fields
from invoicing.storage import tables
from resolvers import accounts
from schema.info import Info
from schema.types.branding import Branding
from schema.types.enums import ContraFlow, Scope
from schema.types.node import Node
from schema.types.scalars import Currency
from schema.types.shared import Address, ElectronicAddress, percent


@strawberry.type(description="A key to the account. Its token was shown when it was made, and never again.")
class ApiKey:
    id: strawberry.ID = strawberry.field(description="Its id, for `revokeApiKey`.")
    name: str = strawberry.field(description="Who uses it; invoices remember it in `created_by`.")
    scopes: list[Scope] = strawberry.field(description="What it may do.")
    created_at: datetime = strawberry.field(description="When it was made.")
    revoked_at: datetime | None = strawberry.field(
        description="When it ended, by itself or with the key that made it; null while it works."
    )
    made_by: strawberry.ID | None = strawberry.field(
        description="The key that made it, and with which it ends; null where the command line made it."
    )

    @classmethod
    def of(cls, row: tables.ApiKey, revoked_at: datetime | None = None) -> "ApiKey":
        """`revoked_at` where it may have ended with another."""
        return cls(
            id=strawberry.ID(row.id),
            name=row.name,
            scopes=[Scope(scope) for scope in row.scopes],
            created_at=row.created_at,
            revoked_at=revoked_at or row.revoked_at,
            made_by=None if row.made_by is None else strawberry.ID(row.made_by),
        )


@strawberry.type(description="A seller: who the invoices come from, and how its orders are invoiced.")
class Account(Node):
    id: strawberry.ID = strawberry.field(description="The account's id.")
    name: str = strawberry.field(description="Trading name, at the head of the paper.")
    legal_name: str = strawberry.field(description="Registered name; empty until it is set.")
    address: Address = strawberry.field(description="Postal address on the paper.")
    vat_number: str | None = strawberry.field(description="VAT identification number.")
    tax_number: str | None = strawberry.field(description="For sellers without a VAT number.")
    missing: list[str] = strawberry.field(
        description="What is not there yet of what an invoice must say about its seller: names of fields of "
        "`updateAccount`. Nothing is invoiced until this is empty (SELLER_INCOMPLETE)."
    )
    registration_number: str | None = strawberry.field(description="Number in the trade register.")
    email: str | None = strawberry.field(description="Where customers write about invoices.")
    phone_number: str | None = strawberry.field(description="Where customers call about invoices.")
    contact_name: str | None = strawberry.field(description="The person to contact.")
    iban: str | None = strawberry.field(description="Account that customers pay to.")
    bic: str | None = strawberry.field(description="Bank of that account.")
    default_currency: Currency = strawberry.field(description="Used for orders that name no currency.")
    tax_currency: Currency = strawberry.field(
        description="In which VAT is declared; its country's when none was set. Invoices in another currency "
        "give their VAT in this one too."
    )
    default_vat_rate: float = strawberry.field(description="In percent; used for items that name no rate.")
    locale: str = strawberry.field(
        description="Language of the paper for customers that have none of their own."
    )
    timezone: str = strawberry.field(description="IANA time zone that decides an invoice's date.")
    electronic_address: ElectronicAddress | None = strawberry.field(description="Where it takes e-invoices.")
    payment_terms_days: int = strawberry.field(description="Days from issue until an invoice is due.")
    payable_rounding: int = strawberry.field(
        description="What is to be paid of one-time invoices in the account's own currency is rounded to a "
        "multiple of this many minor units: 5 for Swiss cash, 1 for none."
    )
    invoice_number_format: str = strawberry.field(
        description="Placeholders {year} {month} {seq:05d}; with {year} the numbers start again each year."
    )
    credit_number_format: str = strawberry.field(
        description="The same for credit invoices, a series of their own."
    )
    invoice_after_shipment: bool = strawberry.field(
        description="Items of new orders become invoiceable only once shipped; an order may say otherwise."
    )

    contra_flow: ContraFlow = strawberry.field(
        description="DIRECT: a cancelled or returned item is invoiceable at once. "
        "GUIDED: receive, approve, finish first."
    )
    branding: Branding = strawberry.field(
        description="The logo, the colour and the texts of its papers; `updateBranding` changes them."
    )

    @strawberry.field(description="The account's keys, newest first; revoked ones too.")
    async def api_keys(self, info: Info) -> list[ApiKey]:
        return [ApiKey.of(row, ended_at) for row, ended_at in await accounts.api_keys(info.context)]

    @classmethod
    def of(cls, row: tables.Account) -> "Account":
        return cls(
            row=row,
            id=strawberry.ID(row.id),
            name=row.name,
            legal_name=row.legal_name,
            address=Address.of(row.address),
            vat_number=row.vat_number,
            tax_number=row.tax_number,
            missing=missing_fields(row),
            registration_number=row.registration_number,
            email=row.email,
            phone_number=row.phone_number,
            contact_name=row.contact_name,
            iban=row.iban,
            bic=row.bic,
            default_currency=Currency(row.default_currency),
            tax_currency=Currency(account_settings.tax_currency_of(row)),
            default_vat_rate=percent(row.default_vat_rate),
            locale=row.locale,
            timezone=row.timezone,
            electronic_address=ElectronicAddress.or_none(row.electronic_address),
            payment_terms_days=row.payment_terms_days,
            payable_rounding=row.payable_rounding,
            invoice_number_format=row.invoice_number_format,
            credit_number_format=row.credit_number_format,
            invoice_after_shipment=row.invoice_after_shipment,
            contra_flow=ContraFlow(row.contra_flow),
            branding=Branding.of(row),
        )
