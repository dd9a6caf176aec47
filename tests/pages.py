"""What must be true of every page, checked on the way past whenever a test opens one.

``Tree`` reads a page as a browser does (html5ever) and answers questions about it. ``faults``
lists what is wrong; ``keep_for_the_checker`` puts pages of a new shape aside, and at the end of
a run with ``--nu`` one call of the Nu HTML checker reads them all (see conftest.py).
"""

import hashlib
import re
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Final
from xml.etree.ElementTree import Element, fromstring

from markupever import HtmlOptions, Parser
from markupever.dom import TreeDom

FIELDS: Final = frozenset({"input", "select", "textarea"})
UNLABELLED: Final = frozenset({"hidden", "submit", "button", "reset", "image"})
HEADINGS: Final = ("h1", "h2", "h3", "h4", "h5", "h6")
REFERENCES: Final = ("for", "form", "aria-labelledby", "aria-describedby", "aria-controls", "list")
INERT_SCRIPTS: Final = frozenset({"application/ld+json"})
UNSEEN: Final = frozenset({"script", "style", "template", "title", "noscript"})
A_TAG: Final = re.compile('<[a-z](?:[^">]|"[^"]*")*>')
IN_A_VALUE: Final = str.maketrans({"<": "&lt;", "\n": "&#10;", "\t": "&#9;"})
TELLING: Final = ("class", "role", "type", "autocomplete", "rel", "scope")


class Tree:
    """A page as elements."""

    def __init__(self, source: str) -> None:
        parser = Parser(HtmlOptions(exact_errors=True))
        parser.process(source).finish()
        self.complaints = parser.errors()
        self.root: Element = fromstring(_as_xml(parser.into_dom()))  # noqa: S314 - our own page
        self._above = {child: parent for parent in self.root.iter() for child in parent}

    def every(self, *names: str, within: Element | None = None) -> Iterator[Element]:
        """Find elements by name, in the order of the page."""
        for element in (self.root if within is None else within).iter():
            if not names or element.tag in names:
                yield element

    def of_class(self, name: str, within: Element | None = None) -> Iterator[Element]:
        """Find elements by class."""
        return (
            element
            for element in self.every(within=within)
            if name in (element.get("class") or "").split()
        )

    def by_id(self, identity: str) -> Element | None:
        """Find the element with this id."""
        return next((one for one in self.every() if one.get("id") == identity), None)

    def above(self, element: Element, *names: str) -> Element | None:
        """Find the nearest element of these names that holds this one."""
        holder = self._above.get(element)
        while holder is not None and holder.tag not in names:
            holder = self._above.get(holder)
        return holder

    def language(self, element: Element) -> str | None:
        """Tell in which language an element is read out."""
        holder: Element | None = element
        while holder is not None and not holder.get("lang"):
            holder = self._above.get(holder)
        return None if holder is None else holder.get("lang")

    def label(self, field: Element) -> str:
        """Tell the words by which a screen reader announces a field."""
        if field.get("aria-label"):
            return field.get("aria-label") or ""
        if field.get("aria-labelledby"):
            named = map(self.by_id, (field.get("aria-labelledby") or "").split())
            return " ".join(words(one) for one in named if one is not None)
        own = [one for one in self.every("label") if one.get("for") == field.get("id")]
        if own and field.get("id"):
            return " ".join(map(words, own))
        around = self.above(field, "label")
        return "" if around is None else words(around)


def _as_xml(page: TreeDom) -> str:
    """Write a page so that the quick reader of XML takes it; what is not HTML keeps its namespace.

    MarkupEver leaves the values of attributes as they are; XML allows no “<” in them, and reads a
    new line there as a space.
    """
    written = page.serialize(is_html=False).replace(' xmlns="http://www.w3.org/1999/xhtml"', "")
    return A_TAG.sub(lambda tag: "<" + tag[0][1:].translate(IN_A_VALUE), written)


def words(element: Element) -> str:
    """Read an element's text as one line, and its pictures by what stands for them."""
    return " ".join("".join(_pieces(element)).split())


def _pieces(element: Element) -> Iterator[str]:
    if element.tag == "img":
        yield element.get("alt") or ""
    if element.tag in UNSEEN or not isinstance(element.tag, str):
        return
    yield element.text or ""
    for child in element:
        inline = child.tag in INLINE
        yield "" if inline else " "
        if child.get("hidden") is None:  # what is hidden has words of its own still
            yield from _pieces(child)
        yield "" if inline else " "
        yield child.tail or ""


INLINE: Final = frozenset(
    {"a", "abbr", "b", "bdi", "bdo", "cite", "code", "em", "i", "kbd", "mark", "q", "s", "small"}
    | {"span", "strong", "sub", "sup", "time", "u", "wbr"}
)


def faults(tree: Tree) -> list[str]:
    """List what is wrong with a page."""
    return [
        *(f"not valid HTML: {complaint}" for complaint in tree.complaints),
        *_in_the_head(tree),
        *_in_the_outline(tree),
        *_in_identities(tree),
        *_in_fields(tree),
        *_in_forms(tree),
        *_in_what_can_be_pressed(tree),
        *_in_pictures(tree),
        *_in_scripts(tree),
        *_in_attributes(tree),
    ]


def _in_the_head(tree: Tree) -> Iterator[str]:
    if not tree.root.get("lang"):
        yield "the page does not say its language"
    title = next((words_of_title(one) for one in tree.every("title")), "")
    heading = next((words(one) for one in tree.every("h1")), "")
    if not title.removeprefix("Error: ").startswith(heading) or not heading:
        yield f"the title “{title}” does not begin with the heading “{heading}”"


def words_of_title(title: Element) -> str:
    """Read a title as one line."""
    return " ".join((title.text or "").split())


def _in_the_outline(tree: Tree) -> Iterator[str]:
    levels = [HEADINGS.index(str(one.tag)) + 1 for one in tree.every(*HEADINGS)]
    if levels.count(1) != 1:
        yield f"{levels.count(1)} headings of the first level"
    for before, after in pairwise(levels):
        if after > before + 1:
            yield f"a heading of level {after} follows one of level {before}"
    if sum(1 for _ in tree.every("main")) != 1:
        yield "not exactly one main part"
    yield from (
        f"the heading {one.tag} is empty" for one in tree.every(*HEADINGS) if not words(one)
    )


def _in_identities(tree: Tree) -> Iterator[str]:
    identities = Counter(one.get("id") for one in tree.every() if one.get("id") is not None)
    yield from (f"the id “{one}” stands {n} times" for one, n in identities.items() if n > 1)
    keys = Counter(one.get("accesskey") for one in tree.every() if one.get("accesskey"))
    yield from (f"the access key {one} stands {n} times" for one, n in keys.items() if n > 1)
    for element in tree.every():
        for attribute in REFERENCES:
            for name in (element.get(attribute) or "").split():
                if name not in identities:
                    yield f"{attribute}=“{name}” points to nothing"
        place = element.get("href") or ""
        if element.tag == "a" and re.fullmatch("#.+", place) and place[1:] not in identities:
            yield f"the link to “{place}” leads nowhere"


def _in_fields(tree: Tree) -> Iterator[str]:
    for field in tree.every(*FIELDS):
        if field.get("type") not in UNLABELLED and not tree.label(field):
            yield f"the field “{field.get('name')}” has no label"
    for group in tree.every("fieldset"):
        if not any(words(one) for one in tree.every("legend", within=group)):
            yield "a group of fields has no legend"


def _in_forms(tree: Tree) -> Iterator[str]:
    for form in tree.every("form"):
        if form.get("method", "get").lower() == "post" and not _has_token(tree, form):
            yield f"the form to “{form.get('action', '')}” has no token"


def _has_token(tree: Tree, form: Element) -> bool:
    return any(one.get("name") == "csrf_token" for one in tree.every("input", within=form))


def _in_what_can_be_pressed(tree: Tree) -> Iterator[str]:
    for element in tree.every("a", "button", "summary"):
        if not words(element) and not element.get("aria-label") and not _pictured(tree, element):
            yield f"a {element.tag} has no words: {element.attrib}"


def _pictured(tree: Tree, element: Element) -> bool:
    return any(one.get("aria-label") for one in tree.every(within=element))


def _in_pictures(tree: Tree) -> Iterator[str]:
    for picture in tree.every("img"):
        if picture.get("alt") is None:
            yield f"the picture “{picture.get('src')}” has no alt"


def _in_scripts(tree: Tree) -> Iterator[str]:
    yield from ("a style element" for _ in tree.every("style"))
    for script in tree.every("script"):
        if not script.get("src") and script.get("type") not in INERT_SCRIPTS:
            yield "an inline script"


def _in_attributes(tree: Tree) -> Iterator[str]:
    for element in tree.every():
        for name, value in element.attrib.items():
            if name == "style" or name.startswith("on"):
                yield f"an inline {name} on {element.tag}"
            elif value.strip().lower().startswith("javascript:"):
                yield f"script in {name} of {element.tag}"


def keep_for_the_checker(source: str, tree: Tree, folder: Path) -> None:
    """Put a page aside, unless one of the same shape is there already."""
    shape = repr(
        [
            (str(one.tag), sorted(one.attrib), [one.get(name) for name in TELLING])
            for one in tree.every()
        ]
    )
    place = folder / f"{hashlib.sha256(shape.encode()).hexdigest()[:24]}.html"
    if not place.exists():
        place.write_text(source, encoding="utf-8")
