"""The hunt for deadlocks, as long as a test may take."""

from __future__ import annotations

from invoicing.storage.database import Database
from invoicing.verify.books import verify
from tests.conftest import FreshUrl
from tools.deadlock_hunt.__main__ import deadlocks, hunt
from tools.deadlock_hunt.shop import open_shop


def test_commands_at_once_on_two_servers_end_without_a_deadlock(fresh_postgresql: FreshUrl) -> None:
    with fresh_postgresql() as url:
        database = Database(url)
        outcome = hunt(url, open_shop(database), 400, "1")
        assert database.read(verify).findings == []
        database.close()
        assert deadlocks(url) == 0
    assert (outcome.failures, outcome.retries) == ([], 0)
    assert outcome.ended.total() == 400
    assert sum(times for (_, end), times in outcome.ended.items() if end == "done") > 100
