"""Characters that must not come in, and how much of a text serves to know it by."""

import re

SPACE = re.compile(r"\s+")

# Characters that a reader cannot see but that change or break what is seen: controls, lone
# halves of characters, byte order marks, and those that turn the direction of writing round.
TRICKS = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\u200b\u202a-\u202e\u2060-\u2069"
    "\ud800-\udfff\ufdd0-\ufdef\ufeff\ufff9-\uffff]"
)


def short(words: str, limit: int = 60) -> str:
    """Give enough of the words to know them by, on one line and fit to be shown."""
    plain = SPACE.sub(" ", TRICKS.sub("", words[: 4 * limit])).strip()
    return plain if len(plain) <= limit else plain[: limit - 1].rstrip() + "…"
