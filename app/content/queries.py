"""Pages and news, as they lie in the content folder: Markdown beneath a few lines of facts.

What is not there in a language is given in English, and says so of itself. Its links stay in
the language that was asked for: ``root`` is what stands before each address in it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache, cached_property
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
    headings: tuple[tuple[str, str], ...]  # of the second level, by id

    @cached_property
    def words(self) -> str:
        """What it says, without its markup."""
        return prose.plain(self.body)


@dataclass(frozen=True)
class News:
    """Something new."""

    slug: str
    language: str
    title: str
    summary: str
    published: date
    body: str  # HTML

    @cached_property
    def words(self) -> str:
        """What it says, without its markup."""
        return prose.plain(self.body)


@dataclass(frozen=True)
class Front:
    """What the front page of one conference says at either line of its drawing."""

    language: str
    upper: str  # HTML
    lower: str  # HTML


def page(folder: Path, slug: str, language: str, root: str = "") -> Page:
    """Find a page, in English where it has not been written in this language."""
    for candidate in (language, FALLBACK):
        path = folder / "pages" / candidate / f"{slug}.md"
        if path.is_file():
            return _page(path, candidate, root)
    raise NotFound("There is no page at that address")


def pages(folder: Path, language: str, root: str = "") -> Sequence[Page]:
    """List every page, by title."""
    slugs = sorted(path.stem for path in (folder / "pages" / FALLBACK).glob("*.md"))
    return sorted((page(folder, slug, language, root) for slug in slugs), key=lambda one: one.title)


def news(folder: Path, language: str, root: str = "") -> Sequence[News]:
    """List the news, the newest first."""
    paths = sorted((folder / "news" / FALLBACK).glob("*.md"), reverse=True)
    return [
        _news(translated, language, root) if translated.is_file() else _news(path, FALLBACK, root)
        for path in paths
        for translated in [folder / "news" / language / path.name]
    ]


def front(folder: Path, acronym: str, language: str) -> Front | None:
    """Find the words that were written for the front page of this conference, if any were."""
    for candidate in (language, FALLBACK):
        path = folder / "front" / candidate / f"{acronym}.md"
        if acronym.replace("-", "").isalnum() and path.is_file():
            return _front(path, candidate)
    return None


@cache
def _page(path: Path, language: str, root: str) -> Page:
    facts, body = _parts(path)
    written = prose.written(body, root)
    return Page(
        slug=path.stem,
        language=language,
        title=facts["title"],
        summary=facts["summary"],
        updated=date.fromisoformat(facts["updated"]),
        body=written.html,
        headings=written.headings,
    )


@cache
def _news(path: Path, language: str, root: str) -> News:
    facts, body = _parts(path)
    return News(
        slug=path.stem,
        language=language,
        title=facts["title"],
        summary=facts["summary"],
        published=date.fromisoformat(facts["published"]),
        body=prose.written(body, root).html,
    )


@cache
def _front(path: Path, language: str) -> Front:
    facts, _ = _parts(path)
    return Front(language, prose.line_html(facts["upper"]), prose.line_html(facts["lower"]))


def _parts(path: Path) -> tuple[dict[str, str], str]:
    """Part the facts at the head of a file from what stands beneath them."""
    _, head, body = path.read_text(encoding="utf-8").split("---\n", 2)
    lines = (line.partition(":") for line in head.splitlines() if line.strip())
    return {name.strip(): value.strip() for name, _, value in lines}, body
