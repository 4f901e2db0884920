"""What the changes of customers take."""

import strawberry
from strawberry.scalars import JSON

from schema.inputs.shared import AddressInput, ElectronicAddressInput


@strawberry.input
class CreateCustomerInput:
    id: str | None = strawberry.field(default=strawberry.UNSET, description="Yours; a UUID when left out.")
    handle: str | None = strawberry.field(default=strawberry.UNSET, description="Unique in the account.")
    name: str = strawberry.field(description="Personal or trading name.")
    legal_name: str | None = strawberry.field(default=strawberry.UNSET, description="Registered name.")
    email: str | None = strawberry.field(default=strawberry.UNSET, description="E-mail address.")
    phone_number: str | None = strawberry.field(default=strawberry.UNSET, description="Telephone number.")
    contact_name: str | None = strawberry.field(default=strawberry.UNSET, description="Who to ask for.")
    is_business: bool | None = strawberry.field(
        default=strawberry.UNSET, description="When left out: true if it has a VAT number."
    )
    vat_number: str | None = strawberry.field(default=strawberry.UNSET, description="VAT number.")
    registration_number: str | None = strawberry.field(
        default=strawberry.UNSET, description="Number in the trade register."
    )
    locale: str | None = strawberry.field(default=strawberry.UNSET, description="A language tag: nl, de-AT.")
    buyer_reference: str | None = strawberry.field(default=strawberry.UNSET, description="On every invoice.")
    electronic_address: ElectronicAddressInput | None = strawberry.field(
        default=strawberry.UNSET, description="Where it takes e-invoices."
    )
    payment_terms_days: int | None = strawberry.field(
        default=strawberry.UNSET, description="0 to 365; the account's when null."
    )
    billing_address: AddressInput | None = strawberry.field(
        default=strawberry.UNSET, description="Where invoices go."
    )
    shipping_address: AddressInput | None = strawberry.field(
        default=strawberry.UNSET, description="Where goods go."
    )
    metadata: JSON | None = strawberry.field(
        default=strawberry.UNSET, description="A JSON object up to 16 kB."
    )
    idempotency_key: str | None = strawberry.field(
        default=strawberry.UNSET,
        description="1 to 255 characters of yours. The same request again under it makes no other customer, "
        "and returns the one made the first time.",
    )


@strawberry.input(description="Names a customer by `id` or `handle`. What is left out stays as it is.")
class UpdateCustomerInput:
    id: str | None = strawberry.field(default=strawberry.UNSET, description="Which customer.")
    handle: str | None = strawberry.field(
        default=strawberry.UNSET, description="Which customer when `id` is left out, else its new handle."
    )
    name: str | None = strawberry.field(default=strawberry.UNSET, description="Personal or trading name.")
    legal_name: str | None = strawberry.field(default=strawberry.UNSET, description="Registered name.")
    email: str | None = strawberry.field(default=strawberry.UNSET, description="E-mail address.")
    phone_number: str | None = strawberry.field(default=strawberry.UNSET, description="Telephone number.")
    contact_name: str | None = strawberry.field(default=strawberry.UNSET, description="Who to ask for.")
    is_business: bool | None = strawberry.field(default=strawberry.UNSET, description="Not a consumer.")
    vat_number: str | None = strawberry.field(default=strawberry.UNSET, description="VAT number.")
    registration_number: str | None = strawberry.field(
        default=strawberry.UNSET, description="Number in the trade register."
    )
    locale: str | None = strawberry.field(default=strawberry.UNSET, description="A language tag: nl, de-AT.")
    buyer_reference: str | None = strawberry.field(default=strawberry.UNSET, description="On every invoice.")
    electronic_address: ElectronicAddressInput | None = strawberry.field(
        default=strawberry.UNSET, description="Where it takes e-invoices."
    )
    payment_terms_days: int | None = strawberry.field(
        default=strawberry.UNSET, description="0 to 365; the account's when null."
    )
    billing_address: AddressInput | None = strawberry.field(
        default=strawberry.UNSET, description="Where invoices go."
    )
    shipping_address: AddressInput | None = strawberry.field(
        default=strawberry.UNSET, description="Where goods go."
    )
    metadata: JSON | None = strawberry.field(
        default=strawberry.UNSET, description="A JSON object up to 16 kB."
    )


@strawberry.input(description="Names a customer by `customer_id` or `customer_handle`.")
class EraseCustomerInput:
    customer_id: str | None = strawberry.field(default=strawberry.UNSET, description="Which customer.")
    customer_handle: str | None = strawberry.field(
        default=strawberry.UNSET, description="Which customer, when `customer_id` is left out."
    )
