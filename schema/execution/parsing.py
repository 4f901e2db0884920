"""Documents as they are parsed: without what only the garbage collector could free.

A collection looks at every object there is, and the event loop waits for it. So nothing of a request should
be left to it: tokens that know their neighbours, or the traceback of a refusal that holds all that was
parsed. What is kept of a document should be few objects too, as each collection looks at them.
"""

from __future__ import annotations

from graphql import DocumentNode, GraphQLSyntaxError, Lexer, Location, Source, Token, TokenKind
from graphql.language.parser import Parser

_NO_TOKEN = Token(TokenKind.SOF, 0, 0, 0, 0)


class _Parser(Parser):
    """Its nodes know where they stand in the text. They do without their tokens, half of all objects."""

    def loc(self, start_token: Token) -> Location | None:
        place = super().loc(start_token)
        if place is not None:
            place.start_token = place.end_token = _NO_TOKEN
        return place


def parsed(text: str, most_tokens: int) -> DocumentNode:
    """Raises GraphQLSyntaxError."""
    source = Source(text)
    lexer = Lexer(source)
    try:
        return _Parser(source, max_tokens=most_tokens, lexer=lexer).parse_document()
    except GraphQLSyntaxError as refusal:
        raise refusal.with_traceback(None) from None
    except RecursionError:  # at some hundreds of levels; what is read has a limit that is far lower
        raise GraphQLSyntaxError(Source(""), 0, "The document has too many levels.") from None
    finally:
        _part(lexer.token)


def _part(token: Token | None) -> None:
    """The tokens up to this one, and those that were looked at after it, know each other no more."""
    while token is not None and token.next is not None:
        token = token.next
    while token is not None:
        token.next, token.prev, token = None, None, token.prev
