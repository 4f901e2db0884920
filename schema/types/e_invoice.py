"""E-invoices, as the API shows them."""

from enum import Enum

import strawberry

from documents.einvoice.formats import EInvoiceFormat as Format
from documents.einvoice.problem import Problem
from resolvers import e_invoices


@strawberry.enum(description="The formats of e-invoices, all by EN 16931.")
class EInvoiceFormat(Enum):
    PEPPOL_UBL = strawberry.enum_value(
        "PEPPOL_UBL",
        description="Peppol BIS Billing 3: Belgium, the Netherlands, the Nordics, public buyers everywhere.",
    )
    XRECHNUNG_UBL = strawberry.enum_value("XRECHNUNG_UBL", description="XRechnung 3.0 in UBL 2.1: Germany.")
    XRECHNUNG_CII = strawberry.enum_value("XRECHNUNG_CII", description="XRechnung 3.0 in CII: Germany.")
    FACTUR_X = strawberry.enum_value(
        "FACTUR_X",
        description="Factur-X 1 = ZUGFeRD 2, profile EN 16931: the PDF, which carries the XML.",
    )

    @property
    def wanted(self) -> Format:
        return Format[self.name]


@strawberry.type(description="Why an e-invoice cannot be made.")
class EInvoiceProblem:
    rule: str = strawberry.field(
        description="The rule that it would break, as where it comes from: BR-DE-15, PEPPOL-EN16931-R003."
    )
    field: str = strawberry.field(description="What to fill in, such as customer.buyer_reference.")
    message: str = strawberry.field(description="One sentence.")

    @classmethod
    def of(cls, problem: Problem) -> "EInvoiceProblem":
        return cls(rule=problem.rule, field=problem.field, message=problem.message)


@strawberry.type(description="An invoice as machines read it. It says what the paper says, as it was frozen.")
class EInvoice:
    format: EInvoiceFormat = strawberry.field(description="Which one.")
    url: str | None = strawberry.field(
        description="A signed link that expires; null exactly when there are problems, or (FACTUR_X) until "
        "the PDF is there, which is what its link opens."
    )
    problems: list[EInvoiceProblem] = strawberry.field(
        description="Why it cannot be made, each with the field to fill in before the next invoice."
    )

    @classmethod
    def of(cls, made: e_invoices.EInvoice) -> "EInvoice":
        return cls(
            format=EInvoiceFormat[made.format.name],
            url=made.url,
            problems=[EInvoiceProblem.of(each) for each in made.problems],
        )
