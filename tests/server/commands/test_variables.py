"""What the command line says about the variables of its environment, without showing what may be secret."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from server.settings import Settings
from server.unknown_variables import unknown_variables

ROOT = Path(__file__).parents[3]


def list_accounts(folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "from server.entry import main; main()", "account", "list"],
        cwd=ROOT,
        env={**os.environ, "INVOICING_DATA_DIR": str(folder), **variables},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("INVOICING_SANDBX", "did you mean INVOICING_SANDBOX?"),
        ("INVOICING_DATABASEURL", "did you mean INVOICING_DATABASE_URL?"),
        ("invoicing_base_uri", "did you mean INVOICING_BASE_URL?"),
        ("INVOICING_X", "docs/reference/settings.md lists them."),
    ],
)
def test_a_variable_that_is_no_setting_is_named_with_the_nearest_one(name: str, meant: str) -> None:
    assert list(unknown_variables([name, "PATH"])) == [
        f"Warning: {name} is no setting and does nothing; {meant}"
    ]


def test_no_setting_is_taken_for_unknown_however_it_is_written() -> None:
    names = [f"INVOICING_{name}" for name in Settings.model_fields]
    assert list(unknown_variables([*names, *map(str.upper, names), "INVOICING_TEST_DATABASE_URL"])) == []


def test_a_command_says_it_and_goes_on_and_shows_no_value(tmp_path: Path) -> None:
    done = list_accounts(tmp_path, INVOICING_SECRETKEY="hidden-from-view")
    assert (done.returncode, done.stdout) == (0, "")
    (warning,) = done.stderr.splitlines()
    assert "INVOICING_SECRETKEY is no setting" in warning
    assert "INVOICING_SECRET_KEY?" in warning
    assert "hidden-from-view" not in warning


@pytest.mark.parametrize(
    ("name", "value", "is_shown"),
    [
        ("INVOICING_BASE_URL", "invoices.example", True),
        ("INVOICING_DATABASE_URL", "mysql://shop:hidden-from-view@db/shop", False),
        ("INVOICING_SECRET_KEY", "hidden-from-view", False),
    ],
)
def test_a_wrong_value_is_refused_in_one_sentence_and_shown_unless_it_may_be_secret(
    tmp_path: Path, name: str, value: str, is_shown: bool
) -> None:
    done = list_accounts(tmp_path, **{name: value})
    assert (done.returncode, done.stdout) == (2, "")
    (sentence,) = done.stderr.splitlines()
    assert sentence.startswith(f"{name}{f' is “{value}”' if is_shown else ''}: it must ")
    assert (value in sentence) is is_shown
