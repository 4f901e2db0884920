"""Servers, workers and PostgreSQL are killed under load: what was acknowledged is there, once, in a row.

The same as `python3 dev.py siege`, which goes on for as long as it is told to.
"""

from __future__ import annotations

import pytest

from tools.siege.siege import Plan, siege
from tools.siege.site import KINDS

KILLS = 30


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_acknowledged_is_lost_or_done_twice_by_30_kills(kind: str) -> None:
    outcome = siege(kind, Plan(seed="kills", kills=KILLS, apart=10, hangs=False, only_kills=True))
    assert outcome.wrong == []
    assert outcome.kills >= KILLS
    assert len(outcome.journal.things["invoices"]) > KILLS
