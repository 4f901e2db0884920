"""Every statement that is prepared when the domain is imported."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator

import invoicing
from invoicing.storage.narrow import Narrowed
from invoicing.storage.prepared import Prepared


def prepared_statements() -> Iterator[tuple[str, Prepared]]:
    """With their names."""
    for module in pkgutil.walk_packages(invoicing.__path__, "invoicing."):
        if ".migrations" not in module.name and not module.name.endswith("__main__"):
            for name, value in vars(importlib.import_module(module.name)).items():
                if isinstance(value, Prepared):
                    yield f"{module.name}.{name}", value
                elif isinstance(value, Narrowed):
                    yield f"{module.name}.{name}", value.reading(None, None)
                    yield f"{module.name}.{name} (narrow)", value.reading(None, frozenset())
