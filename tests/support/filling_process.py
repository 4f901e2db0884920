"""A process whose files may grow by some 200,000 bytes only, as on a disk that gets full.

python -m tests.support.filling_process DATABASE_FILE ACCOUNT_ID
Stores orders until three were refused, and one more when there is room again. Prints how many it stored.
"""

from __future__ import annotations

import resource
import sys
from pathlib import Path

from invoicing.access import Actor, Principal, Scope
from invoicing.errors import DatabaseUnavailable
from invoicing.storage.database import Database
from tests.support import factories

GROWTH = 200_000
NOTE = {"note": "x" * 15_000}


def fill(path: str, account_id: str) -> int:
    database = Database(f"sqlite:///{path}")
    owner = Principal(account_id, Actor("key", "Test", "api_key"), frozenset(Scope))
    files = [Path(path), Path(f"{path}-wal")]
    size = max(file.stat().st_size for file in files if file.exists())
    _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + GROWTH, most))
    stored = refused = 0
    while refused < 3:
        try:
            factories.order(database, owner, metadata=NOTE)
            stored += 1
        except DatabaseUnavailable:
            refused += 1
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
    factories.order(database, owner, metadata=NOTE)
    database.close()
    return stored + 1


if __name__ == "__main__":
    print(fill(*sys.argv[1:]))
