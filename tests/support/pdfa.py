"""Holds PDFs to the rules of PDF/A-3b, and reads what they carry."""

from __future__ import annotations

import io
import re
from typing import cast

import pikepdf
from pikepdf import pdfa

_UNDECLARED = "6.6.2.3.1-1"
_DECLARED = re.compile(r"(namespace|property) (pdfaExtension|pdfaSchema|pdfaProperty|pdfuaid|fx)[=:]")


def broken_rules(pdf: bytes) -> list[str]:
    """What pikepdf's validator finds, but for declared properties: it reads no extension schemas."""
    found = pdfa.validate_written(io.BytesIO(pdf), "3b").findings
    is_declared = all(b":prefix>%b</" % prefix in pdf for prefix in _prefixes(pdf))
    return [
        f"{each.rule} {each.where}: {each.message}"
        for each in found
        if not (is_declared and each.rule.endswith(_UNDECLARED) and _DECLARED.search(each.message))
    ]


def _prefixes(pdf: bytes) -> set[bytes]:
    """The prefixes of properties that XMP itself does not have."""
    return {b"pdfuaid"} | ({b"fx"} if b"<fx:" in pdf else set())


def opened(pdf: bytes) -> pikepdf.Pdf:
    return pikepdf.open(io.BytesIO(pdf))


def e_invoice_in(pdf: bytes) -> bytes | None:
    """The XML that the PDF carries, if it is linked as Factur-X asks for; None where it carries nothing."""
    file = opened(pdf)
    if not file.attachments:
        return None
    (name,) = file.attachments
    attached = file.attachments[name]
    (specification,) = cast("list[pikepdf.Dictionary]", file.Root.AF)
    assert (name, str(specification.UF), specification.AFRelationship) == (
        "factur-x.xml",
        "factur-x.xml",
        pikepdf.Name("/Alternative"),
    )
    assert specification.EF.F.Subtype == pikepdf.Name("/text/xml")
    return attached.get_file().read_bytes()
