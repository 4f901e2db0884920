"""What the README says is so."""

from __future__ import annotations

import re
from pathlib import Path

from server.settings import Settings

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()


def settings_table() -> str:
    rows = ["| variable | default | meaning |", "|---|---|---|"]
    for name, field in Settings.model_fields.items():
        default = f"`{field.default}`" if str(field.default) else ""
        rows.append(f"| `INVOICING_{name.upper()}` | {default} | {field.description} |")
    return "\n".join(rows)


def test_the_table_of_settings_is_the_settings() -> None:
    shown = re.search(r"<!-- settings -->\n(.*?)\n<!-- /settings -->", README, re.DOTALL)
    assert shown is not None
    assert shown[1] == settings_table()


def test_every_error_code_is_explained() -> None:
    from invoicing import errors

    codes = {
        kind.code
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, errors.InvoicingError)
    } - {errors.InvoicingError.code}
    assert {code for code in codes if f"`{code}`" not in README} == set()


def test_files_that_are_named_exist() -> None:
    named = re.findall(r"\]\(((?!http)[^)#]+)\)", README)
    assert named
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_every_dependency_has_its_reason() -> None:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    names = [
        re.split(r"[\[>=<]", requirement)[0]
        for requirement in [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]
    ]
    missing = [name for name in names if name.removeprefix("pytest-") not in README]
    assert missing == []
