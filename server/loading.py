"""Loads the program without looking for garbage meanwhile, which took a fifth of the time until it served."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager

YOUNG = 5_000
"""Objects that a server makes between two looks for garbage among them, of which 700 is Python's default.

A dozen requests at once are more than 700 objects that are all in use, so each few of them had all looked at.
"""


@contextmanager
def loading() -> Iterator[None]:
    """What is made inside of it stays as long as the process, so that no collection looks at it again."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def look_seldom_for_garbage() -> None:
    gc.set_threshold(YOUNG)


def load_structlog() -> None:
    """Loads it without rich, which it loads where that is installed: no log of ours is written with rich."""
    is_hidden = "rich" not in sys.modules
    if is_hidden:
        sys.modules["rich"] = None  # type: ignore[assignment]
    try:
        import structlog  # noqa: F401
    finally:
        if is_hidden:
            del sys.modules["rich"]  # help on the command line is written with it
