"""XML made harmless: no document types, no entities, no depth; every element knows its line.

Only names come from the standard library's parser; the parser itself is defusedxml's.
"""

import html
import re
from dataclasses import dataclass, field
from io import StringIO
from xml.sax import SAXParseException  # nosec B406
from xml.sax.handler import ContentHandler  # nosec B406
from xml.sax.xmlreader import AttributesImpl, Locator  # nosec B406

from defusedxml import DefusedXmlException
from defusedxml.sax import make_parser

from app.errors import Unreadable
from app.programme.reading.notebook import Notebook

DEEPEST = 40
MOST = 200_000
FORBIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|&#(?:0*(?:[0-8]|1[124-9]|2\\d|3[01])|x0*(?:[0-8bcef]|1[0-9a-f]));",
    re.IGNORECASE,
)


@dataclass(slots=True)
class Element:
    """An element. One that is not there has no line, so that readers need not ask."""

    name: str = ""
    attributes: dict[str, str] = field(default_factory=dict)
    line: int = 0
    content: "list[str | Element]" = field(default_factory=list)
    instructions: dict[str, str] = field(default_factory=dict)  # to programs; the root's alone

    @property
    def within(self) -> "list[Element]":
        """The elements that it holds."""
        return [part for part in self.content if isinstance(part, Element)]

    @property
    def own_text(self) -> str:
        """Its own text, without that of the elements it holds."""
        return "".join(part for part in self.content if isinstance(part, str)).strip()

    @property
    def markup(self) -> str:
        """All that it holds, as HTML where it holds elements."""
        if not self.within:
            return self.own_text
        return "".join(map(_markup, self.content)).strip()

    def said(self, attribute: str) -> str:
        """Give an attribute, or nothing."""
        return self.attributes.get(attribute, "").strip()

    def child(self, name: str) -> "Element":
        """Give the first child of this name, or one that holds nothing."""
        return next((child for child in self.within if child.name == name), NOTHING)

    def children(self, name: str) -> "list[Element]":
        """Give every child of this name."""
        return [child for child in self.within if child.name == name]

    def text(self, name: str) -> str:
        """Give the text of the first child of this name."""
        return self.child(name).own_text

    def prose(self, name: str) -> str:
        """Give the text of the first child of this name, with any markup that stands in it."""
        return self.child(name).markup


NOTHING = Element()


def _markup(part: str | Element) -> str:
    """Write what was markup as markup again; only the address of a link is kept with it."""
    if isinstance(part, str):
        return html.escape(part, quote=False)
    address = part.said("href")
    said = f' href="{html.escape(address)}"' if address else ""
    return f"<{part.name}{said}>{''.join(map(_markup, part.content))}</{part.name}>"


def tree(words: str, notebook: Notebook) -> Element:
    """Build the tree of a document, or refuse it with a sentence."""
    builder = _Builder()
    parser = make_parser()
    parser.forbid_dtd = True
    parser.setContentHandler(builder)
    try:
        parser.parse(StringIO(_without_forbidden(words, notebook)))
    except DefusedXmlException as trouble:
        raise Unreadable(
            "This file holds a document type (<!DOCTYPE …>), which a programme never needs; "
            "take that line out and try again"
        ) from trouble
    except SAXParseException as trouble:
        raise Unreadable(
            "This file is not well-formed XML: "
            f"line {trouble.getLineNumber()}: {trouble.getMessage()}"
        ) from trouble
    return builder.root


def _without_forbidden(words: str, notebook: Notebook) -> str:
    """Take out the characters that XML does not allow, though careless programs write them."""
    first = FORBIDDEN.search(words)
    if first is None:
        return words
    mended, count = FORBIDDEN.subn("", words)
    what = "1 control character was" if count == 1 else f"{count:,} control characters were"
    line = words.count("\n", 0, first.start()) + 1
    notebook.mended(f"line {line}", "characters", f"{what} removed, since XML does not allow them")
    return mended


class _Builder(ContentHandler):
    """Builds the tree, and stops before it grows past what a programme can be."""

    def __init__(self) -> None:
        super().__init__()
        self.root = Element()
        self._open: list[Element] = []
        self._count = 0

    def setDocumentLocator(self, locator: Locator) -> None:  # noqa: N802
        """Remember who knows the line."""
        self._lines = locator

    def startElement(self, name: str, attrs: AttributesImpl) -> None:  # noqa: N802
        """Open an element."""
        self._count += 1
        if self._count > MOST or len(self._open) >= DEEPEST:
            raise Unreadable("This file is nested too deeply, or holds too much, to be a programme")
        line = self._lines.getLineNumber() or 1
        element = Element(name, dict(attrs.items()), line)
        if self._open:
            self._open[-1].content.append(element)
        else:
            self.root = element
        self._open.append(element)

    def endElement(self, name: str) -> None:  # noqa: N802
        """Close an element."""
        self._open.pop()

    def processingInstruction(self, target: str, data: str) -> None:  # noqa: N802
        """Keep what a program is told."""
        self.root.instructions.setdefault(target, data)

    def characters(self, content: str) -> None:
        """Keep the text."""
        self._open[-1].content.append(content)
