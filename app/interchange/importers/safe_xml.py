"""Parsing untrusted XML: no document types, no entities, limited depth; elements know their lines.

Only types come from the standard library; the parser is that of defusedxml.
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

from app.errors import InvalidFile
from app.interchange.importers.import_log import ImportLog

MAX_DEPTH = 40
MAX_ELEMENTS = 200_000
FORBIDDEN_CHARACTERS = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|&#(?:0*(?:[0-8]|1[124-9]|2\\d|3[01])|x0*(?:[0-8bcef]|1[0-9a-f]));",
    re.IGNORECASE,
)


@dataclass(slots=True)
class XmlElement:
    """An element; a missing one is empty and has no line, so that importers need no checks."""

    name: str = ""
    attributes: dict[str, str] = field(default_factory=dict)
    line: int = 0
    content: "list[str | XmlElement]" = field(default_factory=list)
    processing_instructions: dict[str, str] = field(
        default_factory=dict
    )  # processing instructions, on the root only

    @property
    def child_elements(self) -> "list[XmlElement]":
        """The child elements."""
        return [part for part in self.content if isinstance(part, XmlElement)]

    @property
    def own_text(self) -> str:
        """The text of the element, without that of its children."""
        return "".join(part for part in self.content if isinstance(part, str)).strip()

    @property
    def inner_html(self) -> str:
        """The content, as HTML if it has child elements."""
        if not self.child_elements:
            return self.own_text
        return "".join(map(_render_html, self.content)).strip()

    def get(self, attribute: str) -> str:
        """Return an attribute, or an empty string."""
        return self.attributes.get(attribute, "").strip()

    def child(self, name: str) -> "XmlElement":
        """Return the first child with this name, or an empty element."""
        return next((child for child in self.child_elements if child.name == name), MISSING_ELEMENT)

    def children(self, name: str) -> "list[XmlElement]":
        """Return all children with this name."""
        return [child for child in self.child_elements if child.name == name]

    def child_text(self, name: str) -> str:
        """Return the text of the first child with this name."""
        return self.child(name).own_text

    def child_html(self, name: str) -> str:
        """Return the content of the first child with this name as HTML."""
        return self.child(name).inner_html


MISSING_ELEMENT = XmlElement()


def _render_html(part: str | XmlElement) -> str:
    """Render markup as HTML again; of its attributes only the URL of links remains."""
    if isinstance(part, str):
        return html.escape(part, quote=False)
    address = part.get("href")
    href = f' href="{html.escape(address)}"' if address else ""
    return f"<{part.name}{href}>{''.join(map(_render_html, part.content))}</{part.name}>"


def parse_xml(text: str, log: ImportLog) -> XmlElement:
    """Parse a document; raise InvalidFile if it is not well-formed or not allowed."""
    builder = _TreeBuilder()
    parser = make_parser()
    parser.forbid_dtd = True
    parser.setContentHandler(builder)
    try:
        parser.parse(StringIO(_remove_forbidden(text, log)))
    except DefusedXmlException as error:
        raise InvalidFile(
            "This file holds a document type (<!DOCTYPE …>), which a programme never needs; "
            "take that line out and try again"
        ) from error
    except SAXParseException as error:
        raise InvalidFile(
            f"This file is not well-formed XML: line {error.getLineNumber()}: {error.getMessage()}"
        ) from error
    return builder.root


def _remove_forbidden(text: str, log: ImportLog) -> str:
    """Remove characters that XML does not allow but some programs write."""
    first = FORBIDDEN_CHARACTERS.search(text)
    if first is None:
        return text
    cleaned, count = FORBIDDEN_CHARACTERS.subn("", text)
    removed = "1 control character was" if count == 1 else f"{count:,} control characters were"
    line = text.count("\n", 0, first.start()) + 1
    log.add_fix(f"line {line}", "characters", f"{removed} removed, since XML does not allow them")
    return cleaned


class _TreeBuilder(ContentHandler):
    """Builds the tree, and stops if it becomes larger than any programme."""

    def __init__(self) -> None:
        super().__init__()
        self.root = XmlElement()
        self._open: list[XmlElement] = []
        self._count = 0

    def setDocumentLocator(self, locator: Locator) -> None:  # noqa: N802
        """Store the locator, which knows the line."""
        self._locator = locator

    def startElement(self, name: str, attrs: AttributesImpl) -> None:  # noqa: N802
        """Open an element."""
        self._count += 1
        if self._count > MAX_ELEMENTS or len(self._open) >= MAX_DEPTH:
            raise InvalidFile(
                "This file is nested too deeply, or holds too much, to be a programme"
            )
        line = self._locator.getLineNumber() or 1
        element = XmlElement(name, dict(attrs.items()), line)
        if self._open:
            self._open[-1].content.append(element)
        else:
            self.root = element
        self._open.append(element)

    def endElement(self, name: str) -> None:  # noqa: N802
        """Close an element."""
        self._open.pop()

    def processingInstruction(self, target: str, data: str) -> None:  # noqa: N802
        """Store a processing instruction."""
        self.root.processing_instructions.setdefault(target, data)

    def characters(self, content: str) -> None:
        """Add text."""
        self._open[-1].content.append(content)
