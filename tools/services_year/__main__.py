"""Invoices a year of a services firm, and computes every invoice again by other arithmetic.

    python -m tools.services_year --entries 20000 --seed 1

Hours in quarters at prices with and without VAT, discounts on orders, orders in parts and together, credits
in parts, three currencies. The exit code is 1 after any difference. With --database the books stay in that
database, which must be empty.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path
from random import Random

from invoicing.storage import migrations
from invoicing.storage.database import Database
from invoicing.verify.books import verify
from tools.services_year.check import check
from tools.services_year.firm import open_firm
from tools.services_year.year import Year


def main() -> None:
    arguments = argparse.ArgumentParser(prog="python -m tools.services_year")
    arguments.add_argument("--entries", type=int, default=20_000)
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--database", help="the URL of an empty one; left out: a new file")
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        database = Database(given.database or f"sqlite:///{Path(folder, 'year.db')}")
        migrations.upgrade(database)
        started = time.monotonic()
        year = Year(database, open_firm(database), Random(given.seed))  # noqa: S311 (repeatable, not secret)
        year.run(given.entries)
        print(f"{year.summary()}; {time.monotonic() - started:.0f} s", flush=True)
        checked = database.read(check)
        findings = database.read(verify).findings
        database.close()
    for line in (*checked.differences[:20], *map(str, findings[:20])):
        print(line)
    print(f"{checked.summary()}; verify: {len(findings)} findings")
    sys.exit(1 if checked.differences or findings else 0)


if __name__ == "__main__":
    main()
