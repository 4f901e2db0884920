"""A map from a sheet's columns to the plain ones, as a TOML file, for any other sheet."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from invoicing.importing.columns import ITEM_COLUMNS, ORDER_COLUMNS, PLAIN, Format, Row, nearest
from invoicing.importing.dates import DatePattern
from invoicing.importing.dialect import UnreadableFile
from invoicing.importing.numbers import Decimals

_COLUMNS = (*ORDER_COLUMNS, *ITEM_COLUMNS)
_ANY_OTHER = "*"
_TABLES = ("columns", "constants", "values")
_KEYS = ("decimal", "encoding", "delimiter", "date_format", "including_vat", "currency", "vat_rate")


class WrongMap(UnreadableFile):
    """The map cannot be used."""


@dataclass(frozen=True, slots=True)
class ColumnMap:
    """What the file of a map says. `layout` reads the sheet; the others are None where the map is silent."""

    layout: Format
    decimals: Decimals | None
    dates: DatePattern | None
    encoding: str | None
    delimiter: str | None
    including_vat: bool | None
    currency: str | None
    vat_rate: float | None


def read_map(path: Path) -> ColumnMap:
    """WrongMap says what is wrong with it, and which name is the nearest."""
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError) as error:  # also a number of thousands of digits
        raise WrongMap(f"{path} is no TOML: {error}.") from None
    _check_names(given, (*_TABLES, *_KEYS), "The map has “{}”, which is no part of a map")
    columns, constants = _table(given, "columns"), _table(given, "constants")
    values = {column: _named(cells, f"values.{column}") for column, cells in _tables(given, "values")}
    for name, table in (("columns", columns), ("constants", constants), ("values", values)):
        _check_names(table, _COLUMNS, f"[{name}] of the map has “{{}}”, which is no column of an order")
    if twice := sorted(columns.keys() & constants.keys()):
        raise WrongMap(f"{', '.join(twice)} is in [columns] and in [constants] of the map: keep one of them.")
    if own := [name for name in PLAIN.key if name in constants]:
        raise WrongMap(f"{own[0]} cannot be a constant: it says which lines belong to one order.")
    return ColumnMap(
        layout=_layout(columns, constants, values),
        decimals=_decimals(given.get("decimal")),
        dates=_dates(given.get("date_format")),
        encoding=_text(given, "encoding") if "encoding" in given else None,
        delimiter=_text(given, "delimiter") if "delimiter" in given else None,
        including_vat=_including_vat(given.get("including_vat")),
        currency=_text(given, "currency") if "currency" in given else None,
        vat_rate=_rate(given.get("vat_rate")),
    )


def _layout(columns: Mapping[str, str], constants: Mapping[str, str], values: Mapping[str, Row]) -> Format:
    def to_plain(row: Row) -> Row:
        plain = {**constants, **row}
        for column, meant in values.items():
            if column in plain:
                plain[column] = meant.get(plain[column], meant.get(_ANY_OTHER, plain[column]))
        return plain

    required = [name for name in PLAIN.required if name not in constants]
    if missing := [name for name in required if name not in columns]:
        raise WrongMap(f"[columns] of the map lacks {', '.join(missing)}.")
    return replace(PLAIN, required=required, to_plain=to_plain, headers=columns)


def _check_names(given: Iterable[str], known: Sequence[str], message: str) -> None:
    for name in given:
        if name not in known:
            raise WrongMap(f"{message.format(name)}{nearest(name, known)}.")


def _table(given: Mapping[str, Any], name: str) -> dict[str, str]:
    return _named(given.get(name, {}), name)


def _tables(given: Mapping[str, Any], name: str) -> Iterable[tuple[str, Any]]:
    tables = given.get(name, {})
    if not isinstance(tables, dict):
        raise WrongMap(f"[{name}] of the map must be tables, such as [{name}.customer_country].")
    return tables.items()


def _named(table: Any, name: str) -> dict[str, str]:
    if not isinstance(table, dict) or any(isinstance(cell, dict | list) for cell in table.values()):
        raise WrongMap(f"[{name}] of the map must be a table of names and texts.")
    return {key: str(cell) for key, cell in table.items()}


def _text(given: Mapping[str, Any], key: str) -> str:
    if not isinstance(given[key], str):
        raise WrongMap(f"{key} of the map must be a text.")
    return str(given[key])


def _decimals(given: Any) -> Decimals | None:
    if given not in (None, *Decimals):
        raise WrongMap(f"decimal of the map must be point or comma (it is “{given}”).")
    return None if given is None else Decimals(given)


def _dates(given: Any) -> DatePattern | None:
    try:
        return None if given is None else DatePattern(str(given))
    except ValueError as error:
        raise WrongMap(f"date_format of the map: {error}") from None


def _including_vat(given: Any) -> bool | None:
    if given is not None and not isinstance(given, bool):
        raise WrongMap("including_vat of the map must be true or false.")
    return given


def _rate(given: Any) -> float | None:
    if given is not None and (isinstance(given, bool) or not isinstance(given, int | float)):
        raise WrongMap("vat_rate of the map must be a number, such as 19.")
    return given
