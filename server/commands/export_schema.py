"""`invoicing export-schema`: prints the GraphQL schema."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def export_schema(
    file: Annotated[Path | None, typer.Argument(help="Where to; standard output when left out.")] = None,
) -> None:
    """Print the GraphQL schema, as schema.graphql holds it."""
    from schema import sdl  # here, or every other command would wait for it too

    if file is None:
        typer.echo(sdl(), nl=False)
    else:
        file.write_text(sdl())
