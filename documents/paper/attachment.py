"""The e-invoice inside of the PDF: Factur-X 1 = ZUGFeRD 2 (ISO 19005-3, 6.8)."""

from __future__ import annotations

from hashlib import md5

from documents.paper.objects import Objects, stream

NAME = "factur-x.xml"  # both norms prescribe it


def add_e_invoice(objects: Objects, xml: bytes, day: str) -> str:
    """The catalog's entries that lead to the file. It says the same as the paper: Alternative."""
    checksum = md5(xml, usedforsecurity=False).hexdigest()
    entries = (
        "/Type /EmbeddedFile /Subtype /text#2Fxml "
        f"/Params << /Size {len(xml)} /ModDate ({day}) /CheckSum <{checksum}> >> "
    )
    embedded = objects.add(stream(xml, entries))
    specification = objects.add(
        f"<< /Type /Filespec /F ({NAME}) /UF ({NAME}) /Desc (The invoice as machines read it) "
        f"/AFRelationship /Alternative /EF << /F {embedded} 0 R /UF {embedded} 0 R >> >>"
    )
    names = f"/Names << /EmbeddedFiles << /Names [({NAME}) {specification} 0 R] >> >>"
    return f"{names} /AF [{specification} 0 R]"
