"""The PDF file: pages, the font subsets they use, and the metadata."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from reportlab.pdfbase import pdfdoc  # type: ignore[import-untyped]

from documents.paper.fonts import Subset, font
from documents.paper.grid import PAGE_HEIGHT, PAGE_WIDTH

SYMBOLIC = 4  # ISO 32000-1, table 123: codes are the font's own, not a standard encoding's
COMPRESSION = 6


@dataclass(frozen=True, slots=True)
class Metadata:
    title: str
    author: str
    language: str


def bind(pages: Sequence[str], subsets: Iterable[Subset], metadata: Metadata) -> bytes:
    """The bytes of the file. The same arguments give the same bytes: it carries no time and no random ID."""
    document = pdfdoc.PDFDocument(invariant=1, lang=metadata.language)
    document.setTitle(metadata.title)
    document.setAuthor(metadata.author)
    document.setSubject(metadata.title)
    document.setCreator(metadata.author)
    document.Catalog.ViewerPreferences = pdfdoc.ViewerPreferencesPDFDictionary()
    document.Catalog.ViewerPreferences["DisplayDocTitle"] = "true"
    for content in pages:
        document.addPage(_page(content))
    for subset in subsets:
        _embed(document, subset)
    data: bytes = document.GetPDFData(None)
    return data


def _page(content: str) -> pdfdoc.PDFPage:
    page = pdfdoc.PDFPage()
    page.pagewidth, page.pageheight = PAGE_WIDTH, PAGE_HEIGHT
    page.Resources = pdfdoc.PDFResourceDictionary()
    page.Resources.basicFonts()
    page.Contents = _stream(zlib.compress(content.encode("ascii"), COMPRESSION))
    return page


def _stream(compressed: bytes, **entries: int) -> pdfdoc.PDFStream:
    return pdfdoc.PDFStream(pdfdoc.PDFDictionary({"Filter": "/FlateDecode", **entries}), compressed)


def _embed(document: pdfdoc.PDFDocument, subset: Subset) -> None:
    """Puts a subset among the fonts that every page may use, under the name that page content calls it."""
    face = font(subset.name[0]).face
    program = _stream(subset.program, Length1=subset.program_length)
    descriptor = pdfdoc.PDFDictionary(
        {
            "Type": "/FontDescriptor",
            "FontName": f"/{subset.base_font}",
            "Flags": SYMBOLIC,
            "FontBBox": pdfdoc.PDFArray(face.bbox),
            "ItalicAngle": face.italicAngle,
            "Ascent": face.ascent,
            "Descent": face.descent,
            "CapHeight": face.capHeight,
            "StemV": face.stemV,
            "FontFile2": document.Reference(program),
        }
    )
    embedded = pdfdoc.PDFDictionary(
        {
            "Type": "/Font",
            "Subtype": "/TrueType",
            "BaseFont": f"/{subset.base_font}",
            "FirstChar": 0,
            "LastChar": subset.last_code,
            "Widths": f"[{subset.widths}]",
            "FontDescriptor": document.Reference(descriptor),
            "ToUnicode": document.Reference(_stream(subset.to_unicode)),
        }
    )
    document.idToObject[pdfdoc.BasicFonts].dict[subset.name] = document.Reference(embedded)
