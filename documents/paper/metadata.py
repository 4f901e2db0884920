"""What the file says of itself: as XMP, which archives and search engines read, and in PDF's older way."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from xml.sax.saxutils import escape

from documents.paper.objects import Objects, plain_stream, text

PRODUCER = "invoicing-server"
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_AIIM = "http://www.aiim.org"
_UA = f"{_AIIM}/pdfua/ns/id/"
_FACTUR_X = "urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#"

_PACKET = f"""<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="{_RDF}">
<rdf:Description rdf:about="" xmlns:pdfaid="{_AIIM}/pdfa/ns/id/">
<pdfaid:part>3</pdfaid:part><pdfaid:conformance>B</pdfaid:conformance>
</rdf:Description>
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/">
<dc:format>application/pdf</dc:format>
<dc:title><rdf:Alt><rdf:li xml:lang="x-default">{{title}}</rdf:li></rdf:Alt></dc:title>
<dc:creator><rdf:Seq><rdf:li>{{author}}</rdf:li></rdf:Seq></dc:creator>
<dc:description><rdf:Alt><rdf:li xml:lang="x-default">{{title}}</rdf:li></rdf:Alt></dc:description>
<dc:language><rdf:Bag><rdf:li>{{language}}</rdf:li></rdf:Bag></dc:language>
</rdf:Description>
<rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/">
<xmp:CreatorTool>{PRODUCER}</xmp:CreatorTool>
<xmp:CreateDate>{{day}}</xmp:CreateDate><xmp:ModifyDate>{{day}}</xmp:ModifyDate>
</rdf:Description>
<rdf:Description rdf:about="" xmlns:pdf="http://ns.adobe.com/pdf/1.3/">
<pdf:Producer>{PRODUCER}</pdf:Producer>
</rdf:Description>
<rdf:Description rdf:about="" xmlns:pdfuaid="{_UA}"><pdfuaid:part>1</pdfuaid:part></rdf:Description>
<rdf:Description rdf:about="" xmlns:pdfaExtension="{_AIIM}/pdfa/ns/extension/"
 xmlns:pdfaSchema="{_AIIM}/pdfa/ns/schema#" xmlns:pdfaProperty="{_AIIM}/pdfa/ns/property#">
<pdfaExtension:schemas><rdf:Bag>
{{schemas}}</rdf:Bag></pdfaExtension:schemas>
</rdf:Description>
{{properties}}</rdf:RDF></x:xmpmeta>
<?xpacket end="w"?>"""


def _schema(name: str, uri: str, prefix: str, type: str, category: str, properties: dict[str, str]) -> str:
    """The declaration of properties that are not of XMP itself, which PDF/A asks for (6.6.2.3.3)."""
    listed = "".join(
        f'<rdf:li rdf:parseType="Resource"><pdfaProperty:name>{each}</pdfaProperty:name>'
        f"<pdfaProperty:valueType>{type}</pdfaProperty:valueType>"
        f"<pdfaProperty:category>{category}</pdfaProperty:category>"
        f"<pdfaProperty:description>{description}</pdfaProperty:description></rdf:li>\n"
        for each, description in properties.items()
    )
    return (
        f'<rdf:li rdf:parseType="Resource"><pdfaSchema:schema>{name}</pdfaSchema:schema>'
        f"<pdfaSchema:namespaceURI>{uri}</pdfaSchema:namespaceURI>"
        f"<pdfaSchema:prefix>{prefix}</pdfaSchema:prefix>\n"
        f"<pdfaSchema:property><rdf:Seq>\n{listed}</rdf:Seq></pdfaSchema:property></rdf:li>\n"
    )


_UA_SCHEMA = _schema(
    "PDF/UA identification schema", _UA, "pdfuaid", "Integer", "internal", {"part": "Part of ISO 14289"}
)
_FACTUR_X_SCHEMA = _schema(  # in the words of Factur-X 1, 6.2.2
    "Factur-X PDFA Extension Schema",
    _FACTUR_X,
    "fx",
    "Text",
    "external",
    {
        "DocumentFileName": "The name of the embedded XML document",
        "DocumentType": "The type of the hybrid document in capital letters, e.g. INVOICE or ORDER",
        "Version": "The actual version of the standard applying to the embedded XML document",
        "ConformanceLevel": "The conformance level of the embedded XML document",
    },
)
_FACTUR_X_PROPERTIES = (  # a credit invoice is an INVOICE too
    f'<rdf:Description rdf:about="" xmlns:fx="{_FACTUR_X}">\n'
    "<fx:DocumentType>INVOICE</fx:DocumentType><fx:DocumentFileName>factur-x.xml</fx:DocumentFileName>\n"
    "<fx:Version>1.0</fx:Version><fx:ConformanceLevel>EN 16931</fx:ConformanceLevel>\n"
    "</rdf:Description>\n"
)


@dataclass(frozen=True, slots=True)
class Metadata:
    """Without characters that XML cannot hold. The file was made on the day of issue."""

    title: str
    author: str
    language: str  # ISO 639
    issued_on: date

    @property
    def pdf_date(self) -> str:
        """A date as PDF writes it (ISO 32000-1, 7.9.4): the day alone, as an invoice has no hour."""
        return f"D:{self.issued_on:%Y%m%d}"


def add_xmp(objects: Objects, metadata: Metadata, *, has_e_invoice: bool) -> int:
    """The number of the metadata; not compressed, so that programs which know no PDF find them too."""
    packet = _PACKET.format(
        title=escape(metadata.title),
        author=escape(metadata.author),
        language=metadata.language,
        day=metadata.issued_on.isoformat(),
        schemas=_UA_SCHEMA + _FACTUR_X_SCHEMA if has_e_invoice else _UA_SCHEMA,
        properties=_FACTUR_X_PROPERTIES if has_e_invoice else "",
    )
    return objects.add(plain_stream(packet.encode(), "/Type /Metadata /Subtype /XML "))


def add_info(objects: Objects, metadata: Metadata) -> int:
    """The number of the older dictionary (14.3.3), which says the same."""
    title, day = text(metadata.title), metadata.pdf_date
    return objects.add(
        f"<< /Title {title} /Subject {title} /Author {text(metadata.author)} /Creator ({PRODUCER}) "
        f"/Producer ({PRODUCER}) /CreationDate ({day}) /ModDate ({day}) >>"
    )
