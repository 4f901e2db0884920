"""Parties and their addresses, line by line, as they are written on an envelope."""

from __future__ import annotations

from collections.abc import Iterable

from documents.paper.labels import Labels
from invoicing.snapshot import Address, Party

POSTAL_CODE_LAST = frozenset({"AU", "CA", "GB", "IE", "IN", "NZ", "US"})


def party_lines(who: Party, labels: Labels, contact_word: str) -> list[str]:
    """The name and below it the address, with this word before the contact; no line twice."""
    contact = f"{contact_word} {who.contact_name}" if who.contact_name else None
    address = [line for line in address_lines(who.address, labels) if line != who.contact_name]
    return distinct_lines([who.name, who.legal_name, contact, *address])


def address_lines(address: Address, labels: Labels) -> list[str]:
    return distinct_lines(
        [
            address.organisation,
            address.name,
            address.address_line_1,
            address.address_line_2,
            *_locality(address),
            _country(address.country_code, labels),
        ]
    )


def distinct_lines(lines: Iterable[str | None]) -> list[str]:
    """The lines that are not blank, each once."""
    return list(dict.fromkeys(line for line in lines if line and line.strip()))


def _locality(address: Address) -> list[str | None]:
    code, town, area = address.postal_code, address.locality, address.administrative_area
    if address.country_code in POSTAL_CODE_LAST:
        return [" ".join(filter(None, [", ".join(filter(None, [town, area])), code]))]
    return [" ".join(filter(None, [code, town])), area]


def _country(code: str | None, labels: Labels) -> str | None:
    if code is None:
        return None
    name: str = labels.locale.territories.get(code, code)
    return name
