"""The PDF file: pages, the font subsets they use, the e-invoice inside, and the metadata.

It is PDF/A-3b (ISO 19005-3), and tagged: PDF/UA-1 (ISO 14289-1).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from documents.paper.attachment import add_e_invoice
from documents.paper.colours import add_output_intent
from documents.paper.compose import LOGO
from documents.paper.fonts import EmbeddedFont
from documents.paper.grid import Sheet
from documents.paper.metadata import Metadata, add_info, add_xmp
from documents.paper.objects import Objects, stream, text
from documents.paper.paginate import Page
from documents.paper.structure import Element, add_structure, set_bounds


def pdf_bytes(
    pages: Sequence[Page],
    sheet: Sheet,
    document: Element,
    fonts: Iterable[EmbeddedFont],
    metadata: Metadata,
    *,
    logo: bytes | None = None,
    e_invoice: bytes | None = None,
) -> bytes:
    """The bytes of the file. The same arguments give the same bytes: no time and no random ID is in it."""
    objects = Objects()
    tree = objects.reserve()
    pictures = "" if logo is None else f"/XObject << /{LOGO} {objects.add(logo)} 0 R >> "
    numbers = _add_pages(objects, pages, sheet, tree, _add_fonts(objects, fonts), pictures)
    set_bounds(figure for page in pages for figure in page.figures)
    structure = add_structure(objects, document, numbers, [page.marks for page in pages])
    embedded = "" if e_invoice is None else add_e_invoice(objects, e_invoice, metadata.pdf_date)
    xmp = add_xmp(objects, metadata, has_e_invoice=e_invoice is not None)
    root = objects.add(
        f"<< /Type /Catalog /Pages {tree} 0 R /Metadata {xmp} 0 R /Lang {text(metadata.language)} "
        f"/MarkInfo << /Marked true >> /StructTreeRoot {structure} 0 R "
        f"/ViewerPreferences << /DisplayDocTitle true >> /OutputIntents [{add_output_intent(objects)} 0 R] "
        f"{embedded} >>"
    )
    return objects.file(root=root, info=add_info(objects, metadata))


def _add_pages(
    objects: Objects, pages: Sequence[Page], sheet: Sheet, tree: int, fonts: int, pictures: str
) -> list[int]:
    """The pictures are on the first page."""
    numbers = []
    for place, page in enumerate(pages):
        contents = objects.add(stream("\n".join(page.content).encode("ascii")))
        numbers.append(
            objects.add(
                f"<< /Type /Page /Parent {tree} 0 R /MediaBox [0 0 {sheet.width} {sheet.height}] "
                f"/Resources << /Font {fonts} 0 R {pictures}>> /Contents {contents} 0 R "
                f"/StructParents {place} /Tabs /S >>"
            )
        )
        pictures = ""
    kids = " ".join(f"{number} 0 R" for number in numbers)
    objects.put(tree, f"<< /Type /Pages /Count {len(numbers)} /Kids [{kids}] >>")
    return numbers


def _add_fonts(objects: Objects, fonts: Iterable[EmbeddedFont]) -> int:
    """The fonts of all pages, under the names that page content uses."""
    names = [f"/{font.name} {font.add_to(objects)} 0 R" for font in fonts]
    return objects.add(f"<< {' '.join(names)} >>")
