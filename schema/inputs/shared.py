"""What several inputs hold."""

from datetime import date

import strawberry


@strawberry.input(description="A postal address. What is left out is empty.")
class AddressInput:
    organisation: str | None = strawberry.field(
        default=strawberry.UNSET, description="A company or department."
    )
    name: str | None = strawberry.field(default=strawberry.UNSET, description="Who to ask for.")
    address_line_1: str | None = strawberry.field(default=strawberry.UNSET, description="Street and number.")
    address_line_2: str | None = strawberry.field(
        default=strawberry.UNSET, description="Floor, building, PO box."
    )
    postal_code: str | None = strawberry.field(default=strawberry.UNSET, description="Postal code.")
    locality: str | None = strawberry.field(default=strawberry.UNSET, description="City or town.")
    administrative_area: str | None = strawberry.field(
        default=strawberry.UNSET, description="State, province or county."
    )
    country_code: str | None = strawberry.field(default=strawberry.UNSET, description="ISO 3166-1 alpha-2.")
    email: str | None = strawberry.field(default=strawberry.UNSET, description="E-mail address.")
    phone_number: str | None = strawberry.field(default=strawberry.UNSET, description="Telephone number.")


@strawberry.input(description="Where a party takes e-invoices (BT-34, BT-49).")
class ElectronicAddressInput:
    scheme: str = strawberry.field(
        description="A code of the EAS list: 0106 a Dutch KVK number, 0208 a Belgian enterprise number, "
        "9930 a German VAT number, EM an e-mail address."
    )
    value: str = strawberry.field(description="What is under it, such as 12345678.")


@strawberry.input(description="The days from `start` to `end`, both included.")
class PeriodInput:
    start: date = strawberry.field(description="The first day.")
    end: date = strawberry.field(description="The last day: not before `start`.")
