"""The schema's history: `upgrade` brings a database to the newest version."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config

from invoicing.database import Database


def config() -> Config:
    settings = Config()
    settings.set_main_option("script_location", str(Path(__file__).parent))
    return settings


def upgrade(database: Database) -> None:
    """Runs what is missing, in one transaction; a database that is up to date stays untouched."""
    settings = config()

    def migrate(connection: object) -> None:
        settings.attributes["connection"] = connection
        command.upgrade(settings, "head")

    database.write(migrate)
