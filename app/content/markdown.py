"""Safe HTML from Markdown, or from HTML that another program produced.

HTML within Markdown is escaped; HTML from another program is sanitised (``html_tags`` tells them
apart). No typed word is lost, and any text is rendered in linear time.
"""

import html
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, count
from typing import Any
from urllib.parse import urlsplit

import nh3
from markdown_it import MarkdownIt
from markdown_it.parser_inline import ParserInline
from markdown_it.renderer import RendererHTML
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

from app.content import html_tags
from app.content.versions import ImageInfo
from config import ROOT

ALLOWED_TAGS = {
    *("p", "br", "ul", "ol", "li", "a", "strong", "em", "b", "i", "code", "pre", "blockquote"),
    *("h2", "h3", "h4", "h5", "h6", "hr", "dl", "dt", "dd"),
    *("table", "thead", "tbody", "tr", "th", "td", "caption", "figure", "figcaption", "img"),
}
EXTERNAL_TAGS = ALLOWED_TAGS - {"h2", "h3", "h4", "h5", "h6", "img", "figure", "figcaption"}
LINK_WITHOUT_HREF = re.compile(
    r'<a(?: rel="[^"<]*")?>((?:[^<]|<(?!/?a[ >]))*+)</a>'
)  # nh3 removed an unsafe URL
EXTERNAL_LINK_NOTE = re.compile(r' <span class="leaves">[^<]*</span>')  # added by link_close()
YEAR = re.compile(r"^([ \t]*\d{3,9})([.)])(?=\s)", re.MULTILINE)  # not a list item
LINK_RELATION = "external noopener"
EXTERNAL_LINK = re.compile(
    rf'(<a href="(?:https?:)?//[^"]*" rel="{LINK_RELATION}">[^<]*+(?:<(?!/?a[ >])[^<]*+)*+)</a>'
)
END_OF_LINE_TAG = re.compile(r"</(p|li|div|h\d|td|th|tr|dt|dd|figcaption)>|<br\s*/?>")
TAG = re.compile(r'<[^<>"]*+(?:"[^"]*+"[^<>"]*+)*+>')
OWN_ANCHOR = re.compile(r'<a href="#([^"]*)"')
LOCAL_PATH = re.compile(r"/(?!/)")
VIEW_BOX = re.compile(r'viewBox="0 0 (\d+) (\d+)"')
RESERVED_IDS = frozenset(  # ids used in the templates of these pages
    {"main", "rooms", "additional-links", "message", "email", "submit", "csrf_token"}
)
PICTURES = "/pictures/"  # the path of uploaded pictures
IMAGE_SIZES = "(min-width: 44rem) 42rem, 92vw"  # about as wide as the text
MAX_HEADING_LEVEL = 6
MANY_COLUMNS = 3  # more than fit beside each other on a phone
MAX_BRACKET_NESTING = 10  # of link texts; deeper brackets make no link
MAX_EXCERPT_LENGTH = 155  # characters, about what a search engine shows


@dataclass(frozen=True)
class RenderedText:
    """The HTML of a text, and its second-level headings as (id, text)."""

    html: str
    headings: tuple[tuple[str, str], ...]


def render_markdown(
    markdown: str,
    root: str = "",
    *,
    parent_level: int = 1,
    prefix: str = "",
    images: Sequence[ImageInfo] = (),
) -> RenderedText:
    """Render the site's own Markdown; links within the site start with ``root``, for example /fr.

    ``parent_level`` is the level of the heading above the text; its own headings start one level
    below. ``prefix`` is for the ids of headings, if several texts are on one page. ``images`` are
    the uploaded pictures that the text shows; others are shown as their text alternative.
    """
    env: dict[str, Any] = {"root": root, "headings": {}, "below": parent_level, "prefix": prefix}
    env["images"] = {f"{PICTURES}{image.key}.jpg": image for image in images}
    rendered = _markdown.render(markdown, env)
    if prefix:
        rendered = OWN_ANCHOR.sub(lambda found: _to_own_heading(found, prefix, env), rendered)
    parts = tuple((one, words) for one, (level, words) in env["headings"].items() if level == "h2")
    return RenderedText(rendered, parts)


def render_inline(markdown: str) -> str:
    """Render a single line of the site's own Markdown."""
    return str(_markdown.renderInline(markdown))


def sanitise(text: str) -> str:
    """Return the HTML of a third party's text, without headings, images or active content."""
    is_html = html_tags.is_html(text)
    unsafe = html_tags.escape_other_brackets(text) if is_html else _render_typed(text)
    cleaned = nh3.clean(
        unsafe,
        tags=EXTERNAL_TAGS,
        attributes={"a": {"href"}, "ol": {"start"}},
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
    """Return sanitised HTML for other sites: without the rel attributes of links."""
    return html_text.replace(f' rel="{LINK_RELATION}"', "")


def to_text(text: str) -> str:
    """Return a text without markup, on one line."""
    without_notes = EXTERNAL_LINK_NOTE.sub("", text)
    spaced = END_OF_LINE_TAG.sub(" ", sanitise(without_notes))
    return " ".join(html.unescape(nh3.clean(spaced, tags=set())).split())


def sanitised_to_text(html_text: str) -> str:
    """Return the text of sanitised HTML on one line, ten times as fast as ``to_text``."""
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


def _render_typed(text: str) -> str:
    """Render Markdown that a person typed, or show it unchanged if Markdown would drop words."""
    env: dict[str, Any] = {}
    tokens = _typed_markdown.parse(YEAR.sub(r"\1\\\2", text), env)
    rendered_count = sum(_count_letters(token.content + token.info) for token in tokens)
    if rendered_count < _count_letters(text):  # too many cells in a row, or nested too deeply
        return _render_plain(text)
    return str(_typed_markdown.renderer.render(tokens, _typed_markdown.options, env))


def _count_letters(text: str) -> int:
    return sum(map(str.isalnum, text))


def _render_plain(text: str) -> str:
    paragraphs = "\n".join(line.rstrip() for line in text.splitlines()).split("\n\n")
    escaped = (html.escape(part.strip("\n")).replace("\n", "<br>\n") for part in paragraphs)
    return "".join(f"<p>{part}</p>\n" for part in escaped if part)


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
        identity = _unique_id(f"{env.get('prefix', '')}{words}", env)
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
        note_before = tokens[index].meta.get("said", "")
        return f"{note_before}{note if env.pop('leaves', False) else ''}</a>"

    def paragraph_open(
        self, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
    ) -> str:
        if _is_figure(tokens[index + 1]):
            tokens[index].tag = tokens[index + 2].tag = "figure"
        return self.renderToken(tokens, index, options, env)

    def image(self, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType) -> str:
        """Render an image with its size, so that the layout does not shift when it loads."""
        picture = tokens[index]
        address = str(picture.attrGet("src") or "")
        uploaded: ImageInfo | None = env.get("images", {}).get(address)
        is_unknown = uploaded is None and address.startswith(PICTURES)
        # the content security policy blocks images from other sites
        if is_unknown or not LOCAL_PATH.match(address):
            return html.escape(picture.content)
        caption = html.escape(str(picture.attrs.pop("title", "")))
        size = (uploaded.width, uploaded.height) if uploaded else _svg_size(address)
        for name, length in zip(("width", "height"), size, strict=False):
            picture.attrSet(name, str(length))
        if uploaded:
            picture.attrs |= {"loading": "lazy", "decoding": "async", **_responsive(uploaded)}
        markup = super().image(tokens, index, options, env)
        markup = f"<picture>{_sources(uploaded)}{markup}</picture>" if uploaded else markup
        alone = caption and len(tokens) == 1
        return f"{markup}<figcaption>{caption}</figcaption>" if alone else markup

    def table_open(self, tokens: Sequence[Token], index: int, *_: Any) -> str:
        _name_cells(tokens[index:])
        return '<div class="table-box" tabindex="0"><table class="govuk-table">'

    def table_close(self, *_: Any) -> str:
        return "</table></div>\n"


class _TypedTextRenderer(_Renderer):
    """Renders what people typed, including what Markdown would hide.

    Links have no note: it is not part of the text, and pages add it (``mark_external_links``).
    """

    def link_close(
        self, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
    ) -> str:
        env.pop("leaves", None)
        return super().link_close(tokens, index, options, env)

    def fence(self, tokens: Sequence[Token], index: int, *_: Any) -> str:
        language, code = tokens[index].info.strip(), tokens[index].content
        content = f"{language}\n{code}" if language else code
        return f"<pre><code>{html.escape(content)}</code></pre>\n"

    def image(self, tokens: Sequence[Token], index: int, *_: Any) -> str:
        """Show the name of the picture, because the picture itself is not shown."""
        picture = tokens[index]
        words = (picture.content, str(picture.attrs.get("title", "")))
        return html.escape(" ".join(filter(None, words)))


class _InlineParser(ParserInline):
    """Parses the text of a paragraph in linear time, however many brackets it has."""

    def skipToken(self, state: StateInline) -> None:  # noqa: N802 – the name in markdown-it
        """Skip one token; skip the rest of the paragraph where brackets are nested too deeply."""
        if state.level >= MAX_BRACKET_NESTING and state.pos not in state.cache:
            state.cache[state.pos] = state.posMax
        super().skipToken(state)


def _name_cells(table: Sequence[Token]) -> None:
    """Give each cell of a wide table the name of its column, which phones show above the cell."""
    end = [token.type for token in table].index("table_close")
    names = [table[at + 1].content for at in range(end) if table[at].type == "th_open"]
    cells = [one for one in table[:end] if one.type == "td_open"]
    for at, cell in enumerate(cells):
        if at % len(names) and len(names) >= MANY_COLUMNS:
            cell.attrSet("data-label", names[at % len(names)])


def _responsive(image: ImageInfo) -> dict[str, str]:
    """Return the attributes that offer a picture as JPEG in each width."""
    offered = dict(image.widths).get("jpg")
    return {"srcset": _srcset(image, "jpg", offered), "sizes": IMAGE_SIZES} if offered else {}


def _sources(image: ImageInfo) -> str:
    """Return the elements that offer a picture in smaller formats, the smallest first."""
    return "".join(
        f'<source type="image/{kind}" srcset="{_srcset(image, kind, offered)}" '
        f'sizes="{IMAGE_SIZES}">'
        for kind, offered in image.widths
        if kind != "jpg"
    )


def _srcset(image: ImageInfo, kind: str, widths: Sequence[int]) -> str:
    return ", ".join(f"{PICTURES}{image.key}/{width}.{kind} {width}w" for width in widths)


def _to_own_heading(link: re.Match[str], prefix: str, env: EnvType) -> str:
    """Return a link to a heading of this text, adapted to a page with several texts."""
    identity = f"{prefix}{link[1]}"
    return f'<a href="#{identity}"' if identity in env["headings"] else link[0]


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


def _unique_id(words: str, env: EnvType) -> str:
    """Return an id made from a heading: “When can I register?” gives when-can-i-register."""
    slug = re.sub(r"[\W_]+", "-", words.casefold()).strip("-") or "part"
    repeated: Counter[str] = env.setdefault("repeated", Counter())
    numbers = count(repeated[slug] + 2)
    used = env["headings"]
    candidates = chain([slug], (f"{slug}-{repeated.update([slug]) or n}" for n in numbers))
    return next(name for name in candidates if name not in used and name not in RESERVED_IDS)


def _create_parser(renderer: type[_Renderer]) -> MarkdownIt:
    parser = MarkdownIt("js-default", {"html": False}, renderer_cls=renderer)
    parser.inline = _InlineParser()
    return parser


_markdown = _create_parser(_Renderer)
# a definition such as “[1]: Smith” would vanish
_typed_markdown = _create_parser(_TypedTextRenderer).disable("reference")
