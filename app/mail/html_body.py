"""The HTML body of an email, made from the same text as its plain version.

    a blank line                       ends a paragraph
    - at the start of each line        a list
    > at the start of each line        a quotation, as it was typed
    a line above a line of dashes      a heading
    Label: text   (two lines or more)  a table of facts; a label before it becomes its caption
    a URL of this site on its own      a link; a label before it makes it a button of that name

A label is a short line that ends in a colon. A sentence never becomes the text of a button.

Only URLs of this site become links, so text from strangers, such as a name, can never add a link to
an email.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from markupsafe import Markup, escape

FACT = re.compile(r"(?P<label>[^:\s][^:]{0,59}): +(?P<words>\S.*)")
QUOTED = re.compile(r">(?: (?P<words>.*))?")
ITEM = re.compile(r"[-•] +(?P<words>.*)")
LABEL = re.compile(r"[^.?!]{1,40}: *")
UNDERLINE = re.compile(r"-{3,} *")
END_OF_SENTENCE = ".,;:!?)]}'\""


@dataclass(frozen=True)
class EmailBlock:
    """A block of an email: its kind, and its lines as safe HTML."""

    kind: str  # paragraph, heading, list, numbers, quote, facts or button
    lines: Sequence[Markup] = ()
    facts: Sequence[tuple[str, Markup]] = ()
    label: str = ""
    url: str = ""

    @property
    def shown_url(self) -> Markup:
        """The URL in the form that is displayed."""
        return break_url(self.url)


def parse_blocks(text: str, site: str) -> list[EmailBlock]:
    """Parse the plain text of an email into blocks."""
    link = _make_linker(site)
    parsed = [
        _parse_block(part.splitlines(), link, site) for part in re.split(r"\n{2,}", text.strip())
    ]
    return list(_merge_labels(parsed))


def _parse_block(lines: list[str], link: Callable[[str], Markup], site: str) -> EmailBlock:
    quoted = [QUOTED.fullmatch(line) for line in lines]
    if all(quoted):
        return EmailBlock("quote", [link(line["words"] or "") for line in quoted if line])
    if len(lines) == 2 and UNDERLINE.fullmatch(lines[1]):
        return EmailBlock("heading", [link(lines[0])])
    if is_site_url(lines[-1], site) and _is_label_or_nothing(lines[:-1]):
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


def _merge_labels(parsed: Iterable[EmailBlock]) -> Iterator[EmailBlock]:
    """Attach labels to the buttons and tables that they introduce."""
    pending: EmailBlock | None = None
    for block in parsed:
        found = block
        if pending is not None and block.kind in {"button", "facts"} and not block.label:
            found = replace(block, label=pending.lines[0].unescape().rstrip(": "))
        elif pending is not None:
            yield pending
        pending = found if _is_label_block(found) else None
        if pending is None:
            yield found
    if pending is not None:
        yield pending


def _is_label_block(block: EmailBlock) -> bool:
    return block.kind == "paragraph" and _is_label([line.unescape() for line in block.lines])


def quote(text: str) -> str:
    """Return a quotation in the email layout; nothing in it becomes a block of its own."""
    return "\n".join(f"> {line}".rstrip() for line in text.strip().splitlines())


def is_site_url(line: str, site: str) -> bool:
    """Return True if a line is a URL of this site and nothing else."""
    return re.fullmatch(_url_pattern(site), line.strip()) is not None


def _is_label(lines: Sequence[str]) -> bool:
    return len(lines) == 1 and LABEL.fullmatch(lines[0]) is not None and "://" not in lines[0]


def _is_label_or_nothing(lines: Sequence[str]) -> bool:
    return not lines or _is_label(lines)


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
    return Markup('<a href="{0}">{1}</a>{2}').format(bare, break_url(bare), url[len(bare) :])


def break_url(url: str) -> Markup:
    """Return a URL with line break opportunities after its slashes, rather than within words."""
    scheme, separator, rest = url.partition("://")
    return Markup("{}{}").format(scheme, separator) + Markup("/<wbr>").join(rest.split("/"))


def _url_pattern(site: str) -> str:
    return re.escape(site) + r"(?:/[^\s<>\"]*)?(?![\w.:@-])"
