"""docs/index.md leads to every page."""

from __future__ import annotations

import re

from tests.docs.pages import DOCS, PAGES, name_of


def test_every_page_is_linked_from_the_index() -> None:
    links = re.findall(r"\]\(([^)#\s]+)", (DOCS / "index.md").read_text())
    reached = {(DOCS / link).resolve() for link in links}
    unreached = [page for page in PAGES if not reached & {page, *page.parents}]
    assert [name_of(page) for page in unreached] == ["docs/index.md"]
