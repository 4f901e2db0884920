"""Every front door has the same file for the same part."""

from __future__ import annotations

from pathlib import Path

import pytest

from server import rest

FOLDERS = [path.parent for path in Path(rest.__file__).parent.glob("*/__init__.py")]
PARTS = {"__init__", "auth", "errors", "openapi", "requests", "responses", "routes"}


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: str(folder.name))
def test_a_front_door_has_a_file_for_each_part(folder: Path) -> None:
    assert {path.stem for path in folder.glob("*.py")} >= PARTS


def test_every_folder_is_a_front_door() -> None:
    assert len(FOLDERS) == len(rest.FRONT_DOORS)
