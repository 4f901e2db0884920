"""What a document holds, as far as it has to be known before it is executed."""

from __future__ import annotations

import re
from collections.abc import Sequence

from graphql import GraphQLError, OperationDefinitionNode, OperationType, parse

from invoicing.errors import InvoicingError
from schema.execution.documents import MOST_TOKENS

_OPERATION = re.compile(r"\b(?:query|mutation|subscription)\b")


class AmbiguousDocument(InvoicingError):
    """The document has several operations: say which by operationName."""

    code = "BAD_REQUEST"


def has_several(document: str | None, name: str | None) -> bool:
    """Strawberry would run the first. Only named ones can be several, so few documents are parsed here."""
    if name is not None or document is None or len(_OPERATION.findall(document)) < 2:
        return False
    return len(_operations(document)) > 1


def is_subscription(document: str | None, name: str | None) -> bool:
    """Whether what is asked for goes on. Few documents are parsed here: the word is in few."""
    if document is None or "subscription" not in document:
        return False
    return any(
        each.operation is OperationType.SUBSCRIPTION
        for each in _operations(document)
        if name is None or (each.name is not None and each.name.value == name)
    )


def _operations(document: str) -> Sequence[OperationDefinitionNode]:
    try:
        definitions = parse(document, max_tokens=MOST_TOKENS).definitions
    except GraphQLError:  # told where it is executed
        return ()
    return [each for each in definitions if isinstance(each, OperationDefinitionNode)]
