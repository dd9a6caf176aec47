"""What people write, as HTML that is safe to show: Markdown, or HTML from another program.

HTML in Markdown is not let through; HTML that came from another program is cleaned.
"""

import html
import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

import nh3
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

LOOKS_LIKE_HTML = re.compile(r"<(p|br|ul|ol|li|a|strong|em|b|i|div|h[1-6])\b[^>]*>", re.IGNORECASE)
TAGS = {
    *("p", "br", "ul", "ol", "li", "a", "strong", "em", "b", "i", "code", "pre", "blockquote"),
    *("h2", "h3", "h4", "h5", "h6", "hr", "dl", "dt", "dd"),
    *("table", "thead", "tbody", "tr", "th", "td", "caption", "figure", "figcaption", "img"),
}
ATTRIBUTES = {
    "a": {"href"},
    "img": {"src", "alt", "width", "height", "loading"},
    "th": {"scope"},
    "*": {"id", "lang", "dir"},
}
FROM_ELSEWHERE = TAGS - {"h2", "h3", "h4", "h5", "h6", "img", "figure", "figcaption"}
LONGEST_SUMMARY = 155  # characters, about what a search engine shows


def page_html(markdown: str) -> str:
    """Give the HTML of a page that we wrote, with headings and pictures."""
    return _markdown.render(markdown)


def safe_html(text: str) -> str:
    """Give the HTML of what someone else wrote, without headings, pictures or anything active."""
    made = text if LOOKS_LIKE_HTML.search(text) else _markdown.render(text)
    return nh3.clean(
        made,
        tags=FROM_ELSEWHERE,
        attributes={"a": {"href"}},
        url_schemes={"http", "https", "mailto"},
        link_rel="external noopener",
    ).strip()


def plain(text: str) -> str:
    """Give the words alone, on one line."""
    spaced = re.sub(r"</(p|li|div|h\d|tr)>|<br\s*/?>", " ", safe_html(text))
    return " ".join(html.unescape(nh3.clean(spaced, tags=set())).split())


def summary(text: str) -> str:
    """Give the first words, cut between words when they are many."""
    words = plain(text)
    if len(words) <= LONGEST_SUMMARY:
        return words
    return words[:LONGEST_SUMMARY].rsplit(" ", 1)[0].rstrip(",;:–-") + "…"


def is_elsewhere(address: str) -> bool:
    """Whether a link leads to another site."""
    return urlsplit(address).scheme in {"http", "https"}


class _Renderer(RendererHTML):
    """Markdown as our pages show it: links that say when they leave, tables that scroll, figures."""

    def link_open(
        self, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
    ) -> str:
        address = str(tokens[index].attrGet("href") or "")
        if is_elsewhere(address):
            tokens[index].attrSet("rel", "external noopener")
            env["leaves"] = True
        return self.renderToken(tokens, index, options, env)

    def link_close(
        self, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
    ) -> str:
        leaves = env.pop("leaves", False)
        note = f' <span class="leaves">({env.get("elsewhere", "opens another website")})</span>'
        return f"</a>{note if leaves else ''}"

    def table_open(self, *_: Any) -> str:
        return '<div class="table-box" tabindex="0"><table class="govuk-table">'

    def table_close(self, *_: Any) -> str:
        return "</table></div>\n"


_markdown = MarkdownIt("js-default", {"html": False}, renderer_cls=_Renderer)
