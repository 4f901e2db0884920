"""`invoicing migrate`: brings the database to the newest version."""

from __future__ import annotations

import typer

from invoicing.storage import migrations
from invoicing.storage.database import Database
from server.settings import Settings


def migrate() -> None:
    """Bring the database to the newest version. Safe to run again, and while servers run."""
    settings = Settings()
    database = Database(settings.database)
    migrations.upgrade(database)
    database.close()
    typer.echo(f"Up to date: {database.url.render_as_string(hide_password=True)}", err=True)
