"""Parties and their addresses, line by line, as they are written on an envelope."""

from __future__ import annotations

from collections.abc import Iterable

from documents.paper.address_order import lines_in_order
from documents.paper.labels import Labels
from invoicing.snapshot import Address, Party


def party_lines(who: Party, labels: Labels, contact_word: str) -> list[str]:
    """The name and below it the address, with this word before the contact; no line twice."""
    contact = f"{contact_word} {who.contact_name}" if who.contact_name else None
    address = [line for line in address_lines(who.address, labels) if line != who.contact_name]
    return distinct_lines([who.name, who.legal_name, contact, *address])


def address_lines(address: Address, labels: Labels) -> list[str]:
    """In the order in which the address's country writes it, with the country below."""
    streets = [address.address_line_1, address.address_line_2]
    fields = {
        "O": address.organisation,
        "N": address.name,
        "A": "\n".join(line for line in streets if line and line.strip()),
        "Z": address.postal_code,
        "C": address.locality,
        "S": address.administrative_area,
    }
    given = {name: value.strip() for name, value in fields.items() if value and value.strip()}
    lines = lines_in_order(address.country_code, given)
    return distinct_lines([*lines, _country(address.country_code, labels)])


def distinct_lines(lines: Iterable[str | None]) -> list[str]:
    """The lines that are not blank, each once."""
    return list(dict.fromkeys(line for line in lines if line and line.strip()))


def _country(code: str | None, labels: Labels) -> str | None:
    if code is None:
        return None
    name: str = labels.locale.territories.get(code, code)
    return name
