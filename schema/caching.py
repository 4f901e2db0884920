"""Documents are parsed and validated once; long ones, which clients do not repeat, each time."""

from __future__ import annotations

from collections.abc import Iterator

from strawberry.extensions import ParserCache, ValidationCache

LONGEST = 8_192  # characters: a cache of 512 such documents stays within a few dozen megabytes
MOST = 512


class ParsedOnce(ParserCache):
    def __init__(self) -> None:
        super().__init__(maxsize=MOST)

    def on_parse(self) -> Iterator[None]:
        if len(self.execution_context.query or "") > LONGEST:
            yield
        else:
            yield from super().on_parse()


class ValidatedOnce(ValidationCache):
    def __init__(self) -> None:
        super().__init__(maxsize=MOST)

    def on_validate(self) -> Iterator[None]:
        if len(self.execution_context.query or "") > LONGEST:
            yield
        else:
            yield from super().on_validate()
