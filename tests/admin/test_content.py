"""Organisers edit pages and news; visitors see each version from its publication time."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from app.content.models import ContentVersion
from app.database import db
from app.history import queries as history
from tests.browser import Answer, Browser, Browsers, Page
from tests.clock_helpers import pass_time
from tests.factories import make_prose, sign_in

A_WEEK_LATER = "2009-05-19T09:30"


def change(editor: Browser, slug: str = "page/help", status: int = 200, **typed: str) -> Page:
    """Save a page or a news item with other words."""
    editor.open(f"/organise/pages/{slug}/en")
    return editor.press("Save", type_text(typed), status)


def type_text(typed: dict[str, str]) -> dict[str, Answer]:
    """Give what was typed as a browser takes it."""
    return dict(typed)


def a_page(editor: Browser, title: str = "Getting here", **typed: str) -> Page:
    editor.open("/organise/pages/add/page")
    told = {"summary": "By train and by boat.", "text": "Take the train.", **typed}
    return editor.press("Save", type_text({"title": title, **told}))


def a_news_item(editor: Browser, title: str = "The boats are full", **typed: str) -> Page:
    editor.open("/organise/pages/add/news")
    told = {"summary": "Every seat has gone.", "text": "Come by train.", **typed}
    return editor.press("Save", type_text({"title": title, **told}))


def list_content_queries(queries: list[str]) -> list[str]:
    """Leave out the number that these tests look up at every turn, and others once a second."""
    return [one for one in queries if "FROM site_state" not in one]


@pytest.mark.both_databases
def test_a_saved_page_is_public_immediately(editor: Browser, visitor: Browser) -> None:
    visitor.open("/help")

    page = change(editor, title="Help and contact", text="Ask at the **desk**.")

    assert page.summary_list["State"] == "Changed"
    assert "The page “Help and contact” was changed" in page.text
    read = visitor.open("/help")
    assert (read.heading, "Ask at the desk." in read.text) == ("Help and contact", True)
    assert "Last changed on Tuesday 12 May 2009" in read.text
    entry = history.find_latest("page help")
    assert entry is not None
    assert entry.actor == "wanda@conference.example"


def test_public_pages_need_no_queries_for_content(
    editor: Browser, visitor: Browser, queries: list[str]
) -> None:
    change(editor, text="Ask at the desk.")
    addresses = ("/terms", "/whats-new", "/site-map", "/sitemap.xml")
    for address in ("/help", *addresses):  # after a change, each thing is read once
        visitor.open(address)
    queries.clear()

    for address in addresses:
        visitor.open(address)

    assert list_content_queries(queries) == []
    assert "Help" in visitor.open("/search?q=desk").links
    assert all(
        "search_index" in question for question in list_content_queries(queries)
    )  # the index of the programme


def test_a_scheduled_version_appears_automatically(
    editor: Browser, visitor: Browser, frozen_time: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = change(editor, title="Help in dry docks", appears_optional=A_WEEK_LATER)

    assert page.summary_list["State"] == "Scheduled 9:30am on Tuesday 19 May 2009"
    assert visitor.open("/help").heading == "Help"
    assert "dry docks" not in visitor.open("/site-map").text + visitor.open("/search?q=docks").text
    pass_time(frozen_time, monkeypatch, timedelta(days=7, seconds=-1))
    assert visitor.open("/help").heading == "Help"
    pass_time(frozen_time, monkeypatch, timedelta(seconds=1))
    assert visitor.open("/help").heading == "Help in dry docks"
    assert "Help in dry docks" in visitor.open("/site-map").links
    assert "One result for “docks”" in visitor.open("/search?q=docks").text


def test_saving_replaces_a_scheduled_version(
    editor: Browser, visitor: Browser, frozen_time: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    change(editor, title="Help in dry docks", appears_optional=A_WEEK_LATER)
    form = editor.open("/organise/pages/page/help/en")
    assert "A new version is scheduled for 9:30am on Tuesday 19 May 2009" in form.text
    assert form.value_of("Title") == "Help in dry docks"

    editor.press("Save", title="Help at once")

    versions = editor.open("/organise/pages/page/help/en/versions")
    assert [row["State"] for row in versions.rows] == [
        "Public",
        "Replaced before it appeared",
        "Original",
    ]
    assert visitor.open("/help").heading == "Help at once"
    pass_time(frozen_time, monkeypatch, timedelta(days=8))
    assert visitor.open("/help").heading == "Help at once"


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("2009-05-12T09:00", "Enter a time in the future, or leave this empty"),
        (
            "2010-03-28T01:30",
            "The clocks go forward on that day and skip this time. Choose another",
        ),
        ("next week", "Enter a day and a time, like 2008-11-06 09:30"),
        ("2009-05-19T09:30+05:00", "Enter a day and a time, like 2008-11-06 09:30"),
        ("9999-12-31T23:59", "Enter a day and a time, like 2008-11-06 09:30"),
    ],
)
def test_an_invalid_appearance_time_is_refused(editor: Browser, typed: str, told: str) -> None:
    page = change(editor, status=422, appears_optional=typed)

    assert page.error_for("Appears (optional)") == told


def test_an_ambiguous_local_time_means_the_first_of_the_two(editor: Browser) -> None:
    change(editor, text="Wait.", appears_optional="2009-10-25T01:30")

    written = db.session.query(ContentVersion).one()
    assert written.appears_at.isoformat() == "2009-10-25T00:30:00+00:00"


@pytest.mark.both_databases
def test_a_stale_edit_of_a_page_shows_both_versions(
    editor: Browser, new_browser: Browsers, visitor: Browser
) -> None:
    other = sign_in(new_browser(), "otto@conference.example")
    other.open("/organise/pages/page/help/en")
    change(editor, title="Hers", text="One.\n\nTwo.")

    late = other.press("Save", title="His", text="One.\n\nThree.", status=409)

    assert visitor.open("/help").heading == "Hers"
    assert {"Saved now": "Hers", "Yours": "His", "": "Title"} in late.rows
    marks = [(row["What happened"], row["Line"]) for row in late.rows if "Line" in row]
    assert marks[-2:] == [("\u2212 Removed", "Two."), ("+ Added", "Three.")]
    assert (late.value_of("Title"), late.value_of("Text")) == ("His", "One.\n\nThree.")
    late.press("Save")
    assert visitor.open("/help").heading == "His"


def test_the_page_preview_matches_the_published_page_and_saves_nothing(
    editor: Browser, visitor: Browser
) -> None:
    typed = {"title": "Help", "text": "## Trains\n\nSee [WHO](https://who.example).\n\n# Boats\n"}
    editor.open("/organise/pages/page/help/en")

    page = editor.press("Preview", type_text(typed))

    (frame,) = page.tree.find_by_class("prose")
    assert visitor.open("/help").headings[1] == "About this site"
    before = [(one.tag, "".join(one.itertext())) for one in frame.iter()]
    editor.press("Save and publish")
    (read,) = visitor.open("/help").tree.find_by_class("prose")
    assert [(one.tag, "".join(one.itertext())) for one in read.iter()] == before
    assert ("h2", "Boats") in before


@pytest.mark.parametrize(
    ("typed", "gone"),
    [
        ("<script>alert(1)</script>", "<script>alert"),
        ("<img src=x onerror=alert(1)>", "<img src=x"),
        ("[x](javascript:alert(1))", 'href="javascript'),
        ("[x](data:text/html,boo)", 'href="data'),
        ("![x](data:image/png;base64,AAAA)", 'src="data'),
        ("![x](https://elsewhere.example/x.png)", "<img"),
        ("![x](//elsewhere.example/x.png)", "<img"),
        ("[x]: javascript:alert(1)\n\n[x]", 'href="javascript'),
        ("<a href='javascript:alert(1)'>x</a>", "<a href='javascript"),
    ],
)
def test_hostile_markup_is_harmless_in_preview_and_page(
    editor: Browser, visitor: Browser, typed: str, gone: str
) -> None:
    editor.open("/organise/pages/page/help/en")
    preview = editor.press("Preview", text=f"Before.\n\n{typed}\n\nAfter.")
    (framed,) = preview.tree.find_by_class("as-read")
    assert "Before." in "".join(framed.itertext())
    editor.press("Save and publish")

    page = visitor.open("/help")

    (prose,) = page.tree.find_by_class("prose")
    assert gone not in page.source
    assert [one.tag for one in prose.iter() if one.tag in {"script", "img", "iframe"}] == []


@pytest.mark.parametrize(
    "typed",
    [">" * 5000, "- " * 5000, "[" * 5000, "# #\n" * 300, "|1" * 2000, "[](/help) ## \n## [](x)"],
)
def test_deeply_nested_markdown_still_renders(
    editor: Browser, visitor: Browser, typed: str
) -> None:
    change(editor, text=f"Before.\n\n{typed}")

    assert "Before." in visitor.open("/help").text


def test_heading_levels_are_normalised(editor: Browser, visitor: Browser) -> None:
    change(editor, text="# One\n\n#### Four\n\n## Rooms\n\n##### Five\n\n## Main")

    page = visitor.open("/help")

    levels = [(one.tag, one.get("id")) for one in page.tree.find_all("h2", "h3", within=page.main)]
    assert levels == [
        ("h2", "one"),
        ("h3", "four"),
        ("h2", "rooms-2"),
        ("h3", "five"),
        ("h2", "main-2"),
    ]


@pytest.mark.parametrize("hidden", ["\u202e", "\x07", "\u2066", "\ufffe"])
def test_hidden_characters_in_a_page_are_refused(editor: Browser, hidden: str) -> None:
    page = change(editor, status=422, text=f"Ask at{hidden} the desk")

    assert page.error_for("Text") == (
        "Type this instead of pasting it. It contains hidden characters that we cannot use"
    )
    assert page.value_of("Text") == "Ask at the desk"


def test_five_megabytes_are_refused_before_they_are_read(editor: Browser) -> None:
    editor.open("/organise/pages/page/help/en")

    answer = editor.fetch(
        "POST", "/organise/pages/page/help/en", data={"body": "x" * 5 * 1024 * 1024}
    )

    assert answer.status_code == 413
    assert change(editor, status=422, text=make_prose(30_001)).error_for("Text") == (
        "The text must be 30000 characters or fewer"
    )


def test_restoring_an_old_version_creates_a_new_one(editor: Browser, visitor: Browser) -> None:
    change(editor, title="First", text="One.")
    change(editor, title="Second", text="Two.")

    page = editor.open("/organise/pages/page/help/en/versions/1")
    assert (page.summary_list["State"], "One." in page.text) == ("Replaced", True)
    editor.press("Publish this version now")

    assert visitor.open("/help").heading == "First"
    assert "was restored to version 1" in editor.page.text
    editor.open("/organise/pages/page/help/en/versions/0")
    editor.press("Publish this version now")
    assert visitor.open("/help").heading == "Help"
    editor.open("/organise/pages/page/help/en/versions/0")
    assert (
        "Publish this version now"
        not in editor.open("/organise/pages/page/help/en/versions/4").buttons
    )


def test_restoring_a_version_from_a_stale_page_is_refused(
    editor: Browser, new_browser: Browsers
) -> None:
    change(editor, title="First")
    other = sign_in(new_browser(), "otto@conference.example")
    other.open("/organise/pages/page/help/en/versions/0")
    change(editor, title="Second")

    other.press("Publish this version now", status=409)


def test_two_versions_can_be_compared_line_by_line(editor: Browser) -> None:
    change(editor, title="First", text="\n\n".join(f"Line {number}." for number in range(9)))
    change(editor, title="Second", text="\n\n".join(f"Line {number}." for number in range(8)))

    editor.open("/organise/pages/page/help/en/versions")
    page = editor.press("Show differences")

    assert page.rows[1] == {"": "Title", "Version 1": "First", "Version 2": "Second"}
    marks = [(row["What happened"], row["Line"]) for row in page.rows if "Line" in row]
    assert marks == [
        ("Not shown", "13 lines are the same"),
        ("The same", ""),
        ("The same", "Line 7."),
        ("\u2212 Removed", ""),
        ("\u2212 Removed", "Line 8."),
    ]
    same = editor.open("/organise/pages/page/help/en/compare?from=1&to=1")
    assert "The text is the same in both." in same.text
    editor.open("/organise/pages/page/help/en/compare?from=1&to=77", 404)


@pytest.mark.both_databases
def test_a_page_can_be_added_found_and_deleted(editor: Browser, visitor: Browser) -> None:
    visitor.open("/getting-here", 404)

    page = a_page(editor)

    assert page.summary_list["State"] == "Added"
    assert visitor.open("/getting-here").heading == "Getting here"
    assert "Getting here" in visitor.open("/site-map").links
    assert "/getting-here</loc>" in visitor.open("/sitemap.xml").source
    editor.follow("Delete")
    editor.press("Delete")
    assert visitor.open("/getting-here", 410).heading == "This page is no longer available"
    assert "Getting here" not in visitor.open("/site-map").links
    assert "/getting-here</loc>" not in visitor.open("/sitemap.xml").source
    editor.open("/organise/pages/page/getting-here/en/versions/1")
    editor.press("Publish this version now")
    assert visitor.open("/getting-here").heading == "Getting here"


@pytest.mark.parametrize(
    "taken",
    [
        *("help", "programme", "organise", "sessions", "agenda", "changes", "speak", "static"),
        *("healthz", "register", "preview", "rehearsal", "sitemap", "robots"),
    ],
)
def test_a_reserved_page_address_is_refused(editor: Browser, taken: str) -> None:
    editor.open("/organise/pages/add/page")

    page = editor.press(
        "Save", title="X1", summary="S.", text="T.", page_address_optional=taken, status=422
    )

    assert page.error_for("Page address (optional)") == (
        f"The page address {taken} is already used. Enter another"
    )


@pytest.mark.parametrize("typed", ["a b", "../x", "-x-", "ähm", "fr", "x" * 61])
def test_a_malformed_page_address_is_refused(editor: Browser, typed: str) -> None:
    editor.open("/organise/pages/add/page")

    page = editor.press(
        "Save", title="X1", summary="S.", text="T.", page_address_optional=typed, status=422
    )

    assert page.error_for("Page address (optional)")


def test_a_title_without_latin_letters_needs_a_page_address(
    editor: Browser, visitor: Browser
) -> None:
    editor.open("/organise/pages/add/page")
    page = editor.press("Save", title="如何到达", summary="S.", text="T.", status=422)

    page.press("Save", page_address_optional="directions")

    assert visitor.open("/directions").heading == "如何到达"


def test_a_page_the_site_links_to_cannot_be_deleted(editor: Browser) -> None:
    page = editor.open("/organise/pages/page/help")

    assert "Delete" not in page.links
    assert "other pages link to it" in editor.open("/organise/pages/page/help/en/remove").text
    token = editor.open("/organise/pages/page/help/en").tree.find_by_id("csrf_token")
    told = {"csrf_token": token.get("value") if token is not None else "", "expected_version": "0"}
    answer = editor.fetch("POST", "/organise/pages/page/help/en/remove", data=told)
    assert answer.status_code == 409


def test_news_can_be_added_dated_and_deleted(editor: Browser, visitor: Browser) -> None:
    a_news_item(editor, text="## Why\n\nThey are small.")
    a_news_item(editor, title="And so are the trains", text="## Why\n\nSo are they.")

    news = visitor.open("/whats-new")

    assert news.headings[1:5] == ["The boats are full", "Why", "And so are the trains", "Why"]
    assert "The boats are full" in visitor.open("/").text
    editor.open("/organise/pages/news/2009-05-12-the-boats-are-full/en/remove")
    editor.press("Delete")
    assert visitor.open("/whats-new").headings[1] == "And so are the trains"
    assert "The boats" not in visitor.open("/").text


def test_default_news_can_be_changed_and_deleted(editor: Browser, visitor: Browser) -> None:
    item = "news/2008-09-01-registration-is-open"
    change(editor, item, title="Come in", day="2010-01-01")
    assert visitor.open("/whats-new").headings[1] == "Come in"

    editor.open(f"/organise/pages/{item}/en/remove")
    editor.press("Delete")

    assert "Come in" not in visitor.open("/whats-new").headings


def test_scheduled_news_appears_automatically_on_the_home_page(
    editor: Browser, visitor: Browser, frozen_time: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_news_item(editor, appears_optional="2009-05-12T09:31")
    assert "The boats" not in visitor.open("/").text + visitor.open("/whats-new").text

    pass_time(frozen_time, monkeypatch, timedelta(minutes=1))

    assert "The boats are full" in visitor.open("/").text
    assert "The boats are full" in visitor.open("/whats-new").headings


@pytest.mark.settings(LANGUAGES='["en", "fr"]')
def test_a_page_can_be_translated(editor: Browser, visitor: Browser) -> None:
    page = editor.open("/organise/pages/page/help")
    assert "Not translated. Visitors see the English text" in page.text
    form = editor.open("/organise/pages/page/help/fr")
    assert form.value_of("Title") == ""

    editor.press("Save", title="Aide", summary="En bref.", text="Lisez [ceci](/terms).")

    french = visitor.open("/fr/help")
    assert (french.heading, french.links["ceci"]) == ("Aide", "/fr/terms")
    assert visitor.open("/help").heading == "Help"
    assert "in French was changed" in editor.page.text
    editor.open("/organise/pages/page/help/fr/remove")
    editor.press("Delete")
    assert visitor.open("/fr/help").heading == "Help"
    editor.open("/organise/pages/page/help/de", 404)


def test_the_content_list_can_be_filtered_and_sorted(editor: Browser, queries: list[str]) -> None:
    change(editor, title="Help yourself")
    a_news_item(editor, appears_optional=A_WEEK_LATER)
    queries.clear()

    page = editor.open("/organise/pages")

    few = len(list_content_queries(queries))
    assert few <= 8
    titles = [row["Title ↑"] for row in page.rows]
    assert titles == sorted(titles, key=str.casefold)
    waiting = editor.open("/organise/pages?state=waiting")
    assert [row["Title ↑"] for row in waiting.rows] == ["The boats are full"]
    assert [row["Type"] for row in editor.open("/organise/pages?kind=news").rows] == ["News"] * 4
    found = editor.open("/organise/pages?q=HELP+yourself&state=changed")
    assert [row["Title ↑"] for row in found.rows] == ["Help yourself"]
    assert "No results" in editor.open("/organise/pages?q=storms").text
    newest = editor.open("/organise/pages?sort=-changed").rows[0]
    assert newest["Title"] in {"Help yourself", "The boats are full"}
    oldest = editor.open("/organise/pages?sort=changed").rows
    never = [row["Title"] for row in oldest if "Original" in row.values()]
    assert never == sorted(never, key=str.casefold)
    for number in range(3):
        a_news_item(editor, title=f"Item {number}")
    queries.clear()
    editor.open("/organise/pages")
    assert len(list_content_queries(queries)) == few


@pytest.mark.settings(LANGUAGES='["en", "fr"]')
@pytest.mark.parametrize("address", ["help", "help/en", "help/fr", "help/fr/versions"])
def test_opening_a_text_needs_few_queries(
    editor: Browser, queries: list[str], address: str
) -> None:
    change(editor, text="Ask at the desk.")
    editor.open("/organise/pages")
    queries.clear()

    editor.open(f"/organise/pages/page/{address}")

    assert len(list_content_queries(queries)) <= 10, queries
    assert sum("FROM menu_entry" in one for one in queries) == 1


def test_a_viewer_can_read_every_version_but_not_change_pages(
    editor: Browser, new_browser: Browsers
) -> None:
    change(editor, title="First")
    viewer = sign_in(new_browser(), "vera@conference.example", role="viewer")

    page = viewer.open("/organise/pages/page/help")

    assert "Change" not in page.links
    assert (
        "Publish this version now"
        not in viewer.open("/organise/pages/page/help/en/versions/0").buttons
    )
    viewer.open("/organise/pages/page/help/en", 403)


def test_unknown_content_pages_are_not_found(editor: Browser) -> None:
    for address in ("page/storms", "page/storms/en", "news/help/en", "page/help/en/versions/7"):
        editor.open(f"/organise/pages/{address}", 404)


def test_saving_without_changes_creates_no_version(editor: Browser, site: Flask) -> None:
    page = change(editor)

    assert "There were no changes to save" in page.source
    assert db.session.query(ContentVersion).count() == 0
