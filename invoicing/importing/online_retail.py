"""The “Online Retail” data set of the UCI repository (D. Chen, 2015), read as orders in the plain columns."""

from __future__ import annotations

import re

from invoicing.importing.columns import Format, NotASale, Row

_COLUMN_NAMES = {
    "order_number": "InvoiceNo",
    "order_date": "InvoiceDate",
    "name": "Description",
    "quantity": "Quantity",
    "unit_price": "UnitPrice",
}
_REQUIRED = (*_COLUMN_NAMES.values(), "StockCode", "CustomerID", "Country")
_NOT_SALES = {
    "AMAZONFEE": "a fee that the seller itself pays",
    "B": "an adjustment of bad debt",
    "CRUK": "a commission that the seller itself pays",
}
_TYPES = {
    "POST": "SHIPPING",
    "DOT": "SHIPPING",
    "C2": "SHIPPING",
    "BANK CHARGES": "FEE",
    "D": "DISCOUNT",
}
# "European Community" and "Unspecified" are not countries; the Channel Islands have two codes, JE and GG.
_COUNTRIES = {
    "Australia": "AU",
    "Austria": "AT",
    "Bahrain": "BH",
    "Belgium": "BE",
    "Brazil": "BR",
    "Canada": "CA",
    "Cyprus": "CY",
    "Czech Republic": "CZ",
    "Denmark": "DK",
    "EIRE": "IE",
    "Finland": "FI",
    "France": "FR",
    "Germany": "DE",
    "Greece": "GR",
    "Hong Kong": "HK",
    "Iceland": "IS",
    "Israel": "IL",
    "Italy": "IT",
    "Japan": "JP",
    "Lebanon": "LB",
    "Lithuania": "LT",
    "Malta": "MT",
    "Netherlands": "NL",
    "Norway": "NO",
    "Poland": "PL",
    "Portugal": "PT",
    "RSA": "ZA",
    "Saudi Arabia": "SA",
    "Singapore": "SG",
    "Spain": "ES",
    "Sweden": "SE",
    "Switzerland": "CH",
    "USA": "US",
    "United Arab Emirates": "AE",
    "United Kingdom": "GB",
}


_BELOW_ONE = re.compile(r"-[0-9]+|0")
_FREE = re.compile(r"-[0-9.]+|0+(\.0*)?")


def _to_plain(row: Row) -> Row:
    code = row.get("StockCode", "")
    _check_is_sale(row, code.upper())
    plain = {"sku": code}
    if code.upper() in _TYPES:
        plain["item_type"] = _TYPES[code.upper()]
    for column, name in _COLUMN_NAMES.items():
        if name in row:
            plain[column] = row[name]
    if "CustomerID" in row:
        plain["customer_handle"] = row["CustomerID"]
        plain["customer_name"] = f"Customer {row['CustomerID']}"
    else:
        plain["customer_name"] = "Unknown customer"
    if country := _COUNTRIES.get(row.get("Country", "")):
        plain["customer_country"] = plain["ship_to_country"] = country
    return plain


def _is_cancellation(row: Row) -> bool:
    return row.get("InvoiceNo", "").startswith(("C", "c"))


def _check_is_sale(row: Row, code: str) -> None:
    if code in _NOT_SALES:
        raise NotASale("not_a_sale", f"{code} is {_NOT_SALES[code]}.")
    if not _is_cancellation(row):
        _check_description_and_quantity(row)
    if _FREE.fullmatch(row.get("UnitPrice", "")):
        raise NotASale("no_price", "The price is zero or less: a gift or a correction of the stock.")


def _check_description_and_quantity(row: Row) -> None:
    if "Description" not in row:
        raise NotASale("no_description", "The line does not say what was sold.")
    if _BELOW_ONE.fullmatch(row.get("Quantity", "")):
        raise NotASale("no_quantity", "The quantity is below 1: a correction of the stock.")


ONLINE_RETAIL = Format(
    required=_REQUIRED,
    known=frozenset(_REQUIRED),
    key=("InvoiceNo",),
    to_plain=_to_plain,
    including_vat=False,
    currency="GBP",
    is_cancellation=_is_cancellation,
)
