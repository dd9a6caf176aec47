"""Parsing untrusted JSON and XML, with limits."""

import html
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from lxml import etree

from app.errors import InvalidFile
from app.interchange.importers import indico, native_json, schedule_json, sessionize
from app.interchange.importers.parsed_programme import THE_FILE, ImportLog
from app.interchange.importers.raw import RawProgramme, TargetConference
from app.interchange.importers.text import as_mapping

MAX_TAGS = 400_000
FORBIDDEN_CHARACTERS = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|&#(?:0*(?:[0-8]|1[124-9]|2\\d|3[01])|x0*(?:[0-8bcef]|1[0-9a-f]));",
    re.IGNORECASE,
)
TOO_LARGE = "This file is nested too deeply or is too large to be a programme"


class XmlElement(etree.ElementBase):  # type: ignore[misc]
    """An element; a missing one is empty and has no line, so that importers need no checks."""

    @property
    def name(self) -> str:
        """The name, without its namespace."""
        return str(self.tag).rpartition("}")[2]

    @property
    def line(self) -> int:
        """The line of the file on which the element begins, or 0 if it is missing."""
        return self.sourceline or 0

    @property
    def own_text(self) -> str:
        """The text of the element, without that of its children."""
        return "".join([self.text or "", *(child.tail or "" for child in self)]).strip()

    @property
    def inner_html(self) -> str:
        """The content, as HTML if it has child elements."""
        return _render_html(self).strip() if [*self.iterchildren("{*}*")] else self.own_text

    def get(self, attribute: str) -> str:
        """Return an attribute, or an empty string."""
        return str(super().get(attribute, "")).strip()

    def child(self, name: str) -> "XmlElement":
        """Return the first child with this name, or an empty element."""
        return next(iter(self.children(name)), MISSING_ELEMENT)

    def children(self, name: str) -> "list[XmlElement]":
        """Return all children with this name, in no namespace or in that of the document."""
        namespace = etree.QName(self.getroottree().getroot()).namespace
        own = [f"{{{namespace}}}{name}"] if namespace else []
        return list(self.iterchildren(f"{{}}{name}", *own))

    def child_text(self, name: str) -> str:
        """Return the text of the first child with this name."""
        return self.child(name).own_text

    def child_html(self, name: str) -> str:
        """Return the content of the first child with this name as HTML."""
        return self.child(name).inner_html

    def processing_instruction(self, target: str) -> str:
        """Return the text of a processing instruction of the document, or an empty string."""
        found = self.xpath(f"//processing-instruction('{target}')")
        return str(found[0].text or "") if found else ""


MISSING_ELEMENT = XmlElement()


def _render_html(element: XmlElement) -> str:
    """Render content as HTML again; the only attribute that remains is the URL of links."""
    parts = [html.escape(element.text or "", quote=False)]
    for child in element:
        if isinstance(child, XmlElement):  # not a processing instruction
            address = child.get("href")
            href = f' href="{html.escape(address)}"' if address else ""
            parts.append(f"<{child.name}{href}>{_render_html(child)}</{child.name}>")
        parts.append(html.escape(child.tail or "", quote=False))
    return "".join(parts)


def parse_xml(text: str, log: ImportLog) -> XmlElement:
    """Parse a document; raise InvalidFile if it is not well-formed or not allowed."""
    if text.count("<") > MAX_TAGS:
        raise InvalidFile(TOO_LARGE)
    parser = _create_parser()
    try:
        root: Any = etree.fromstring(_remove_forbidden(text, log).encode(), parser)
    except etree.XMLSyntaxError as error:
        raise InvalidFile(f"This file is not well-formed XML: {error.msg}") from error
    if root is not None and root.getroottree().docinfo.doctype:
        raise InvalidFile(
            "This file has a document type (<!DOCTYPE …>). Remove that line and try again"
        )
    _check_well_formed(parser)
    return MISSING_ELEMENT if root is None else root


def _create_parser() -> Any:
    """Return a parser that reads nothing but the text it is given."""
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        recover=True,  # from prefixes that are not declared; anything worse is raised below
    )
    parser.set_element_class_lookup(etree.ElementDefaultClassLookup(element=XmlElement))
    return parser


def _check_well_formed(parser: Any) -> None:
    for error in parser.error_log:
        if "XML_PARSE_HUGE" in error.message:
            raise InvalidFile(TOO_LARGE)
        if error.level == etree.ErrorLevels.FATAL:
            raise InvalidFile(
                f"This file is not well-formed XML: line {error.line}: {error.message}"
            )


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


MAX_CONTAINERS = 200_000


def parse(text: str, log: ImportLog, target: TargetConference) -> RawProgramme:
    """Parse a JSON file of any supported format."""
    root = as_mapping(_load(text, log))
    if isinstance(root.get("schedule"), Mapping):
        return schedule_json.parse(root["schedule"], log)
    if root.get("format") == native_json.FORMAT:
        return native_json.parse(root, log)
    if sessionize.is_sessionize(root):
        return sessionize.parse(root, log, target)
    if indico.is_indico(root):
        return indico.parse(root, log)
    raise InvalidFile(
        'This is JSON, but neither a schedule (with "schedule" at the top), our own '
        f'(with "format": "{native_json.FORMAT}") nor an export of Sessionize or Indico'
    )


def _load(text: str, log: ImportLog) -> Any:
    """Parse the text; raise InvalidFile if it is not JSON or too deeply nested."""
    if text.count("{") + text.count("[") > MAX_CONTAINERS:
        raise InvalidFile("This file is too large to be a programme")
    hooks = _JsonHooks(log)
    try:
        return json.loads(
            text, object_pairs_hook=hooks.keep_first, parse_constant=hooks.ignore_constant
        )
    except json.JSONDecodeError as error:
        reason = f"line {error.lineno}: {error.msg}"
        raise InvalidFile(f"This file is not valid JSON: {reason}") from error
    except RecursionError as error:
        raise InvalidFile("This file is nested too deeply to be a programme") from error
    except ValueError as error:
        raise InvalidFile("This file has a number that is too long") from error


class _JsonHooks:
    """Hooks of the parser for unusual values."""

    def __init__(self, log: ImportLog) -> None:
        self._log = log

    def keep_first(self, pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
        """Keep the first of two values with the same key."""
        values = dict(reversed(pairs))
        if len(values) == len(pairs):
            return dict(pairs)
        self._log.count_fix(
            "A record has two values with the same name; we used the first",
            "{count} records have two values with the same name; we used the first",
        )
        return dict(reversed(values.items()))

    def ignore_constant(self, constant: str) -> None:
        """Read NaN and Infinity, which are not valid JSON, as null."""
        reason = f"It has {constant} instead of a number; we ignored it"
        self._log.add_fix(THE_FILE, constant, reason)
