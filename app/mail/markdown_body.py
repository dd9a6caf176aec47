"""The body of an email that organisers write in Markdown: as blocks of HTML and as plain text.

Paragraphs, lists, headings, bold and italic words, links, and line breaks as typed. A link alone in
a paragraph is a button. HTML is shown as typed, and a picture as its text alternative, because an
email fetches nothing.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

from flask import Flask
from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode
from markupsafe import Markup, escape

from app.mail import html_body
from app.mail.html_body import EmailBlock

MAX_BUTTON_LENGTH = 40  # characters; a longer link does not become a button
MAX_NESTING = 20  # of bold and italic words within each other
LINK = re.compile(r"(?:https?://|mailto:)\S+", re.IGNORECASE)

# A definition such as “[1]: Smith” would vanish.
_parser = MarkdownIt("commonmark", {"html": False}).disable(
    ["reference", "html_block", "html_inline"]
)
_parser_without_emphasis = MarkdownIt("commonmark", {"html": False}).disable(
    ["reference", "html_block", "html_inline", "emphasis"]
)


class RenderedBlock(NamedTuple):
    """A block as HTML and as text."""

    block: EmailBlock
    text: str


class _Words(NamedTuple):
    """Inline content as HTML and as text, with LF for line breaks."""

    html: Markup
    text: str


def render_markdown(markdown: str, site: str) -> Sequence[RenderedBlock]:
    """Render Markdown; ``site`` starts the URLs of links such as /programme."""
    tree = _parse(markdown)
    return [_render_block(node, site) for node in tree.children if node.type != "hr"]


def init_app(app: Flask) -> None:
    """Register the template filters."""
    app.add_template_filter(html_body.quote, "quoted")

    @app.template_filter("email_text")
    def email_text(markdown: str) -> str:
        """Return Markdown as the text of an email, with the URLs of links."""
        return to_text(markdown, app.config["SITE_URL"])


def to_text(markdown: str, site: str) -> str:
    """Return Markdown as plain text, with the URLs of links."""
    return "\n\n".join(one.text for one in render_markdown(markdown, site))


def _parse(markdown: str) -> SyntaxTreeNode:
    """Parse Markdown; deeply nested emphasis is shown as typed, since rendering recurses."""
    tokens = _parser.parse(markdown)
    if any(child.level > MAX_NESTING for token in tokens for child in token.children or ()):
        tokens = _parser_without_emphasis.parse(markdown)
    return SyntaxTreeNode(tokens)


def _render_block(node: SyntaxTreeNode, site: str) -> RenderedBlock:
    match node.type:
        case "bullet_list" | "ordered_list":
            return _render_list(node, site)
        case "heading":
            words = _render_inlines(node, site)
            rule = "-" * max(3, len(words.text))
            return RenderedBlock(EmailBlock("heading", [words.html]), f"{words.text}\n{rule}")
        case "fence" | "code_block":
            return _render_paragraph(_Words(escape(node.content.strip()), node.content.strip()))
        case _:
            return _render_button(node, site) or _render_paragraph(_render_inlines(node, site))


def _render_paragraph(words: _Words) -> RenderedBlock:
    return RenderedBlock(EmailBlock("paragraph", words.html.split("\n")), words.text)


def _render_list(node: SyntaxTreeNode, site: str) -> RenderedBlock:
    is_numbered = node.type == "ordered_list"
    items = [_render_inlines(item, site) for item in node.children]
    signs = [f"{number}." if is_numbered else "-" for number in range(1, len(items) + 1)]
    lines = [item.html.replace("\n", Markup("<br>")) for item in items]
    texts = [item.text.replace("\n", "\n  ") for item in items]
    text = "\n".join(f"{sign} {words}" for sign, words in zip(signs, texts, strict=True))
    return RenderedBlock(EmailBlock("numbers" if is_numbered else "list", lines), text)


def _render_button(node: SyntaxTreeNode, site: str) -> RenderedBlock | None:
    """Return a paragraph that consists of one link as a button."""
    inlines = [child for inline in node.children for child in inline.children]
    if len(inlines) != 1 or inlines[0].type != "link":
        return None
    label, url = _render_words(inlines[0].children, site).text, _find_url(inlines[0], site)
    if url and label == url:
        return RenderedBlock(EmailBlock("button", url=url), url)
    if not url or not label or len(label) > MAX_BUTTON_LENGTH or "\n" in label:
        return None
    return RenderedBlock(EmailBlock("button", label=label, url=url), f"{label}:\n{url}")


def _render_inlines(node: SyntaxTreeNode, site: str) -> _Words:
    """Render all inline content of a block, with line breaks between its paragraphs."""
    words = [_render_words(one.children, site) for one in node.walk() if one.type == "inline"]
    return _Words(
        Markup("\n").join(word.html for word in words), "\n".join(word.text for word in words)
    )


def _render_words(nodes: Sequence[SyntaxTreeNode], site: str) -> _Words:
    words = [_render_node(node, site) for node in nodes]
    return _Words(Markup().join(word.html for word in words), "".join(word.text for word in words))


def _render_node(node: SyntaxTreeNode, site: str) -> _Words:
    inner = _render_words(node.children, site)
    match node.type:
        case "softbreak" | "hardbreak":
            return _Words(Markup("\n"), "\n")
        case "strong" | "em":
            return inner._replace(html=Markup("<{0}>{1}</{0}>").format(node.type, inner.html))
        case "link":
            return _render_link(inner, _find_url(node, site))
        case _:
            return _Words(escape(node.content), node.content)


def _render_link(label: _Words, url: str) -> _Words:
    if not url:
        return label
    link = Markup('<a href="{}">{}</a>').format(url, label.html)
    is_its_address = label.text in {url, url.removeprefix("mailto:")}
    return _Words(link, label.text if is_its_address else f"{label.text} ({url})")


def _find_url(link: SyntaxTreeNode, site: str) -> str:
    """Return the URL of a link, or "" if an email may not link to it."""
    address = str(link.attrGet("href") or "")
    if address.startswith("/") and not address.startswith("//"):
        return f"{site}{address}"
    return address if LINK.fullmatch(address) else ""
