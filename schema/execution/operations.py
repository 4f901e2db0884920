"""Which operations a document has, as far as that must be known before it is executed."""

from __future__ import annotations

import re
from collections.abc import Sequence

from graphql import GraphQLError, OperationDefinitionNode, OperationType, parse

from invoicing.errors import InvoicingError
from schema.codes import Code
from schema.execution.documents import MOST_TOKENS

_OPERATION = re.compile(r"\b(?:query|mutation|subscription)\b")


class AmbiguousDocument(InvoicingError):
    """The document has several operations: say which by operationName."""

    code = Code.BAD_REQUEST


def is_ambiguous(document: str | None, name: str | None) -> bool:
    """Whether the document has several operations and none is named: Strawberry would run the first.

    Where there are several, each begins with a keyword, so few documents have to be parsed for this.
    """
    if name is not None or document is None or len(_OPERATION.findall(document)) < 2:
        return False
    return len(_operations(document)) > 1


def is_subscription(document: str | None, name: str | None) -> bool:
    """Whether the operation is a subscription. Few documents contain the word, so few are parsed for this."""
    if document is None or "subscription" not in document:
        return False
    return any(
        each.operation is OperationType.SUBSCRIPTION
        for each in _operations(document)
        if name is None or (each.name is not None and each.name.value == name)
    )


def may_only_read(document: str | None) -> bool:
    """Whether the document has no mutation. One with that word somewhere else is taken to have one."""
    return document is not None and "mutation" not in document


def _operations(document: str) -> Sequence[OperationDefinitionNode]:
    try:
        definitions = parse(document, max_tokens=MOST_TOKENS).definitions
    except GraphQLError:  # reported when the document is executed
        return ()
    return [each for each in definitions if isinstance(each, OperationDefinitionNode)]
