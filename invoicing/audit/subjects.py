"""What something was done to: a kind of thing and its id. No names, so that nothing has to be erased."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple

from sqlalchemy import Connection

_NOTED = "audit subjects"  # in `connection.info`


class AuditSubjectType(StrEnum):
    """The nouns of the API."""

    ACCOUNT = "account"
    API_KEY = "api_key"
    CUSTOMER = "customer"
    CUSTOMER_SESSION = "customer_session"
    INVOICE = "invoice"
    ORDER = "order"
    PAYMENT = "payment"
    PAYMENT_METHOD = "payment_method"
    WEBHOOK_DELIVERY = "webhook_delivery"
    WEBHOOK_ENDPOINT = "webhook_endpoint"


class Subject(NamedTuple):
    type: AuditSubjectType
    id: str


def subjects(type: AuditSubjectType, *ids: str | None) -> list[Subject]:
    """Those that there are: None stands for nothing."""
    return [Subject(type, id) for id in ids if id is not None]


def note(connection: Connection, noted: Iterable[Subject]) -> None:
    """What the command that runs has changed beside what it returns. The log names it too."""
    connection.info.setdefault(_NOTED, []).extend(noted)


def collect(connection: Connection) -> list[Subject]:
    """Removes and returns what was noted."""
    noted: list[Subject] = connection.info.pop(_NOTED, [])
    return noted
