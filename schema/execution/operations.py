"""Which operations a document has, as far as that must be known before it is parsed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property, lru_cache
from itertools import islice

from graphql import OperationType

from invoicing.errors import InvoicingError
from schema.codes import Code
from schema.execution.documents import LONGEST, MOST_CHARACTERS, MOST_DOCUMENTS, MOST_TOKENS

_OPERATION = re.compile(r"\b(?:query|mutation|subscription)\b")
_TOKEN = re.compile(
    r'"""(?:[^"\\]|\\(?:""")?|"(?!""))*+(?:"""|\Z)'  # texts and comments, in which words mean nothing
    r'|"(?:[^"\\\n\r]|\\.)*+"'
    r"|\#[^\n\r]*"
    r"|(?P<opens>[({\[])|(?P<closes>[)}\]])|(?P<word>@|[A-Za-z_]\w*)",
    re.ASCII,
)

_LIST = re.compile(r"\b(nodes|edges|totalCount|pageInfo)\b")

Operation = tuple[OperationType, str | None]


class Facts:
    """What a document's words say. Each is looked for when it is first asked for: a document may be long."""

    def __init__(self, document: str) -> None:
        self._document = document

    @cached_property
    def has_several_operations(self) -> bool:
        """Each of several begins with a keyword, so few documents have to be looked through for this.

        One that is too long is not looked through at all: it is refused where it is parsed.
        """
        if len(self._document) > LONGEST:
            return False
        words = [*islice(_OPERATION.finditer(self._document), 2)]
        return len(words) > 1 and len([*islice(operations_in(self._document), 2)]) > 1

    @cached_property
    def has_subscription(self) -> bool:
        """Or that word somewhere else."""
        return "subscription" in self._document

    @cached_property
    def has_mutation(self) -> bool:
        """Or that word somewhere else."""
        return "mutation" in self._document

    @cached_property
    def asks_for_lists(self) -> bool:
        return len(self._document) > LONGEST or _LIST.search(self._document) is not None

    @cached_property
    def may_wait(self) -> bool:
        """For a PDF."""
        return "wait_for_pdf_ms" in self._document


def facts_of(document: str) -> Facts:
    return _remembered(document) if len(document) <= MOST_CHARACTERS else Facts(document)


_remembered = lru_cache(MOST_DOCUMENTS)(Facts)


class AmbiguousDocument(InvoicingError):
    """The document has several operations: say which by operationName."""

    code = Code.BAD_REQUEST


def is_ambiguous(document: str | None, name: str | None) -> bool:
    """Whether the document has several operations and none is named: Strawberry would run the first."""
    return name is None and document is not None and facts_of(document).has_several_operations


def is_subscription(document: str | None, name: str | None) -> bool:
    """Whether the operation is a subscription. Few documents contain the word."""
    if document is None or not facts_of(document).has_subscription:
        return False
    return any(
        kind is OperationType.SUBSCRIPTION and (name is None or name == its_name)
        for kind, its_name in operations_in(document)
    )


def may_only_read(document: str | None) -> bool:
    """Whether the document has no mutation. One with that word somewhere else is taken to have one."""
    return document is not None and not facts_of(document).has_mutation


def operations_in(document: str) -> Iterator[Operation]:
    """The operations of a document, and their names.

    It is not parsed for that: only its words outside of all brackets are looked at. One that is not GraphQL
    may have any operations; that it is not is said where it is parsed.
    """
    depth = 0
    words: list[str] = []
    for token in islice(_TOKEN.finditer(document), MOST_TOKENS):
        if token["word"]:
            if depth == 0:
                words.append(token["word"])
        elif token["opens"]:
            if depth == 0 and token["opens"] == "{" and (found := _operation(words)):
                yield found
            depth += 1
        elif token["closes"]:
            depth -= 1
            if depth == 0 and token["closes"] == "}":
                words = []


def _operation(words: list[str]) -> Operation | None:
    """What begins with these words, until its selection; None for a fragment."""
    if not words:
        return OperationType.QUERY, None
    if words[0] not in _KINDS:
        return None
    is_named = len(words) > 1 and words[1] != "@"  # else it has a directive, or nothing
    return _KINDS[words[0]], words[1] if is_named else None


_KINDS = {kind.value: kind for kind in OperationType}
