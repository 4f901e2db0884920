"""`invoicing migrate`: brings the database to the newest version."""

from __future__ import annotations

import typer

from invoicing.storage import migrations
from invoicing.storage.database import Database
from server.commands.common import refuse_newer
from server.settings import Settings


def migrate() -> None:
    """Bring the database to the newest version. Safe to run again, and while servers run.

    Servers and workers of the version before change nothing from then on; what they are asked for is
    answered with 503 until they are replaced. They go on reading. If it runs twice at once, one waits for
    the other.
    """
    settings = Settings()
    database = Database(settings.database, lock_timeout=migrations.LONGEST)
    try:
        refuse_newer(database)
        migrations.upgrade(database)
    finally:
        database.close()
    typer.echo(f"Up to date: {database.url.render_as_string(hide_password=True)}", err=True)
