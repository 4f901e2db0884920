"""Text from outside, made fit for errors and logs: cut to a length, and without control characters."""

from __future__ import annotations

import re

LONGEST_NAME = 100
"""Characters of a name that callers choose and that is counted or logged, such as an operation's."""
LONGEST_ID = 255
LONGEST_QUOTED = 200
"""Characters of what a caller wrote, in an error."""
LONGEST_MESSAGE = 1_000
CUT = "…"

_QUOTED_OR_UNBROKEN = re.compile(
    rf"(?<=“)[^”]{{{LONGEST_QUOTED + 1},}}(?=”)"
    rf"|(?<=(?<!\w)')[^']{{{LONGEST_QUOTED + 1},}}(?='(?!\w))"
    rf'|(?<=")[^"]{{{LONGEST_QUOTED + 1},}}(?=")'
    rf"|[^\s“”\"']{{{LONGEST_QUOTED + 1},}}"
)
_CONTROLS = "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069"
_CONTROL = re.compile(f"[{_CONTROLS}]")
_CONTROL_OR_BREAK = re.compile(f"[{_CONTROLS}\t\r\n]+")


def shortened(text: str, most: int) -> str:
    """The text, with at most so many characters. The last one says that it was cut."""
    return text if len(text) <= most else text[: most - 1] + CUT


def shortened_message(message: str) -> str:
    """A sentence in which each thing that it quotes is cut to LONGEST_QUOTED characters.

    What is quoted may have quotation marks and blanks in it, so that its end cannot be told: then the whole
    sentence is cut in its middle.
    """
    if len(message) <= LONGEST_QUOTED:
        return message
    is_huge = len(message) > LONGEST_MESSAGE
    if is_huge:  # so that the pattern has little to look at
        message = message[: LONGEST_MESSAGE // 2] + CUT + message[-LONGEST_MESSAGE // 2 :]
    message = _QUOTED_OR_UNBROKEN.sub(lambda found: shortened(found[0], LONGEST_QUOTED), message)
    if is_huge and len(message) > 2 * LONGEST_QUOTED:
        return message[: LONGEST_QUOTED - 1] + CUT + message[-LONGEST_QUOTED:]
    return message


def one_line(text: str) -> str:
    """The text in one line, without characters that a terminal would obey or that change its direction."""
    if text.isascii() and text.isprintable():
        return text.strip()
    return _CONTROL_OR_BREAK.sub(" ", text).strip()


def printable(text: str) -> str:
    """The text with its lines, but without characters that a terminal would obey."""
    if text.isascii() and text.isprintable():
        return text
    return _CONTROL.sub("\ufffd", text).replace("\r", "\ufffd")
