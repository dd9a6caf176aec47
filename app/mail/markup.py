"""The HTML of a letter, made from the same words as its plain text.

    a blank line                      ends a paragraph
    - at the start of each line       a list
    Label: words   (two lines or more)  a table of facts
    an address of this site, alone    a link that looks like a button; a line before it that
                                      ends in a colon becomes its words

Only addresses of this site become links. What strangers type, a name for one, can never put
a link of theirs into a letter of ours.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

FACT = re.compile(r"(?P<label>[^:\s][^:]{0,39}): +(?P<words>\S.*)")
ITEM = re.compile(r"[-•] +(?P<words>.*)")
END_OF_SENTENCE = ".,;:!?)]}'\""


@dataclass(frozen=True)
class Block:
    """A part of a letter: its kind, and its lines as safe HTML."""

    kind: str  # paragraph, list, facts or button
    lines: Sequence[Markup] = ()
    facts: Sequence[tuple[str, Markup]] = ()
    label: str = ""
    address: str = ""


def blocks(text: str, site: str) -> list[Block]:
    """Read the plain words of a letter."""
    link = _linker(site)
    found = [_block(part.splitlines(), link, site) for part in re.split(r"\n{2,}", text.strip())]
    return list(_with_labels(found))


def _block(lines: list[str], link: Callable[[str], Markup], site: str) -> Block:
    if is_address(lines[-1], site) and (len(lines) == 1 or _is_label(lines[:-1])):
        label = lines[0].rstrip(": ") if len(lines) > 1 else ""
        return Block("button", label=label, address=lines[-1].strip())
    items = [ITEM.fullmatch(line.strip()) for line in lines]
    if all(items):
        return Block("list", [link(item["words"]) for item in items if item])
    found = [FACT.fullmatch(line.strip()) for line in lines]
    if all(found) and len(found) > 1:
        facts = [(fact["label"], link(fact["words"])) for fact in found if fact]
        return Block("facts", facts=facts)
    return Block("paragraph", [link(line) for line in lines])


def _with_labels(found: Iterable[Block]) -> Iterable[Block]:
    """Let the paragraph that announces a link be the words of the link."""
    waiting: Block | None = None
    for block in found:
        if waiting is not None:
            if block.kind == "button" and not block.label:
                words = waiting.lines[0].unescape().rstrip(": ")
                yield Block("button", label=words, address=block.address)
                waiting = None
                continue
            yield waiting
            waiting = None
        if block.kind == "paragraph" and _is_label([line.unescape() for line in block.lines]):
            waiting = block
        else:
            yield block
    if waiting is not None:
        yield waiting


def is_address(line: str, site: str) -> bool:
    """Whether a line is an address of this site and nothing else."""
    return re.fullmatch(_pattern(site), line.strip()) is not None


def _is_label(lines: Sequence[str]) -> bool:
    return len(lines) == 1 and lines[0].rstrip().endswith(":") and "://" not in lines[0]


def _linker(site: str) -> Callable[[str], Markup]:
    pattern = re.compile(f"({_pattern(site)})")

    def link(line: str) -> Markup:
        """Escape a line and make the addresses in it links."""
        pieces = pattern.split(line.strip())
        return Markup("").join(
            _link(piece) if place % 2 else escape(piece) for place, piece in enumerate(pieces)
        )

    return link


def _link(address: str) -> Markup:
    bare = address.rstrip(END_OF_SENTENCE)
    return Markup('<a href="{0}">{0}</a>{1}').format(bare, address[len(bare) :])


def _pattern(site: str) -> str:
    return re.escape(site) + r"(?:/[^\s<>\"]*)?(?![\w.:@-])"
