"""The firm whose year is invoiced: its account, its customers and its exchange rates."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from invoicing.access import Actor, Principal, Scope
from invoicing.accounts import exchange_rates
from invoicing.accounts import settings as account_settings
from invoicing.accounts.exchange_rates import DailyRate
from invoicing.accounts.values import CreateAccountValues
from invoicing.checks import AddressValues
from invoicing.customers import details
from invoicing.customers.values import CreateCustomerValues
from invoicing.storage.database import Database

OPENED = datetime(2025, 1, 1, 8, tzinfo=UTC)
CURRENCIES = ("EUR", "USD", "CHF")
CUSTOMERS = 45
_RATES = {"USD": "1.0321", "CHF": "0.9384"}

_ADDRESS: AddressValues = {
    "address_line_1": "Keizersgracht 1",
    "postal_code": "1015 CJ",
    "locality": "Amsterdam",
    "country_code": "NL",
}
_ACCOUNT: CreateAccountValues = {
    "name": "Hours & Co",
    "legal_name": "Hours & Co B.V.",
    "address": _ADDRESS,
    "vat_number": "NL004495445B01",
    "default_currency": "EUR",
}


@dataclass(frozen=True, slots=True)
class Client:
    """A customer, and how the firm quotes prices to them."""

    id: str
    currency: str
    is_including_vat: bool


@dataclass(frozen=True, slots=True)
class Firm:
    principal: Principal
    clients: tuple[Client, ...]


def open_firm(database: Database) -> Firm:
    account_id = database.write(account_settings.create_account, _ACCOUNT, now=OPENED)
    principal = Principal(account_id, Actor("year", "A year", "api_key"), frozenset(Scope))
    clients = []
    for number in range(CUSTOMERS):
        given: CreateCustomerValues = {
            "id": f"client-{number}",
            "name": f"Client {number}",
            "billing_address": _ADDRESS,
        }
        database.write(details.create_customer, principal, given, now=OPENED)
        currency = CURRENCIES[number % len(CURRENCIES)]
        clients.append(Client(f"client-{number}", currency, is_including_vat=number % 2 == 0))
    days = [DailyRate(OPENED.date(), currency, rate) for currency, rate in _RATES.items()]
    database.write(exchange_rates.set_exchange_rates, principal, days, now=OPENED)
    return Firm(principal, tuple(clients))
