"""The HTML body of an email, made from the same text as its plain version.

    a blank line                       ends a paragraph
    - at the start of each line        a list
    Label: text   (two lines or more)  a table of facts
    a URL of this site on its own      a link that looks like a button; a line before it that
                                       ends in a colon becomes its text

Only URLs of this site become links. Text from strangers, such as a name, can never put a link
of theirs into an email of ours.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

FACT = re.compile(r"(?P<label>[^:\s][^:]{0,39}): +(?P<words>\S.*)")
ITEM = re.compile(r"[-•] +(?P<words>.*)")
END_OF_SENTENCE = ".,;:!?)]}'\""


@dataclass(frozen=True)
class EmailBlock:
    """A block of an email: its kind, and its lines as safe HTML."""

    kind: str  # paragraph, list, facts or button
    lines: Sequence[Markup] = ()
    facts: Sequence[tuple[str, Markup]] = ()
    label: str = ""
    url: str = ""


def parse_blocks(text: str, site: str) -> list[EmailBlock]:
    """Parse the plain text of an email into blocks."""
    link = _make_linker(site)
    parsed = [
        _parse_block(part.splitlines(), link, site) for part in re.split(r"\n{2,}", text.strip())
    ]
    return list(_merge_labels(parsed))


def _parse_block(lines: list[str], link: Callable[[str], Markup], site: str) -> EmailBlock:
    if is_site_url(lines[-1], site) and (len(lines) == 1 or _is_label(lines[:-1])):
        label = lines[0].rstrip(": ") if len(lines) > 1 else ""
        return EmailBlock("button", label=label, url=lines[-1].strip())
    items = [ITEM.fullmatch(line.strip()) for line in lines]
    if all(items):
        return EmailBlock("list", [link(item["words"]) for item in items if item])
    found = [FACT.fullmatch(line.strip()) for line in lines]
    if all(found) and len(found) > 1:
        facts = [(fact["label"], link(fact["words"])) for fact in found if fact]
        return EmailBlock("facts", facts=facts)
    return EmailBlock("paragraph", [link(line) for line in lines])


def _merge_labels(parsed: Iterable[EmailBlock]) -> Iterable[EmailBlock]:
    """Use the line that introduces a link as the text of its button."""
    pending: EmailBlock | None = None
    for block in parsed:
        if pending is not None:
            if block.kind == "button" and not block.label:
                words = pending.lines[0].unescape().rstrip(": ")
                yield EmailBlock("button", label=words, url=block.url)
                pending = None
                continue
            yield pending
            pending = None
        if block.kind == "paragraph" and _is_label([line.unescape() for line in block.lines]):
            pending = block
        else:
            yield block
    if pending is not None:
        yield pending


def is_site_url(line: str, site: str) -> bool:
    """Return True if a line is a URL of this site and nothing else."""
    return re.fullmatch(_url_pattern(site), line.strip()) is not None


def _is_label(lines: Sequence[str]) -> bool:
    return len(lines) == 1 and lines[0].rstrip().endswith(":") and "://" not in lines[0]


def _make_linker(site: str) -> Callable[[str], Markup]:
    pattern = re.compile(f"({_url_pattern(site)})")

    def link(line: str) -> Markup:
        """Escape a line and turn the site's URLs in it into links."""
        pieces = pattern.split(line.strip())
        return Markup("").join(
            _render_link(piece) if place % 2 else escape(piece)
            for place, piece in enumerate(pieces)
        )

    return link


def _render_link(url: str) -> Markup:
    bare = url.rstrip(END_OF_SENTENCE)
    return Markup('<a href="{0}">{0}</a>{1}').format(bare, url[len(bare) :])


def _url_pattern(site: str) -> str:
    return re.escape(site) + r"(?:/[^\s<>\"]*)?(?![\w.:@-])"
