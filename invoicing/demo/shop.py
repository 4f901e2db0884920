"""The demo shop and its customers, all invented."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Unpack

from invoicing.accounts.values import CreateAccountValues
from invoicing.checks import AddressValues
from invoicing.customers.values import CreateCustomerValues

SELLER: CreateAccountValues = {
    "name": "Atelier Noord",
    "legal_name": "Atelier Noord B.V.",
    "address": {
        "organisation": "Atelier Noord B.V.",
        "address_line_1": "Nieuwe Prinsenkade 118",
        "postal_code": "1013 XX",
        "locality": "Amsterdam",
        "country_code": "NL",
        "email": "hallo@atelier-noord.example",
        "phone_number": "+31 20 555 01 00",
    },
    "vat_number": "NL000099998B57",
    "registration_number": "KVK 00000000",
    "email": "post@noord.example",
    "phone_number": "+31 20 555 01 00",
    "contact_name": "Saar van Dijk",
    "iban": "NL91 ABNA 0417 1643 00",
    "bic": "ABNANL2A",
    "default_currency": "EUR",
    "default_vat_rate": 21,
    "locale": "nl",
    "timezone": "Europe/Amsterdam",
    "payment_terms_days": 14,
}


def address(line: str, code: str, city: str, country: str, **more: Unpack[AddressValues]) -> AddressValues:
    place: AddressValues = {
        "address_line_1": line,
        "postal_code": code,
        "locality": city,
        "country_code": country,
    }
    return {**more, **place}


CUSTOMERS: Sequence[CreateCustomerValues] = (
    {
        "handle": "jansen",
        "name": "Fietsenmakerij Jansen",
        "legal_name": "Fietsenmakerij Jansen V.O.F.",
        "email": "administratie@fietsen-jansen.example",
        "contact_name": "Piet Jansen",
        "vat_number": "NL123456782B01",
        "locale": "nl",
        "buyer_reference": "Inkoop 7",
        "billing_address": address("Oudegracht 402", "3511 PN", "Utrecht", "NL"),
    },
    {
        "handle": "devries",
        "name": "Mila de Vries",
        "email": "mila@devries.example",
        "locale": "nl",
        "billing_address": address("Plantage Middenlaan 9-III", "1018 DA", "Amsterdam", "NL"),
    },
    {
        "handle": "sommer",
        "name": "Buchhandlung Sommer",
        "legal_name": "Buchhandlung Sommer GmbH & Co. KG",
        "email": "rechnung@buch-sommer.example",
        "contact_name": "Jörg Groß",
        "vat_number": "DE123456788",
        "locale": "de",
        "billing_address": address("Königstraße 27", "50667", "Köln", "DE"),
        "shipping_address": address("Lagerhof 3, Tor 2", "50739", "Köln", "DE"),
    },
    {
        "handle": "laurent",
        "name": "Camille Laurent",
        "email": "camille@laurent.example",
        "locale": "fr",
        "billing_address": address("14 bis, rue de l’Église", "69005", "Lyon", "FR"),
    },
    {
        "handle": "papadopoulos",
        "name": "Νίκος Παπαδόπουλος",
        "email": "nikos@papadopoulos.example",
        "locale": "el",
        "billing_address": address("Οδός Ερμού 56", "105 63", "Αθήνα", "GR"),
    },
    {
        "handle": "whitfield",
        "name": "Whitfield & Daughters Ltd",
        "email": "accounts@whitfield.example",
        "contact_name": "Harriet Whitfield",
        "vat_number": "GB123456782",
        "locale": "en_GB",
        "billing_address": address("3 Almond Yard", "EH1 1AA", "Edinburgh", "GB"),
    },
)
