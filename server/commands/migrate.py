"""`invoicing migrate` and `invoicing export-schema`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from invoicing.storage import migrations
from invoicing.storage.database import Database
from schema import sdl
from server.settings import Settings


def migrate() -> None:
    """Bring the database to the newest version. Safe to run again, and while servers run."""
    settings = Settings()
    database = Database(settings.database)
    migrations.upgrade(database)
    database.close()
    typer.echo(f"Up to date: {database.url.render_as_string(hide_password=True)}", err=True)


def export_schema(
    file: Annotated[Path | None, typer.Argument(help="Where to; standard output when left out.")] = None,
) -> None:
    """Print the GraphQL schema, as schema.graphql holds it."""
    if file is None:
        typer.echo(sdl(), nl=False)
    else:
        file.write_text(sdl())
