"""Variables of the environment that look like settings and are none: most are misspelled."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from difflib import get_close_matches

from server.settings import Settings

_PREFIX = "INVOICING_"
_LIST = "docs/reference/settings.md"
_OF_TESTS = "INVOICING_TEST_"


def unknown_variables(names: Iterable[str]) -> Iterator[str]:
    """A line for each, with the name of the nearest setting; never with its value, which may be a secret."""
    known = sorted(field.upper() for field in Settings.model_fields)
    for name in sorted(names):
        written = name.upper()
        if not written.startswith(_PREFIX) or written.startswith(_OF_TESTS):
            continue
        if (short := written.removeprefix(_PREFIX)) not in known:
            nearest = get_close_matches(short, known, n=1)
            meant = f"did you mean {_PREFIX}{nearest[0]}?" if nearest else f"{_LIST} lists them."
            yield f"Warning: {name} is no setting and does nothing; {meant}"
