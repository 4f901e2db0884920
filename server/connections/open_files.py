"""How many files and connections this process may have open."""

from __future__ import annotations

import sys

_ENOUGH = 65_536


def raise_limit() -> int:
    """Raises the limit as far as the system lets us without more rights; returns it."""
    if sys.platform == "win32":
        return _ENOUGH
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _ENOUGH if hard == resource.RLIM_INFINITY else min(hard, _ENOUGH)
    if soft == resource.RLIM_INFINITY:
        return _ENOUGH
    if soft >= wanted:
        return soft
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    except (ValueError, OSError):  # there may be a lower one that is not told
        return soft
    return wanted
