"""What several types show: VAT amounts, addresses, parties, and who did something."""

from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple, Protocol

import strawberry

from invoicing import snapshot
from invoicing.decimals import json_number
from schema.hints import Key, Shape
from schema.types.enums import VatCategory
from schema.types.scalars import Money
from schema.types.stored import column, computed, of_row, showing


class Vat(NamedTuple):
    """What a VatAmount shows: `rate` in ten-thousandths of a percent, the amounts in minor units."""

    rate: int
    category: str
    base: int
    amount: int


@lru_cache(maxsize=1_000)
def percent(rate: int) -> int | float:
    """Of ten-thousandths of a percent. There are few rates, and each is shown often."""
    return json_number(rate, 4)


@of_row
@strawberry.type(description="One VAT rate: the base without VAT, and the VAT on it.")
class VatAmount:
    row: strawberry.Private[Vat]
    rate: float = computed(
        "In percent, with up to four decimals: 21, 5.5, 6.625.",
        lambda row: percent(row.rate),
        of=["rate"],
    )
    category: VatCategory = column("As in UNTDID 5305.", VatCategory)
    base: Money = column("What the VAT is on, without VAT.")
    amount: Money = column("The VAT.")

    @classmethod
    def of(cls, rate: int, category: str, base: int, amount: int) -> "VatAmount":
        return showing(cls, Vat(rate, category, base, amount))


STORED_VAT: Shape = {
    "rate": lambda row: percent(row["rate"]),
    "category": Key("category"),
    "base": Key("base"),
    "amount": Key("amount"),
}
"""A row of a snapshot's VAT breakdown as VatAmount."""


@strawberry.type(description="A postal address, with who can be reached there.")
class Address:
    organisation: str | None = strawberry.field(description="A company or department at the address.")
    name: str | None = strawberry.field(description="Who to ask for.")
    address_line_1: str | None = strawberry.field(description="Street and number.")
    address_line_2: str | None = strawberry.field(description="Floor, building, PO box.")
    postal_code: str | None = strawberry.field(description="Postal code.")
    locality: str | None = strawberry.field(description="City or town.")
    administrative_area: str | None = strawberry.field(description="State, province or county.")
    country_code: str | None = strawberry.field(description="ISO 3166-1 alpha-2: NL, DE, FR.")
    email: str | None = strawberry.field(description="E-mail address.")
    phone_number: str | None = strawberry.field(description="Telephone number.")

    @classmethod
    def of(cls, address: snapshot.Address | Mapping[str, Any]) -> "Address":
        if not isinstance(address, snapshot.Address):
            address = snapshot.Address(**address)
        return cls(**{name: getattr(address, name) for name in snapshot.Address.__slots__})

    @classmethod
    def or_none(cls, address: snapshot.Address | Mapping[str, Any] | None) -> "Address | None":
        return None if address is None else cls.of(address)


@strawberry.type(description="Where a party takes e-invoices (BT-34, BT-49).")
class ElectronicAddress:
    scheme: str = strawberry.field(
        description="A code of the EAS list: 0106 a Dutch KVK number, 0208 a Belgian enterprise number, "
        "9930 a German VAT number, EM an e-mail address."
    )
    value: str = strawberry.field(description="What is under it, such as 12345678.")

    @classmethod
    def or_none(cls, stored: Mapping[str, str] | None) -> "ElectronicAddress | None":
        return cls(**stored) if stored else None


@strawberry.type(description="The seller or the buyer as the paper names them.")
class Party:
    name: str = strawberry.field(description="Trading or personal name.")
    legal_name: str | None = strawberry.field(description="Registered name, where it is another.")
    address: Address = strawberry.field(description="Postal address.")
    vat_number: str | None = strawberry.field(description="VAT identification number.")
    tax_number: str | None = strawberry.field(description="A seller's tax number, for want of a VAT number.")
    registration_number: str | None = strawberry.field(description="Number in the trade register.")
    email: str | None = strawberry.field(description="E-mail address.")

    @classmethod
    def of(cls, party: snapshot.Party) -> "Party":
        return cls(
            name=party.name,
            legal_name=party.legal_name,
            address=Address.of(party.address),
            vat_number=party.vat_number,
            tax_number=party.tax_number,
            registration_number=party.registration_number,
            email=party.email,
        )


@strawberry.type(description="The days from `start` to `end`, both included.")
class Period:
    start: date = strawberry.field(description="The first day.")
    end: date = strawberry.field(description="The last day.")

    @classmethod
    def or_none(cls, period: snapshot.Period | None) -> "Period | None":
        return None if period is None else cls(start=period.start, end=period.end)


@strawberry.type(
    description="Who did it. In a customer's session all three are `seller`, unless it was the customer."
)
class Actor:
    id: strawberry.ID = strawberry.field(description="The API key's id, or the customer's.")
    name: str = strawberry.field(description="The API key's name, or the customer's.")
    type: str = strawberry.field(description="api_key, command_line or customer.")

    @classmethod
    def of(cls, row: "_MadeBySomebody") -> "Actor":
        return cls(id=strawberry.ID(row.actor_id), name=row.actor_name, type=row.actor_type)


OF_ACTOR = "actor_id", "actor_name", "actor_type"


class _MadeBySomebody(Protocol):
    @property
    def actor_id(self) -> str: ...
    @property
    def actor_name(self) -> str: ...
    @property
    def actor_type(self) -> str: ...
