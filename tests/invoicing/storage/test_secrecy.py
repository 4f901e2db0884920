"""Errors of the database say what was refused, and no value."""

from __future__ import annotations

import traceback

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError

from invoicing.access import Principal
from invoicing.errors import ValidationError
from invoicing.storage.database import Database
from invoicing.storage.tables.base import violated_constraint
from tests.conftest import FreshUrl
from tests.support import factories

VALUE = "zie" + "gel"  # source lines are in tracebacks


def test_a_key_that_exists_is_named_without_its_value(database: Database, principal: Principal) -> None:
    copy = "INSERT INTO customers SELECT * FROM customers WHERE id = :id"
    factories.customer(database, principal, id="ziegel", email="ziegel@example.org")
    with pytest.raises(IntegrityError) as refused:
        database.write(lambda connection: connection.execute(text(copy), {"id": "ziegel"}))
    assert "customers" in violated_constraint(refused.value)
    assert "customers" in str(refused.value)
    assert "ziegel" not in f"{refused.value}{refused.value.args}{refused.value.orig!r}"


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT CAST(:value AS integer)",
        "SELECT CAST(:value AS json)",
        "SELECT CAST(:value AS date)",
        "SELECT nowhere FROM customers WHERE name = :value",
    ],
)
def test_a_value_that_postgresql_does_not_take_is_not_repeated(
    fresh_postgresql: FreshUrl, statement: str
) -> None:
    with fresh_postgresql() as url:
        database = Database(url)
        with pytest.raises((DBAPIError, ValidationError)) as refused:
            database.read(lambda connection: connection.execute(text(statement), {"value": VALUE}))
        database.close()
    logged = "".join(traceback.format_exception(refused.value))
    assert "psycopg.errors" in logged
    assert VALUE not in logged
