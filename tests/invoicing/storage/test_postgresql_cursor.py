"""The cursor of PostgreSQL describes results as psycopg's own cursor does, in names and types."""

from __future__ import annotations

import psycopg
import pytest
from sqlalchemy import URL

from invoicing.storage.postgresql_cursor import PlainCursor


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT 1 AS one, 'text' AS größe, now() AS at, NULL::numeric",
        "SELECT 1 AS one WHERE false",
        "CREATE TEMPORARY TABLE kept (id int)",
        "WITH made AS (VALUES (1)) SELECT FROM made",
    ],
)
def test_columns_have_the_names_and_types_that_psycopg_tells(postgresql_server: URL, statement: str) -> None:
    url = postgresql_server.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(url) as connection:
        plain, own = PlainCursor(connection), psycopg.Cursor(connection)
        for cursor in (plain, own):
            with connection.transaction(force_rollback=True):
                cursor.execute(statement)
        described = [(column.name, column.type_code) for column in own.description or ()]
        assert [(column[0], column[1]) for column in plain.description or ()] == described
        assert all(len(column) == 7 for column in plain.description or ())
