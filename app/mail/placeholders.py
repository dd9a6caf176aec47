"""Named placeholders in the emails that organisers write.

    {{ first_name }}                               the value of a placeholder
    {{ only if days }} You come on {{ days }}. {{ end }}   left out if the placeholder is empty
    {{ only if not days }} … {{ end }}             left out unless it is empty

A placeholder is a value, a link of the site or a block: a part of an email, such as a ticket, that
the site writes itself, with the layout of ``app.mail.html_body``. Values may contain text from
strangers, so Markdown in them is escaped.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, NamedTuple

from flask_babel import gettext
from rapidfuzz import process

MARK = re.compile(r"\{\{[ \t]*+(?P<words>[^{}\n]{0,80}?)[ \t]*\}\}")
CONDITION = re.compile(r"only +if +(?P<negation>not +)?(?P<name>\w+)", re.IGNORECASE)
LONE_MARK_LINE = re.compile(
    r"^[ \t]*\{\{[ \t]*(?:only +if [^{}\n]*|end[ \t]*)\}\}[ \t]*(?:\n|\Z)",
    re.IGNORECASE | re.MULTILINE,
)
LIKE_A_MARK = re.compile(r"(?<!\{)\{(?:%[^{}\n]{1,80}%|[ \t]*(?P<name>\w{1,80})[ \t]*)\}(?!\})")
MARKDOWN_SIGN = re.compile(r"""([!-/:-@\[-`{-~])""")  # CommonMark 0.31, section 2.4
MIN_LIKENESS = 70  # per cent, for a suggested name


class PlaceholderKind(Enum):
    """What replaces a placeholder."""

    VALUE = "value"
    LINK = "link"  # a URL of the site
    BLOCK = "block"  # paragraphs, lists, tables and buttons


@dataclass(frozen=True)
class Placeholder:
    """A name that organisers may use, and its description."""

    name: str
    label: Any
    example: Any = ""
    kind: PlaceholderKind = PlaceholderKind.VALUE


Placeholders = Mapping[str, Placeholder]


class TextPart(NamedTuple):
    """A part of a body: Markdown, or a block with the layout of ``app.mail.html_body``."""

    text: str
    is_block: bool


@dataclass(frozen=True)
class _Mark:
    """A pair of braces in a text, and its position."""

    words: str
    start: int
    end: int

    @property
    def condition(self) -> re.Match[str] | None:
        return CONDITION.fullmatch(self.words)

    @property
    def is_end(self) -> bool:
        return self.words.casefold() == "end"

    @property
    def name(self) -> str:
        """The placeholder that it names; "" for an end."""
        condition = self.condition
        return "" if self.is_end else condition["name"] if condition else self.words


def declare(*placeholders: Placeholder) -> Placeholders:
    """Return placeholders by name."""
    return {placeholder.name: placeholder for placeholder in placeholders}


def find_problems(text: str, known: Placeholders, required: Collection[str] = ()) -> Sequence[str]:
    """Return a sentence for each fault in a text.

    ``required`` are the placeholders that may not be missing: those within an “only if” do not
    count, unless it tests that placeholder itself.
    """
    marks = _list_marks(text)
    return list(
        dict.fromkeys(
            [
                *_find_stray_braces(text),
                *_find_other_braces(text, known),
                *_find_unknown_names(marks, known),
                *_find_unbalanced(marks),
                *_find_blocks_within_lines(text, marks, known),
                *_find_missing(marks, required),
            ]
        )
    )


def list_names(text: str) -> set[str]:
    """Return the names of the placeholders that a text uses."""
    return {mark.name for mark in _list_marks(text)} - {""}


def find_empty(text: str, values: Mapping[str, str]) -> Sequence[str]:
    """Return the placeholders that would leave a gap, because their value is empty."""
    shown_text = _without_conditions(text, values)
    names = (mark.name for mark in _list_marks(shown_text))
    return sorted({name for name in names if not values.get(name, "").strip()})


def fill_line(text: str, values: Mapping[str, str]) -> str:
    """Return a subject with its values, on one line and unescaped."""
    filled = MARK.sub(
        lambda found: values.get(found["words"], ""), _without_conditions(text, values)
    )
    return " ".join(filled.split())


def fill_in(text: str, values: Mapping[str, str], known: Placeholders) -> Sequence[TextPart]:
    """Return the parts of a body with its values; unknown placeholders stay empty."""
    shown_text = _without_conditions(text, values)
    parts, done = [TextPart("", is_block=False)], 0
    for mark in _list_marks(shown_text):
        value, before = values.get(mark.name, ""), shown_text[done : mark.start]
        done = mark.end
        kind = known[mark.name].kind if mark.name in known else PlaceholderKind.VALUE
        if kind is PlaceholderKind.BLOCK:
            parts[-1] = _append(parts[-1], before)
            parts += [TextPart(value, is_block=True), TextPart("", is_block=False)]
        else:
            parts[-1] = _append(parts[-1], before + _to_markdown(value, kind, before))
    parts[-1] = _append(parts[-1], shown_text[done:])
    return [TextPart(text.strip("\n"), is_block) for text, is_block in parts if text.strip()]


def _append(part: TextPart, text: str) -> TextPart:
    return part._replace(text=part.text + text)


def _to_markdown(value: str, kind: PlaceholderKind, before: str) -> str:
    """Escape a value as Markdown."""
    if kind is PlaceholderKind.LINK and value:
        return value if before.endswith("](") else f"<{value}>"
    return MARKDOWN_SIGN.sub(r"\\\1", " ".join(value.split()))


def _list_marks(text: str) -> Sequence[_Mark]:
    return [_Mark(found["words"], found.start(), found.end()) for found in MARK.finditer(text)]


def _without_conditions(text: str, values: Mapping[str, str]) -> str:
    """Return a text without conditions, and without the parts whose condition is false."""
    text = LONE_MARK_LINE.sub(lambda found: found[0].strip(), text)
    shown_parts, done, is_shown = [], 0, True
    for mark in _list_marks(text):
        if not (mark.is_end or mark.condition):
            continue
        shown_parts.append(text[done : mark.start] if is_shown else "")
        done = mark.end
        is_shown = mark.is_end or _holds(mark, values)
    return "".join([*shown_parts, text[done:] if is_shown else ""])


def _holds(mark: _Mark, values: Mapping[str, str]) -> bool:
    condition = mark.condition
    is_empty = not values.get(mark.name, "").strip()
    return condition is None or is_empty == bool(condition["negation"])


def _find_stray_braces(text: str) -> Iterator[str]:
    rest = MARK.sub("", text)
    if "{{" in rest or "}}" in rest:
        yield gettext("A placeholder starts with {{ and ends with }} on the same line")


def _find_other_braces(text: str, known: Placeholders) -> Iterator[str]:
    """Yield a sentence for each invalid placeholder that would be sent as it is."""
    for found in LIKE_A_MARK.finditer(MARK.sub("", text)):
        if found["name"] is None or found["name"] in known:
            yield gettext("Write {{ and }} instead of “%(typed)s”", typed=found[0])


def _find_unknown_names(marks: Sequence[_Mark], known: Placeholders) -> Iterator[str]:
    for mark in marks:
        if mark.is_end or mark.name in known:
            continue
        closest = process.extractOne(mark.name, list(known), score_cutoff=MIN_LIKENESS)
        if closest:
            yield gettext(
                "There is no placeholder “%(name)s”. Did you mean “%(meant)s”?",
                name=mark.name,
                meant=closest[0],
            )
        else:
            yield gettext("There is no placeholder “%(name)s”", name=mark.name)


def _find_unbalanced(marks: Sequence[_Mark]) -> Iterator[str]:
    is_open = False
    for mark in marks:
        if mark.condition and is_open:
            yield gettext("An “only if” cannot be inside another. End the first one before it")
        if mark.is_end and not is_open:
            yield gettext("There is an {{ end }} without an “only if” before it")
        if mark.condition or mark.is_end:
            is_open = not mark.is_end
    if is_open:
        yield gettext("An “only if” has no {{ end }}")


def _find_blocks_within_lines(
    text: str, marks: Sequence[_Mark], known: Placeholders
) -> Iterator[str]:
    for mark in marks:
        is_block = mark.name in known and known[mark.name].kind is PlaceholderKind.BLOCK
        if not is_block or mark.condition:
            continue
        line_start, line_end = text.rfind("\n", 0, mark.start) + 1, text.find("\n", mark.end)
        surroundings = (
            text[line_start : mark.start] + text[mark.end : line_end if line_end >= 0 else None]
        )
        if MARK.sub("", surroundings).strip():
            yield gettext("Put {{ %(name)s }} on a line of its own", name=mark.name)


def _find_missing(marks: Sequence[_Mark], required: Collection[str]) -> Iterator[str]:
    condition: _Mark | None = None
    present = set()
    for mark in marks:
        if mark.condition or mark.is_end:
            condition = None if mark.is_end else mark
        elif condition is None or _asks_for(condition, mark.name):
            present.add(mark.name)
    for name in required:
        if name not in present:
            yield gettext("Everyone needs {{ %(name)s }}: put it back into the text", name=name)


def _asks_for(mark: _Mark, name: str) -> bool:
    condition = mark.condition
    return condition is not None and mark.name == name and not condition["negation"]
