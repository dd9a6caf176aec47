"""What must be true of every page, checked on the way past whenever a test opens one.

``HtmlTree`` reads a page as a browser does (html5ever) and answers questions about it.
``find_faults`` lists what is wrong; ``save_for_validator`` puts pages of a new shape aside, and at
the end of a run with ``--nu`` one call of the Nu HTML checker reads them all (see conftest.py).
"""

import hashlib
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache, cached_property
from itertools import pairwise
from pathlib import Path
from typing import Final
from xml.etree.ElementTree import Element, fromstring

from markupever import HtmlOptions, Parser
from markupever.dom import TreeDom

from config import ROOT

FIELDS: Final = frozenset({"input", "select", "textarea"})
UNLABELLED: Final = frozenset({"hidden", "submit", "button", "reset", "image"})
STYLED_ON_EVERY_PAGE: Final = ("govuk-button", "govuk-select", "govuk-visually-hidden")
STYLED_CLASS: Final = re.compile(r"\.(govuk-[\w-]+)")
HEADINGS: Final = ("h1", "h2", "h3", "h4", "h5", "h6")
ID_REFERENCE_ATTRIBUTES: Final = frozenset(
    {"for", "form", "aria-labelledby", "aria-describedby", "aria-controls", "list"}
)
INERT_SCRIPTS: Final = frozenset({"application/ld+json"})
INVISIBLE: Final = frozenset({"script", "style", "template", "title", "noscript"})
START_TAG: Final = re.compile('<[a-z](?:[^">]|"[^"]*")*>')
ATTRIBUTE_ESCAPES: Final = str.maketrans({"<": "&lt;", "\n": "&#10;", "\t": "&#9;"})
SHAPE_ATTRIBUTES: Final = ("class", "role", "type", "autocomplete", "rel", "scope")


class HtmlTree:
    """A page as elements."""

    def __init__(self, source: str) -> None:
        parser = Parser(HtmlOptions(exact_errors=True))
        parser.process(source).finish()
        self.parse_errors = parser.errors()
        self.root: Element = fromstring(_to_xml(parser.into_dom()))  # noqa: S314 - our own page

    @cached_property
    def _parents(self) -> dict[Element, Element]:
        return {child: parent for parent in self.root.iter() for child in parent}

    def find_all(self, *names: str, within: Element | None = None) -> Iterator[Element]:
        """Find elements by name, in the order of the page."""
        start = self.root if within is None else within
        if len(names) <= 1:
            yield from start.iter(*names)
        else:
            yield from (element for element in start.iter() if element.tag in names)

    def find_by_class(self, name: str, within: Element | None = None) -> Iterator[Element]:
        """Find elements by class."""
        return (
            element
            for element in self.find_all(within=within)
            if name in (element.get("class") or "").split()
        )

    def find_by_id(self, identity: str) -> Element | None:
        """Find the element with this id."""
        return next((one for one in self.find_all() if one.get("id") == identity), None)

    def closest(self, element: Element, *names: str) -> Element | None:
        """Find the nearest element of these names that holds this one."""
        holder = self._parents.get(element)
        while holder is not None and holder.tag not in names:
            holder = self._parents.get(holder)
        return holder

    def language_of(self, element: Element) -> str | None:
        """Return the language of an element."""
        holder: Element | None = element
        while holder is not None and not holder.get("lang"):
            holder = self._parents.get(holder)
        return None if holder is None else holder.get("lang")

    def label_of(self, field: Element) -> str:
        """Return the accessible name of a field."""
        if field.get("aria-label"):
            return field.get("aria-label") or ""
        if field.get("aria-labelledby"):
            named = map(self.find_by_id, (field.get("aria-labelledby") or "").split())
            return " ".join(read_text(one) for one in named if one is not None)
        own = [one for one in self.find_all("label") if one.get("for") == field.get("id")]
        if own and field.get("id"):
            return " ".join(map(read_text, own))
        around = self.closest(field, "label")
        return "" if around is None else read_text(around)


def _to_xml(page: TreeDom) -> str:
    """Write a page so that the quick reader of XML takes it; what is not HTML keeps its namespace.

    MarkupEver leaves the values of attributes as they are; XML allows no “<” in them, and reads a
    new line there as a space.
    """
    xml = page.serialize(is_html=False).replace(' xmlns="http://www.w3.org/1999/xhtml"', "")
    return START_TAG.sub(_escape_attributes, xml)


def _escape_attributes(start_tag: re.Match[str]) -> str:
    inside = start_tag[0][1:]
    if "<" in inside or "\n" in inside or "\t" in inside:  # hardly any: translating takes longer
        inside = inside.translate(ATTRIBUTE_ESCAPES)
    return "<" + inside


def read_text(element: Element) -> str:
    """Read an element's text as one line, and its pictures by what stands for them."""
    return " ".join("".join(_text_pieces(element)).split())


def _text_pieces(element: Element) -> Iterator[str]:
    if element.tag == "img":
        yield element.get("alt") or ""
    if element.tag in INVISIBLE or not isinstance(element.tag, str):
        return
    yield element.text or ""
    for child in element:
        inline = child.tag in INLINE
        yield "" if inline else " "
        if child.get("hidden") is None:  # what is hidden has words of its own still
            yield from _text_pieces(child)
        yield "" if inline else " "
        yield child.tail or ""


INLINE: Final = frozenset(
    {"a", "abbr", "b", "bdi", "bdo", "cite", "code", "em", "i", "kbd", "mark", "q", "s", "small"}
    | {"span", "strong", "sub", "sup", "time", "u", "wbr"}
)


def find_faults(tree: HtmlTree) -> list[str]:
    """List what is wrong with a page."""
    return [
        *(f"not valid HTML: {complaint}" for complaint in tree.parse_errors),
        *_check_head(tree),
        *_check_outline(tree),
        *_check_ids(tree),
        *_check_fields(tree),
        *_check_forms(tree),
        *_check_controls(tree),
        *_check_images(tree),
        *_check_scripts(tree),
        *_check_form_styles(tree),
        *_check_attributes(tree),
    ]


def _check_form_styles(tree: HtmlTree) -> Iterator[str]:
    sheets = [one.get("href") or "" for one in tree.find_all("link")]
    if any("/css/forms.css" in sheet for sheet in sheets):
        return
    for element in tree.find_all():
        for name in set((element.get("class") or "").split()) & _styled_by_forms():
            yield f"“{name}” on a page without the style sheet of forms"


@cache
def _styled_by_forms() -> set[str]:
    """List the classes that need this style sheet."""
    sheet = (ROOT / "static" / "css" / "forms.css").read_text(encoding="utf-8")
    found = STYLED_CLASS.findall(sheet)
    return {name for name in found if not name.startswith(STYLED_ON_EVERY_PAGE)}


def _check_head(tree: HtmlTree) -> Iterator[str]:
    if not tree.root.get("lang"):
        yield "the page does not say its language"
    title = next((read_title(one) for one in tree.find_all("title")), "")
    heading = next((read_text(one) for one in tree.find_all("h1")), "")
    if not title.removeprefix("Error: ").startswith(heading) or not heading:
        yield f"the title “{title}” does not begin with the heading “{heading}”"


def read_title(title: Element) -> str:
    """Read a title as one line."""
    return " ".join((title.text or "").split())


def _check_outline(tree: HtmlTree) -> Iterator[str]:
    levels = [HEADINGS.index(str(one.tag)) + 1 for one in tree.find_all(*HEADINGS)]
    if levels.count(1) != 1:
        yield f"{levels.count(1)} headings of the first level"
    for before, after in pairwise(levels):
        if after > before + 1:
            yield f"a heading of level {after} follows one of level {before}"
    if sum(1 for _ in tree.find_all("main")) != 1:
        yield "not exactly one main part"
    yield from (
        f"the heading {one.tag} is empty" for one in tree.find_all(*HEADINGS) if not read_text(one)
    )


def _check_ids(tree: HtmlTree) -> Iterator[str]:
    identities = Counter(one.get("id") for one in tree.find_all() if one.get("id") is not None)
    yield from (f"the id “{one}” stands {n} times" for one, n in identities.items() if n > 1)
    keys = Counter(one.get("accesskey") for one in tree.find_all() if one.get("accesskey"))
    yield from (f"the access key {one} stands {n} times" for one, n in keys.items() if n > 1)
    for element in tree.find_all():
        for attribute in ID_REFERENCE_ATTRIBUTES.intersection(element.attrib):
            for name in element.attrib[attribute].split():
                if name not in identities:
                    yield f"{attribute}=“{name}” points to nothing"
        href = element.get("href") or ""
        if element.tag == "a" and re.fullmatch("#.+", href) and href[1:] not in identities:
            yield f"the link to “{href}” leads nowhere"


def _check_fields(tree: HtmlTree) -> Iterator[str]:
    for field in tree.find_all(*FIELDS):
        if field.get("type") not in UNLABELLED and not tree.label_of(field):
            yield f"the field “{field.get('name')}” has no label"
    for group in tree.find_all("fieldset"):
        if not any(read_text(one) for one in tree.find_all("legend", within=group)):
            yield "a group of fields has no legend"


def _check_forms(tree: HtmlTree) -> Iterator[str]:
    for form in tree.find_all("form"):
        if form.get("method", "get").lower() == "post" and not _has_token(tree, form):
            yield f"the form to “{form.get('action', '')}” has no token"


def _has_token(tree: HtmlTree, form: Element) -> bool:
    return any(one.get("name") == "csrf_token" for one in tree.find_all("input", within=form))


def _check_controls(tree: HtmlTree) -> Iterator[str]:
    for element in tree.find_all("a", "button", "summary"):
        if (
            not read_text(element)
            and not element.get("aria-label")
            and not _has_labelled_picture(tree, element)
        ):
            yield f"a {element.tag} has no words: {element.attrib}"


def _has_labelled_picture(tree: HtmlTree, element: Element) -> bool:
    return any(one.get("aria-label") for one in tree.find_all(within=element))


def _check_images(tree: HtmlTree) -> Iterator[str]:
    for picture in tree.find_all("img"):
        if picture.get("alt") is None:
            yield f"the picture “{picture.get('src')}” has no alt"


def _check_scripts(tree: HtmlTree) -> Iterator[str]:
    yield from ("a style element" for _ in tree.find_all("style"))
    for script in tree.find_all("script"):
        if not script.get("src") and script.get("type") not in INERT_SCRIPTS:
            yield "an inline script"


def _check_attributes(tree: HtmlTree) -> Iterator[str]:
    for element in tree.find_all():
        for name, value in element.attrib.items():
            if name == "style" or name.startswith("on"):
                yield f"an inline {name} on {element.tag}"
            elif value.strip().lower().startswith("javascript:"):
                yield f"script in {name} of {element.tag}"


def _shape(element: Element) -> str:
    """Describe an element without its text."""
    attributes = element.attrib
    if not attributes:
        return str(element.tag)
    values = [attributes.get(name, "") for name in SHAPE_ATTRIBUTES]
    return " ".join([str(element.tag), *sorted(attributes), *values])


def save_for_validator(source: str, tree: HtmlTree, folder: Path) -> None:
    """Put a page aside, unless one of the same shape is there already."""
    shape = "\n".join(map(_shape, tree.find_all()))
    path = folder / f"{hashlib.sha256(shape.encode()).hexdigest()[:24]}.html"
    if not path.exists():
        path.write_text(source, encoding="utf-8")
