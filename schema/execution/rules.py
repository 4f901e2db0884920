"""The rules of validation, so bounded that a document of any kind is checked in a fraction of a second.

graphql-core bounds how many errors it reports, not what each of them takes: the message of a wrong value
prints the whole value, each error looks up the line of the document that it is in, and what is not known is
compared with all that is.
"""

from __future__ import annotations

from contextlib import suppress

from graphql import (
    ASTValidationRule,
    GraphQLError,
    GraphQLInputType,
    OverlappingFieldsCanBeMergedRule,
    ValidationContext,
    ValueNode,
    ValuesOfCorrectTypeRule,
    specified_rules,
)
from graphql.language import SKIP, VisitorAction
from graphql.utilities.validate_input_value import validate_input_literal

MOST_ERRORS = 10
MOST_COMPARISONS = 20_000
LONG_VALUE = 1_000  # characters


class FieldsCanBeMerged(OverlappingFieldsCanBeMergedRule):
    """Compares fields of the same name, so many of them at most: else it would take seconds."""

    def __init__(self, context: ValidationContext) -> None:
        super().__init__(context)
        self.rule_context.remaining_complexity_budget = MOST_COMPARISONS


class ValuesFit(ValuesOfCorrectTypeRule):
    """Reports one error of a long value, as each would print all of the value."""

    def is_valid_value_node(self, node: ValueNode, input_type: GraphQLInputType | None) -> VisitorAction:
        is_long = node.loc is not None and node.loc.end - node.loc.start > LONG_VALUE

        def report(error: GraphQLError, _: list[str | int]) -> None:
            self.report_error(error)
            if is_long:
                raise _Reported

        if input_type:
            with suppress(_Reported):
                validate_input_literal(
                    node, input_type, report, hide_suggestions=self.context.hide_suggestions
                )
        return SKIP


class _Reported(Exception):
    """Enough is said about a value."""


_BOUNDED: dict[type[ASTValidationRule], type[ASTValidationRule]] = {
    OverlappingFieldsCanBeMergedRule: FieldsCanBeMerged,
    ValuesOfCorrectTypeRule: ValuesFit,
}
RULES = tuple(_BOUNDED.get(rule, rule) for rule in specified_rules)
