"""The pages as shipped, and what happens where one is missing."""

from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from app.content import queries
from app.content.versions import load_defaults
from app.errors import NotFound
from config import ROOT
from tests.browser import Browser
from tests.pages import read_text

SHIPPED = ROOT / "content"
SLUGS = sorted(key.slug for key in load_defaults(SHIPPED).versions if key.kind == "page")
A_PAGE = """---
title: {title}
summary: In a sentence.
updated: 2009-05-01
---
Words.
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for language, title in (("en", "Tides"), ("fr", "Marées")):
        pages = tmp_path / "pages" / language
        pages.mkdir(parents=True)
        (pages / "tides.md").write_text(A_PAGE.format(title=title), encoding="utf-8")
    (tmp_path / "pages" / "en" / "anchors.md").write_text(A_PAGE.format(title="Anchors"))
    front = tmp_path / "front" / "en"
    front.mkdir(parents=True)
    (front / "tides-2009.md").write_text("---\nupper: **8**\nlower: 5\n---\n")
    return tmp_path


@pytest.mark.parametrize("slug", SLUGS)
def test_every_page_has_a_title_and_a_one_sentence_summary(site: Flask, slug: str) -> None:
    page = queries.get_page(SHIPPED, slug, "en")

    assert page.title
    assert page.summary.endswith(".")
    assert len(page.summary) <= 155


def test_a_page_is_shown_in_the_readers_language(site: Flask, folder: Path) -> None:
    page = queries.get_page(folder, "tides", "fr")

    assert (page.title, page.language) == ("Marées", "fr")


def test_an_untranslated_page_is_shown_in_english(site: Flask, folder: Path) -> None:
    page = queries.get_page(folder, "anchors", "fr")

    assert (page.title, page.language) == ("Anchors", "en")
    assert [page.title for page in queries.list_pages(folder, "fr")] == ["Anchors", "Marées"]


def test_an_unknown_page_is_not_found(site: Flask, folder: Path) -> None:
    with pytest.raises(NotFound):
        queries.get_page(folder, "storms", "fr")


def test_the_hero_text_belongs_to_one_conference(site: Flask, folder: Path) -> None:
    found = queries.get_hero_text(folder, "tides-2009", "fr")

    assert found == queries.HeroText("en", "<strong>8</strong>", "5")
    for other in ("tides-2010", "", "../en/tides-2009", "-"):
        assert queries.get_hero_text(folder, other, "en") is None


def test_news_is_listed_newest_first(site: Flask) -> None:
    published = [item.published for item in queries.list_news(SHIPPED, "en")]

    assert published == sorted(published, reverse=True)


def test_a_page_shows_when_it_was_last_changed(visitor: Browser, frozen_time: Any) -> None:
    frozen_time.move_to("2030-01-01T09:00:00+00:00")

    assert "Last changed on Sunday 29 November 2026." in visitor.open("/terms").text


def test_a_page_does_not_show_a_last_change_in_the_future(visitor: Browser) -> None:
    assert "Last changed on" not in visitor.open("/terms").text


def test_a_long_page_has_a_table_of_contents(visitor: Browser) -> None:
    page = visitor.open("/questions")

    (contents,) = page.tree.find_by_class("contents")
    listed = [read_text(one) for one in page.tree.find_all("a", within=contents)]
    assert listed == [read_text(one) for one in page.tree.find_all("h2", within=page.main)]
    assert page.links["Registering"] == "#registering"


def test_a_short_page_has_no_table_of_contents(visitor: Browser) -> None:
    assert list(visitor.open("/contact").tree.find_by_class("contents")) == []


def test_the_health_inequalities_page_has_its_picture_and_marks_external_links(
    visitor: Browser,
) -> None:
    page = visitor.open("/health-inequalities")

    picture = next(page.tree.find_all("img"))
    assert (picture.get("alt") or "").startswith("Drawing of a smiling baby")
    outside = [link for link, address in page.links.items() if address.startswith("http")]
    assert len(outside) >= 6
    assert [link for link in outside if not link.endswith("(opens another website)")] == []


@pytest.mark.parametrize("slug", SLUGS)
def test_every_external_link_on_content_pages_is_marked(visitor: Browser, slug: str) -> None:
    outside = {
        words: address
        for words, address in visitor.open(f"/{slug}").links.items()
        if address.startswith(("http", "//"))
    }

    assert [words for words in outside if "opens another website" not in words] == []
