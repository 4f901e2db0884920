"""What browsers are told a file is called."""

from __future__ import annotations

from urllib.parse import quote


def plain(filename: str) -> str:
    """A name without folders: an invoice number may have slashes."""
    return filename.replace("/", "-").replace("\\", "-")


def inline(filename: str) -> str:
    """The value of Content-Disposition for a file that a browser shows, and saves under this name."""
    quoted = quote(filename, safe="")
    return f'inline; filename="{filename}"' if quoted == filename else f"inline; filename*=utf-8''{quoted}"
