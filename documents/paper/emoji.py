"""Emoji, which are left out: a paper has no colour pictures, and a box in place of each says nothing.

What is drawn as text unless something else asks for it, such as ✓ or ★, is none.
"""

from __future__ import annotations

import re

_PICTURES = (  # Unicode's emoji-data.txt, Emoji_Presentation; from U+1F000 in whole blocks
    "\u231a\u231b\u23e9-\u23ec\u23f0\u23f3\u25fd\u25fe\u2614\u2615\u2648-\u2653\u267f\u2693\u26a1\u26aa\u26ab"
    "\u26bd\u26be\u26c4\u26c5\u26ce\u26d4\u26ea\u26f2\u26f3\u26f5\u26fa\u26fd\u2705\u270a\u270b\u2728\u274c\u274e"
    "\u2753-\u2755\u2757\u2795-\u2797\u27b0\u27bf\u2b1b\u2b1c\u2b50\u2b55\U0001f004\U0001f0cf\U0001f18e"
    "\U0001f191-\U0001f19a\U0001f1e6-\U0001f202\U0001f21a\U0001f22f\U0001f232-\U0001f23a\U0001f250\U0001f251"
    "\U0001f300-\U0001f6ff\U0001f7e0-\U0001f7ff\U0001f900-\U0001faff"
)
_AS_PICTURE = "\ufe0f"
# What may follow a picture in a sequence (UTS #51):
_FURTHER = f"(?:[{_AS_PICTURE}\u20e3\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]|\u200d.)"
_EMOJI = re.compile(
    rf"(?P<keycap>[0-9#*]{_AS_PICTURE}?\u20e3)"
    rf"|(?P<text>[\u00a9\u00ae\u203c\u2049\u2122\u2139\u2190-\u21ff\u25a0-\u25ff]){_AS_PICTURE}"
    rf"|(?:(?:[{_PICTURES}]|[^\s0-9#*]{_AS_PICTURE}){_FURTHER}*)+(?P<space>\s?)"
)


def without_emoji(text: str) -> str:
    """The text with a number for each keycap, and with one space where an emoji stood between two."""
    left = _EMOJI.sub(_rest, text)
    return left if left == text else left.strip()


def _rest(found: re.Match[str]) -> str:
    if found["keycap"]:
        return found["keycap"][0]
    if found["text"]:
        return found["text"]
    before = found.string[found.start() - 1 : found.start()]
    return "" if before.isspace() or not before else found["space"]
