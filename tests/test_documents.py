"""People who read the documents find what a link promises, and every page from its contents."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from urllib.parse import unquote

import pytest

from config import ROOT

DOCS = ROOT / "docs"
OPERATING = DOCS / "operating.md"
ORGANISERS = DOCS / "organisers"
DOCUMENTS = [*sorted(ROOT.glob("*.md")), *sorted(DOCS.rglob("*.md"))]
CODE = re.compile(r"^\s*(```|~~~).*?^\s*\1$|`[^`\n]*`", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
TO_ANOTHER_SITE = re.compile(r"[a-z]+:|//")
HEADING = re.compile(r"^(#+) (.+)$", re.MULTILINE)


def test_every_link_of_a_document_leads_to_a_file_and_a_heading() -> None:
    found = [(page, target) for page in DOCUMENTS for target in links_on(page)]

    dead = [
        f"{page.relative_to(ROOT)}: {target}" for page, target in found if not leads(page, target)
    ]

    assert len(found) > 100
    assert dead == []


@pytest.mark.parametrize(
    "target",
    [
        "nowhere.md",
        "organisers/emails.md#nothing",
        "#nothing",
        "pictures/nothing.webp",
        "words.md/x",
    ],
)
def test_a_broken_link_in_a_document_is_detected(target: str) -> None:
    assert not leads(OPERATING, target)


def test_the_contents_of_the_operators_page_are_its_sections_in_their_order() -> None:
    contents = read(OPERATING).partition("\n## ")[0]

    listed = [one[1:] for one in LINK.findall(contents) if one.startswith("#")]

    assert listed == [slug(title) for level, title in headings_of(OPERATING) if level == "##"]


def test_every_page_for_organisers_is_in_their_list_once() -> None:
    rows = re.findall(r"^\| \[[^\]]+\]\(([^)]+)\) \|", read(ORGANISERS / "README.md"), re.MULTILINE)

    pages = {path.name for path in ORGANISERS.glob("*.md")} - {"README.md"}

    assert sorted(rows) == sorted(pages)


def links_on(page: Path) -> Iterator[str]:
    """Give where the links and pictures of a page lead, but for those to other sites."""
    for target in LINK.findall(CODE.sub("", read(page))):
        if not TO_ANOTHER_SITE.match(target):
            yield target


def leads(page: Path, target: str) -> bool:
    path, _, heading = unquote(target).partition("#")
    found = page.parent / path if path else page
    return found.exists() and (not heading or heading in slugs_of(found))


@cache
def read(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def headings_of(page: Path) -> list[tuple[str, str]]:
    """Give the headings of a page, with their level."""
    return HEADING.findall(re.sub(r"^```.*?^```$", "", read(page), flags=re.MULTILINE | re.DOTALL))


@cache
def slugs_of(page: Path) -> frozenset[str]:
    return frozenset(slug(title) for _, title in headings_of(page))


def slug(title: str) -> str:
    """Give the name by which GitHub links to a heading."""
    return re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-")
