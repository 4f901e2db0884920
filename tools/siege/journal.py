"""What the clients were told was done: each thing once, with what is to be found of it in the end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Content = Mapping[str, Any]


@dataclass
class Journal:
    """`things` are by kind (the table's name), then by account and id."""

    things: dict[str, dict[tuple[str, str], dict[str, Any]]] = field(default_factory=dict)
    answered: Counter[str] = field(default_factory=Counter)
    """Calls by name, each counted once however often it had to be sent."""
    refused: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Calls that the rules refused, by name and code."""
    passed: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Calls sent twice at once, one of them refused for what passed before the other, by name and code."""
    sent_again: Counter[str] = field(default_factory=Counter)
    """Why calls were sent again: the code, the HTTP status or the kind of the connection's end."""
    done_before: Counter[str] = field(default_factory=Counter)
    """Calls without a key that were done although their first answer was lost: told by the refusal."""
    wrong: list[str] = field(default_factory=list)
    """What no client should ever see."""

    @property
    def acknowledged(self) -> int:
        return self.answered.total()

    def keep(self, kind: str, account: str, id: str, content: Content) -> None:
        """What is told of a thing again has to be the same; what is new of it is kept too."""
        kept = self.things.setdefault(kind, {}).setdefault((account, id), {})
        for field_, value in content.items():
            if kept.setdefault(field_, value) != value:
                self.wrong.append(f"{kind} {id}: {field_} was {kept[field_]}, and then {value}.")
