"""Statistics of PostgreSQL's tables while they are young.

PostgreSQL plans by what its tables had when it last looked, which is once a minute at best. It looks upon a
table that was empty then as if a row and all rows of an account were the same, and reads all of them for
each command until the minute is over. So the server looks more often at tables that have become far larger.
What is large by then is left to PostgreSQL.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ARRAY, Connection, String, bindparam, text
from sqlmodel import SQLModel

LARGE = 100_000  # rows: PostgreSQL's own look at it is as good, as it can hardly double within a minute
_LEAST = 25  # rows, twice as many of which are worth a look

_OUTGROWN = text(
    """SELECT class.relname FROM pg_class AS class
    JOIN pg_stat_user_tables AS counted ON counted.relid = class.oid
    WHERE pg_table_is_visible(class.oid) AND class.relname = ANY (:tables)
    AND counted.n_live_tup > 2 * greatest(class.reltuples, :least) AND counted.n_live_tup < :large
    AND pg_has_role(class.relowner, 'USAGE')
    ORDER BY class.relname"""
).bindparams(bindparam("tables", type_=ARRAY(String)))


def collect(connection: Connection) -> Sequence[str]:
    """Has PostgreSQL look at the tables that have more than doubled. Returns their names.

    Each by itself, outside of a transaction: one that is rolled back would take the statistics with it, but
    not the mark that PostgreSQL has looked. A table that somebody vacuums or indexes has its turn later, and
    tables of another owner are left out: PostgreSQL would refuse, and write that into its log each time.
    """
    ours = {"tables": list(SQLModel.metadata.tables), "least": _LEAST, "large": LARGE}
    outgrown = connection.execute(_OUTGROWN, ours).scalars().all()
    for table in outgrown:
        connection.exec_driver_sql(f"ANALYZE (SKIP_LOCKED) {table}")
    return outgrown
