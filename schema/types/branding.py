"""The seller's branding, as the API shows it."""

from collections.abc import Mapping
from typing import Any

import strawberry

from invoicing.storage import tables
from resolvers import accounts
from schema.info import Info
from schema.types.enums import PaperSize


@strawberry.type(
    description="What the seller's papers look like. It is frozen with each invoice: what was issued stays."
)
class Branding:
    account_id: strawberry.Private[str]
    logo: strawberry.Private[Mapping[str, Any] | None]

    @strawberry.field(
        description="A link to the logo that expires; null without one. The image is as it is printed: on "
        "white, without a margin, no larger than paper shows."
    )
    def logo_url(self, info: Info) -> str | None:
        return accounts.logo_url(info.context, self.account_id, self.logo)

    accent_color: str = strawberry.field(
        description="The colour of headings and of what is to be paid: #RRGGBB."
    )
    footer: str | None = strawberry.field(
        description="At the foot of every page, such as the register court, directors, banks: up to three "
        "columns, parted by an empty line."
    )
    terms: str | None = strawberry.field(description="The terms of sale, at the end of every invoice.")
    paper_size: PaperSize = strawberry.field(description="Of the pages.")
    tax_name: str | None = strawberry.field(
        description="What the tax is called on paper in the place of the language's own word for VAT: GST, "
        "Sales tax."
    )

    @classmethod
    def of(cls, row: tables.Account) -> "Branding":
        return cls(
            account_id=row.id,
            logo=row.logo,
            accent_color=row.accent_color,
            footer=row.footer,
            terms=row.terms,
            paper_size=PaperSize(row.paper_size),
            tax_name=row.tax_name,
        )
