"""What people write, as HTML that is safe to show: Markdown, or HTML from another program.

HTML in Markdown is not let through; HTML that came from another program is cleaned.
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
TAGS = {
    *("p", "br", "ul", "ol", "li", "a", "strong", "em", "b", "i", "code", "pre", "blockquote"),
    *("h2", "h3", "h4", "h5", "h6", "hr", "dl", "dt", "dd"),
    *("table", "thead", "tbody", "tr", "th", "td", "caption", "figure", "figcaption", "img"),
}
FROM_ELSEWHERE = TAGS - {"h2", "h3", "h4", "h5", "h6", "img", "figure", "figcaption"}
LEADS_NOWHERE = re.compile(r'<a(?: rel="[^"]*")?>(.*?)</a>', re.DOTALL)  # its address was unsafe
NOTE = re.compile(r' <span class="leaves">[^<]*</span>')  # what we add to a link that leaves
OURS = re.compile(r"/(?!/)")  # a path on this site
VIEW_BOX = re.compile(r'viewBox="0 0 (\d+) (\d+)"')
TAKEN = frozenset(  # ids that pages with such texts have already
    {"main", "rooms", "additional-links", "message", "email", "submit", "csrf_token"}
)
LOWEST = 6  # level of a heading
LONGEST_SUMMARY = 155  # characters, about what a search engine shows


@dataclass(frozen=True)
class Written:
    """A page that we wrote: its HTML, and its headings of the second level by their ids."""

    html: str
    headings: tuple[tuple[str, str], ...]


def written(markdown: str, root: str = "", *, below: int = 1, prefix: str = "") -> Written:
    """Set a text that we wrote; its links to this site stay beneath a root, /fr for one.

    It stands below a heading of some level, and its own headings begin one further down. Their
    ids begin with a prefix where several texts stand on one page.
    """
    env: dict[str, Any] = {"root": root, "headings": {}, "below": below, "prefix": prefix}
    made = _markdown.render(markdown, env)
    headings = env["headings"].items()
    return Written(made, tuple((one, words) for one, (level, words) in headings if level == "h2"))


def line_html(markdown: str) -> str:
    """Give the HTML of a single line that we wrote, with what is strong in it."""
    return str(_markdown.renderInline(markdown))


def safe_html(text: str) -> str:
    """Give the HTML of what someone else wrote, without headings, pictures or anything active."""
    made = text if LOOKS_LIKE_HTML.search(text) else _markdown.render(text)
    cleaned = nh3.clean(
        made,
        tags=FROM_ELSEWHERE,
        attributes={"a": {"href"}},
        url_schemes={"http", "https", "mailto"},
        link_rel="external noopener",
    )
    return LEADS_NOWHERE.sub(r"\1", cleaned).strip()


def plain(text: str) -> str:
    """Give the words alone, on one line."""
    ours = NOTE.sub("", text)
    spaced = re.sub(r"</(p|li|div|h\d|td|th|tr|dt|dd|figcaption)>|<br\s*/?>", " ", safe_html(ours))
    return " ".join(html.unescape(nh3.clean(spaced, tags=set())).split())


def summary(text: str) -> str:
    """Give the first words, cut between words when they are many."""
    words = plain(text)
    if len(words) <= LONGEST_SUMMARY:
        return words
    return words[:LONGEST_SUMMARY].rsplit(" ", 1)[0].rstrip(",;:–-") + "…"


def is_elsewhere(address: str) -> bool:
    """Whether a link leads to another site."""
    return bool(urlsplit(address).netloc)


class _Renderer(RendererHTML):
    """Markdown as our pages show it: headings with ids, links that say when they leave."""

    def heading_open(
        self, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
    ) -> str:
        words = "".join(child.content for child in tokens[index + 1].children or ()).strip()
        opens, closes = tokens[index], tokens[index + 2]
        if not words:
            opens.hidden = closes.hidden = True
            return ""
        opens.tag = closes.tag = f"h{_level(opens.tag, env)}"
        headings = env.setdefault("headings", {})
        identity = _identity(f"{env.get('prefix', '')}{words}", headings)
        headings[identity] = (opens.tag, words)
        opens.attrSet("id", identity)
        return self.renderToken(tokens, index, options, env)

    def link_open(
        self, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
    ) -> str:
        address = str(tokens[index].attrGet("href") or "")
        if tokens[index + 1].type == "link_close":  # no words to follow it by
            tokens[index + 1].meta["said"] = html.escape(address)
        if is_elsewhere(address):
            tokens[index].attrSet("rel", "external noopener")
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
        if _is_picture(tokens[index + 1]):
            tokens[index].tag = tokens[index + 2].tag = "figure"
        return self.renderToken(tokens, index, options, env)

    def image(self, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType) -> str:
        """Show a picture at its own shape, so that nothing moves when it comes."""
        picture = tokens[index]
        if not OURS.match(str(picture.attrGet("src") or "")):  # no browser would show it here
            return html.escape(picture.content)
        caption = html.escape(str(picture.attrs.pop("title", "")))
        size = _drawn_size(str(picture.attrGet("src") or ""))
        for name, length in zip(("width", "height"), size, strict=False):
            picture.attrSet(name, length)
        shown = super().image(tokens, index, options, env)
        alone = caption and len(tokens) == 1
        return f"{shown}<figcaption>{caption}</figcaption>" if alone else shown

    def table_open(self, *_: Any) -> str:
        return '<div class="table-box" tabindex="0"><table class="govuk-table">'

    def table_close(self, *_: Any) -> str:
        return "</table></div>\n"


def _drawn_size(address: str) -> tuple[str, ...]:
    """Tell the width and height of one of our drawings, as its file says."""
    path = (ROOT / address.lstrip("/")).resolve()
    if path.suffix != ".svg" or not path.is_relative_to(ROOT / "static") or not path.is_file():
        return ()
    shape = VIEW_BOX.search(path.read_text(encoding="utf-8"))
    return shape.groups() if shape else ()


def _is_picture(line: Token) -> bool:
    """Whether a paragraph is one picture with a caption and nothing else."""
    children = line.children or []
    return len(children) == 1 and children[0].type == "image" and "title" in children[0].attrs


def _level(tag: str, env: EnvType) -> int:
    """Give the level of a heading: below what it stands under, and never two steps down at once."""
    top = int(env.get("below", 1)) + 1
    level = min(max(int(tag[1]), top), int(env.get("level", top - 1)) + 1, LOWEST)
    env["level"] = level
    return level


def _identity(words: str, taken: Container[str]) -> str:
    """Make an id of a heading's words: “When can I register?” is when-can-i-register."""
    bare = re.sub(r"[\W_]+", "-", words.casefold()).strip("-") or "part"
    tries = chain([bare], (f"{bare}-{number}" for number in count(2)))
    return next(one for one in tries if one not in taken and one not in TAKEN)


_markdown = MarkdownIt("js-default", {"html": False}, renderer_cls=_Renderer)
