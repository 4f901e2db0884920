"""The PDF file: pages, the font subsets they use, and the metadata."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from reportlab.pdfbase import pdfdoc  # type: ignore[import-untyped]

from documents.paper.fonts import Subset, pdf_stream
from documents.paper.grid import PAGE_HEIGHT, PAGE_WIDTH

PAGE_OBJECT = (
    f"<< /Type /Page /MediaBox [0 0 {PAGE_WIDTH} {PAGE_HEIGHT}] "
    "/Resources << /Font %s /ProcSet [/PDF /Text] >> /Parent %s /Contents %s >>\n"
)


@dataclass(frozen=True, slots=True)
class Metadata:
    title: str
    author: str
    language: str  # ISO 639


class TextObject(pdfdoc.PDFObject):  # type: ignore[misc]
    """A PDF object as text, with %s in the place of the number of each object that it refers to."""

    __RefOnly__ = 1  # always written as an indirect object

    def __init__(self, text: str | bytes, *references: pdfdoc.PDFObjectReference) -> None:
        self._text = text
        self._references = references

    def format(self, document: pdfdoc.PDFDocument) -> bytes:
        if isinstance(self._text, bytes):
            return self._text
        numbers = tuple(reference.format(document).decode() for reference in self._references)
        return (self._text % numbers).encode("ascii")


def pdf_bytes(pages: Sequence[str], subsets: Iterable[Subset], metadata: Metadata) -> bytes:
    """The bytes of the file. The same arguments give the same bytes: no time and no random ID is in it."""
    document = pdfdoc.PDFDocument(invariant=1, pdfVersion=(1, 4), lang=metadata.language)
    document.setTitle(metadata.title)
    document.setAuthor(metadata.author)
    document.setSubject(metadata.title)
    document.setCreator(metadata.author)
    document.Catalog.ViewerPreferences = pdfdoc.ViewerPreferencesPDFDictionary()
    document.Catalog.ViewerPreferences["DisplayDocTitle"] = "true"
    fonts = document.Reference(document.idToObject[pdfdoc.BasicFonts])
    parent = document.Reference(document.Pages)
    for content in pages:
        contents = document.Reference(TextObject(pdf_stream(content.encode("ascii"))))
        document.addPage(TextObject(PAGE_OBJECT, fonts, parent, contents))
    for subset in subsets:
        embed_subset(document, subset, subset.name)
    data: bytes = document.GetPDFData(None)
    return data


def embed_subset(document: pdfdoc.PDFDocument, subset: Subset, name: str) -> None:
    """Adds a subset to the fonts of all pages, under the name that page content uses."""
    program = document.Reference(TextObject(subset.program))
    to_unicode = document.Reference(TextObject(subset.to_unicode))
    descriptor = document.Reference(TextObject(subset.descriptor, program))
    dictionary = document.Reference(TextObject(subset.dictionary, descriptor, to_unicode))
    document.idToObject[pdfdoc.BasicFonts].dict[name] = dictionary
