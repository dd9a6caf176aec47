"""Pages and news, as they lie in the content folder: Markdown beneath a few lines of facts.

A page that is not there in a language is given in English, and says so of itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from app.content import prose
from app.errors import NotFound

FALLBACK = "en"


@dataclass(frozen=True)
class Page:
    """A page that organisers wrote."""

    slug: str
    language: str
    title: str
    summary: str
    updated: date
    body: str  # HTML


@dataclass(frozen=True)
class News:
    """Something new."""

    slug: str
    language: str
    title: str
    summary: str
    published: date
    body: str  # HTML


def page(folder: Path, slug: str, language: str) -> Page:
    """Find a page, in English where it has not been written in this language."""
    for candidate in (language, FALLBACK):
        path = folder / "pages" / candidate / f"{slug}.md"
        if path.is_file():
            return _page(path, candidate)
    raise NotFound("There is no page at that address")


def pages(folder: Path, language: str) -> Sequence[Page]:
    """List every page, by title."""
    slugs = sorted(path.stem for path in (folder / "pages" / FALLBACK).glob("*.md"))
    return sorted((page(folder, slug, language) for slug in slugs), key=lambda page: page.title)


def news(folder: Path, language: str) -> Sequence[News]:
    """List the news, the newest first."""
    paths = sorted((folder / "news" / FALLBACK).glob("*.md"), reverse=True)
    return [
        _news(translated if translated.is_file() else path, translated.is_file(), language)
        for path in paths
        for translated in [folder / "news" / language / path.name]
    ]


def news_item(folder: Path, slug: str, language: str) -> News:
    """Find one item of news."""
    for item in news(folder, language):
        if item.slug == slug:
            return item
    raise NotFound("There is no news at that address")


@cache
def _page(path: Path, language: str) -> Page:
    facts, body = _parts(path)
    return Page(
        slug=path.stem,
        language=language,
        title=facts["title"],
        summary=facts["summary"],
        updated=date.fromisoformat(facts["updated"]),
        body=prose.page_html(body),
    )


@cache
def _news(path: Path, is_translated: bool, language: str) -> News:  # noqa: FBT001 – a fact, not a switch
    facts, body = _parts(path)
    return News(
        slug=path.stem,
        language=language if is_translated else FALLBACK,
        title=facts["title"],
        summary=facts["summary"],
        published=date.fromisoformat(facts["published"]),
        body=prose.page_html(body),
    )


def _parts(path: Path) -> tuple[dict[str, str], str]:
    """Part the facts at the head of a file from what stands beneath them."""
    _, head, body = path.read_text(encoding="utf-8").split("---\n", 2)
    lines = (line.partition(":") for line in head.splitlines() if line.strip())
    return {name.strip(): value.strip() for name, _, value in lines}, body
