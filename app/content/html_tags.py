"""Tell HTML that another program wrote from plain text in which a person typed a “<”."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Final

PAIRED_TAGS: Final = frozenset(  # a pair of one of these makes a text HTML
    [
        *("p", "ul", "ol", "li", "a", "strong", "em", "b", "i", "div", "blockquote", "pre"),
        *("table", "dl", "h1", "h2", "h3", "h4", "h5", "h6"),
    ]
)
SINGLE_TAGS: Final = frozenset({"br", "hr"})  # a single tag makes a text HTML
ELEMENT_NAMES: Final = """
    a abbr acronym address area article aside audio b base bdi bdo big blockquote body br button
    canvas caption center cite code col colgroup data datalist dd del details dfn dialog div dl dt
    em embed fieldset figcaption figure font footer form frame frameset h1 h2 h3 h4 h5 h6 head
    header hgroup hr html i iframe img input ins kbd label legend li link main map mark math menu
    meta meter nav nobr noscript object ol optgroup option output p param picture pre progress q
    rp rt ruby s samp script search section select slot small source span strike strong style sub
    summary sup svg table tbody td template textarea tfoot th thead time title tr track tt u ul
    var video wbr
"""
ELEMENTS: Final = frozenset(ELEMENT_NAMES.split())  # tags that a sanitiser may drop
TAG: Final = re.compile(
    r"""
    < (?P<slash>/?) (?P<name>[a-zA-Z][a-zA-Z0-9]*+ (?P<is_foreign>:[a-zA-Z0-9]++)?+)
    (?: \s++ (?: [a-zA-Z_:@][-\w:.]*+ \s*+ = \s*+ (?: "[^"<]*+" | '[^'<]*+' | [^\s"'<>=`]++ )
             | (?: reversed | download | nowrap | hidden | disabled | checked | controls | compact
                 | noshade | allowfullscreen | async | defer | autoplay | muted | loop | open
                 | required | readonly | selected | multiple | itemscope ) (?=[\s/>]) )
    )*+
    \s*+ /? >
    """,
    re.VERBOSE | re.IGNORECASE,
)
DECLARATION: Final = re.compile(r"<(?:!doctype|!\[|\?xml|\?php)[^<>]*+>", re.IGNORECASE)
CODE_SPAN: Final = re.compile(r"`[^`\n]*+`")


def is_html(text: str) -> bool:
    """Return True if a text is HTML, that is, if it has a pair of tags or a line break tag."""
    opened: Counter[str] = Counter()
    for found in _find_tags(CODE_SPAN.sub("", text)):
        name = found["name"].lower()
        if name in SINGLE_TAGS or (found["slash"] and opened[name] and name in PAIRED_TAGS):
            return True
        opened[name] += not found["slash"]
    return False


def escape_other_brackets(text: str) -> str:
    """Escape each “<” of an HTML text that starts no tag, so that no parser takes it for one."""
    text = DECLARATION.sub("", _drop_comments(text))
    pieces, end = [], 0
    for found in _find_tags(text):
        pieces += [text[end : found.start()].replace("<", "&lt;"), found[0]]
        end = found.end()
    return "".join([*pieces, text[end:].replace("<", "&lt;")])


def _find_tags(text: str) -> Iterator[re.Match[str]]:
    return (
        found
        for found in TAG.finditer(text)
        if found["is_foreign"] or found["name"].lower() in ELEMENTS
    )


def _drop_comments(text: str) -> str:
    pieces, end = [], 0
    while (start := text.find("<!--", end)) >= 0:
        stop = text.find("-->", start + 4)
        if stop < 0:
            break
        pieces.append(text[end:start])
        end = stop + 3
    return "".join([*pieces, text[end:]])
