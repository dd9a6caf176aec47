"""Safe HTML from Markdown, or from HTML that another program produced.

HTML within Markdown is escaped; HTML from another program is sanitised.
"""

import html
import re
from collections.abc import Container, Sequence
from dataclasses import dataclass
from itertools import chain, count
from typing import Any
from urllib.parse import urlsplit

import nh3
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

from config import ROOT

LOOKS_LIKE_HTML = re.compile(r"<(p|br|ul|ol|li|a|strong|em|b|i|div|h[1-6])\b[^>]*>", re.IGNORECASE)
ALLOWED_TAGS = {
    *("p", "br", "ul", "ol", "li", "a", "strong", "em", "b", "i", "code", "pre", "blockquote"),
    *("h2", "h3", "h4", "h5", "h6", "hr", "dl", "dt", "dd"),
    *("table", "thead", "tbody", "tr", "th", "td", "caption", "figure", "figcaption", "img"),
}
EXTERNAL_TAGS = ALLOWED_TAGS - {"h2", "h3", "h4", "h5", "h6", "img", "figure", "figcaption"}
LINK_WITHOUT_HREF = re.compile(
    r'<a(?: rel="[^"]*")?>(.*?)</a>', re.DOTALL
)  # nh3 removed an unsafe URL
EXTERNAL_LINK_NOTE = re.compile(r' <span class="leaves">[^<]*</span>')  # added by link_close()
LINK_RELATION = "external noopener"
EXTERNAL_LINK = re.compile(
    rf'(<a href="(?:https?:)?//[^"]*" rel="{LINK_RELATION}">[^<]*(?:<(?!/a>)[^<]*)*)</a>'
)
END_OF_LINE_TAG = re.compile(r"</(p|li|div|h\d|td|th|tr|dt|dd|figcaption)>|<br\s*/?>")
TAG = re.compile(r'<[^<>"]*(?:"[^"]*"[^<>"]*)*>')
LOCAL_PATH = re.compile(r"/(?!/)")
VIEW_BOX = re.compile(r'viewBox="0 0 (\d+) (\d+)"')
RESERVED_IDS = frozenset(  # ids used in the templates of these pages
    {"main", "rooms", "additional-links", "message", "email", "submit", "csrf_token"}
)
MAX_HEADING_LEVEL = 6
MAX_EXCERPT_LENGTH = 155  # characters, about what a search engine shows


@dataclass(frozen=True)
class RenderedText:
    """The HTML of a text, and its second-level headings as (id, text)."""

    html: str
    headings: tuple[tuple[str, str], ...]


def render_markdown(
    markdown: str, root: str = "", *, parent_level: int = 1, prefix: str = ""
) -> RenderedText:
    """Render the site's own Markdown; links within the site start with ``root``, for example /fr.

    ``parent_level`` is the level of the heading above the text; its own headings start one level
    below. ``prefix`` starts the ids of headings, where several texts are on one page.
    """
    env: dict[str, Any] = {"root": root, "headings": {}, "below": parent_level, "prefix": prefix}
    rendered = _markdown.render(markdown, env)
    headings = env["headings"].items()
    return RenderedText(
        rendered, tuple((one, words) for one, (level, words) in headings if level == "h2")
    )


def render_inline(markdown: str) -> str:
    """Render a single line of the site's own Markdown."""
    return str(_markdown.renderInline(markdown))


def sanitise(text: str) -> str:
    """Return the HTML of somebody else's text, without headings, images or active content."""
    unsafe = (
        text if LOOKS_LIKE_HTML.search(text) else EXTERNAL_LINK_NOTE.sub("", _markdown.render(text))
    )
    cleaned = nh3.clean(
        unsafe,
        tags=EXTERNAL_TAGS,
        attributes={"a": {"href"}},
        url_schemes={"http", "https", "mailto"},
        link_rel=LINK_RELATION,
    )
    return LINK_WITHOUT_HREF.sub(r"\1", cleaned).strip()


def mark_external_links(html_text: str, note: str) -> str:
    """Return sanitised HTML in which links to other sites end with a note."""
    return EXTERNAL_LINK.sub(
        rf'\1 <span class="leaves">({html.escape(note)})</span></a>', html_text
    )


def without_link_relations(html_text: str) -> str:
    """Return sanitised HTML as another site may show it: what links are to this one is left out."""
    return html_text.replace(f' rel="{LINK_RELATION}"', "")


def to_text(text: str) -> str:
    """Return a text without markup, on one line."""
    without_notes = EXTERNAL_LINK_NOTE.sub("", text)
    spaced = END_OF_LINE_TAG.sub(" ", sanitise(without_notes))
    return " ".join(html.unescape(nh3.clean(spaced, tags=set())).split())


def sanitised_to_text(html_text: str) -> str:
    """Return the text of sanitised HTML on one line: ten times as fast."""
    return " ".join(html.unescape(TAG.sub("", END_OF_LINE_TAG.sub(" ", html_text))).split())


def excerpt(text: str) -> str:
    """Return the start of a text, cut at a word boundary to ``MAX_EXCERPT_LENGTH`` characters."""
    words = to_text(text)
    if len(words) <= MAX_EXCERPT_LENGTH:
        return words
    return words[:MAX_EXCERPT_LENGTH].rsplit(" ", 1)[0].rstrip(",;:–-") + "…"


def is_external(address: str) -> bool:
    """Return True if a link leads to another site."""
    return bool(urlsplit(address).netloc)


class _Renderer(RendererHTML):
    """Renders headings with ids, and marks links to other sites."""

    def heading_open(
        self, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
    ) -> str:
        words = "".join(child.content for child in tokens[index + 1].children or ()).strip()
        opens, closes = tokens[index], tokens[index + 2]
        if not words:
            opens.hidden = closes.hidden = True
            return ""
        opens.tag = closes.tag = f"h{_heading_level(opens.tag, env)}"
        headings = env.setdefault("headings", {})
        identity = _unique_id(f"{env.get('prefix', '')}{words}", headings)
        headings[identity] = (opens.tag, words)
        opens.attrSet("id", identity)
        return self.renderToken(tokens, index, options, env)

    def link_open(
        self, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
    ) -> str:
        address = str(tokens[index].attrGet("href") or "")
        if tokens[index + 1].type == "link_close":  # without text: show the URL
            tokens[index + 1].meta["said"] = html.escape(address)
        if is_external(address):
            tokens[index].attrSet("rel", LINK_RELATION)
            env["leaves"] = True
        elif address.startswith("/") and not address.startswith("/static/"):
            tokens[index].attrSet("href", f"{env.get('root', '')}{address}")
        return self.renderToken(tokens, index, options, env)

    def link_close(
        self, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
    ) -> str:
        note = f' <span class="leaves">({env.get("elsewhere", "opens another website")})</span>'
        said = tokens[index].meta.get("said", "")
        return f"{said}{note if env.pop('leaves', False) else ''}</a>"

    def paragraph_open(
        self, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
    ) -> str:
        if _is_figure(tokens[index + 1]):
            tokens[index].tag = tokens[index + 2].tag = "figure"
        return self.renderToken(tokens, index, options, env)

    def image(self, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType) -> str:
        """Render an image with its size, so that the layout does not shift when it loads."""
        picture = tokens[index]
        if not LOCAL_PATH.match(
            str(picture.attrGet("src") or "")
        ):  # the content security policy blocks other images
            return html.escape(picture.content)
        caption = html.escape(str(picture.attrs.pop("title", "")))
        size = _svg_size(str(picture.attrGet("src") or ""))
        for name, length in zip(("width", "height"), size, strict=False):
            picture.attrSet(name, length)
        shown = super().image(tokens, index, options, env)
        alone = caption and len(tokens) == 1
        return f"{shown}<figcaption>{caption}</figcaption>" if alone else shown

    def table_open(self, *_: Any) -> str:
        return '<div class="table-box" tabindex="0"><table class="govuk-table">'

    def table_close(self, *_: Any) -> str:
        return "</table></div>\n"


def _svg_size(address: str) -> tuple[str, ...]:
    """Return the width and height of an SVG file of this site, or () if it is something else."""
    path = (ROOT / address.lstrip("/")).resolve()
    if path.suffix != ".svg" or not path.is_relative_to(ROOT / "static") or not path.is_file():
        return ()
    shape = VIEW_BOX.search(path.read_text(encoding="utf-8"))
    return shape.groups() if shape else ()


def _is_figure(line: Token) -> bool:
    """Return True if a paragraph consists of a single image with a caption."""
    children = line.children or []
    return len(children) == 1 and children[0].type == "image" and "title" in children[0].attrs


def _heading_level(tag: str, env: EnvType) -> int:
    """Return the level of a heading, below its parent and without skipping a level."""
    top = int(env.get("below", 1)) + 1
    level = min(max(int(tag[1]), top), int(env.get("level", top - 1)) + 1, MAX_HEADING_LEVEL)
    env["level"] = level
    return level


def _unique_id(words: str, used: Container[str]) -> str:
    """Return an id made from a heading: “When can I register?” gives when-can-i-register."""
    slug = re.sub(r"[\W_]+", "-", words.casefold()).strip("-") or "part"
    candidates = chain([slug], (f"{slug}-{number}" for number in count(2)))
    return next(one for one in candidates if one not in used and one not in RESERVED_IDS)


_markdown = MarkdownIt("js-default", {"html": False}, renderer_cls=_Renderer)
