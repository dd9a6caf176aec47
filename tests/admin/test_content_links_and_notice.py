"""Additional links below a page, and the urgent notice above every page."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from flask import Flask

from app.content import links
from app.content import queries as content
from app.history import queries as history
from tests.browser import Browser, Browsers, Page
from tests.clock_helpers import pass_time
from tests.factories import make_link, sign_in
from tests.pages import read_text

TRAINS = "No trains between Whitby and York today: take bus 840."


def read_notice(page: Page) -> str:
    """Read the urgent notice above a page."""
    return " ".join(read_text(one) for one in page.tree.find_by_class("notice--urgent"))


def list_link_texts(page: Page) -> list[str]:
    """List the words of the additional links below a page."""
    left = " (opens another website)"
    return [one.removesuffix(left) for one in page.links if one.endswith(left)]


def publish_notice(
    editor: Browser, typed: Mapping[str, str] = MappingProxyType({}), status: int = 200
) -> Page:
    editor.open("/organise/pages/notice/write")
    return editor.press("Save notice", {"The notice": TRAINS, **typed}, status)


# Links


@pytest.mark.both_databases
def test_an_added_link_is_shown_below_the_page_as_external(
    editor: Browser, visitor: Browser, queries: list[str]
) -> None:
    assert "Additional links" not in visitor.open("/help").headings

    editor.open("/organise/pages/page/help/links")
    editor.press("Add link", link_text="WHO", web_address="https://who.example/report")

    page = visitor.open("/help")
    assert "Additional links" in page.headings
    assert page.links["WHO (opens another website)"] == "https://who.example/report"
    queries.clear()
    visitor.open("/venue")
    assert [one for one in queries if "FROM link" in one] == []
    told = editor.open("/organise/pages/page/help").text
    assert "The link “WHO” was added to the page /help: https://who.example/report" in told


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "ftp://example.org/x",
        "/help",
        "//example.org",
        "https://",
        "https://localhost",
        "https://user@example.org/",
        "https://example.org:99999/",
        "https://exa mple.org/",
        "example.org",
        "https://[::1",
        "https://example.org/\u202e",
        "https://example.org/a b",
    ],
)
def test_only_absolute_web_addresses_are_accepted_as_links(editor: Browser, address: str) -> None:
    token = editor.open("/organise/pages/page/help/links").tree.find_by_id("csrf_token")
    told = {"csrf_token": token.get("value") if token is not None else "", "label": "X1"}

    answer = editor.fetch(
        "POST", "/organise/pages/page/help/links", data={**told, "address": address}
    )

    assert answer.status_code == 422
    assert links.list_links("help") == []


@pytest.mark.both_databases
def test_links_can_be_changed_moved_and_deleted(editor: Browser, visitor: Browser) -> None:
    for number, label in enumerate(("One", "Two", "Three"), 1):
        make_link(label=label, position=number, address=f"https://example.org/{number}")

    editor.open("/organise/pages/page/help/links")
    form = editor.follow("Change or move Three")
    assert form.value_of("Position in the list") == "3"
    editor.press("Save", link_text="Third", position_in_the_list="1")

    assert [row["Text"] for row in editor.page.rows] == ["Third", "One", "Two"]
    editor.follow("Change or move One")
    editor.press("Delete link")
    assert [(row["Position"], row["Text"]) for row in editor.page.rows] == [
        ("1", "Third"),
        ("2", "Two"),
    ]
    shown = [link for link in visitor.open("/help").links if "another website" in link]
    assert [link.split()[0] for link in shown] == ["Third", "Two"]


def test_changing_a_link_text_keeps_a_position_changed_meanwhile(
    editor: Browser, new_browser: Browsers
) -> None:
    other = sign_in(new_browser(), "otto@conference.example")
    for number, label in enumerate(("One", "Two", "Three"), 1):
        make_link(label=label, position=number)
    for one in (editor, other):
        one.open("/organise/pages/page/help/links").follow("Change or move One")

    other.press("Save", position_in_the_list="3")
    editor.press("Save", link_text="First")

    assert [row["Text"] for row in editor.page.rows] == ["Two", "Three", "First"]


def test_a_stale_edit_of_a_link_shows_both_versions(editor: Browser, new_browser: Browsers) -> None:
    link = make_link(label="One")
    other = sign_in(new_browser(), "otto@conference.example")
    other.open(f"/organise/pages/page/help/links/{link.id}")
    editor.open(f"/organise/pages/page/help/links/{link.id}")
    editor.press("Save", link_text="Hers")

    late = other.press("Save", link_text="His", status=409)

    assert late.rows == [{"": "Link text", "Saved now": "Hers", "Yours": "His"}]
    late.press("Save")
    assert [one.label for one in links.list_links("help")] == ["His"]


@pytest.mark.both_databases
def test_a_scheduled_link_change_takes_effect_automatically(
    editor: Browser,
    visitor: Browser,
    queries: list[str],
    frozen_time: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    make_link(label="Old words")
    editor.open("/organise/pages/page/help/links")
    editor.press("Add link", link_text="New", web_address="https://new.example/", appears=TEN)
    assert [row["Appears"] for row in editor.page.rows] == [
        "Public",
        "Scheduled 10am on Tuesday 12 May 2009",
    ]
    editor.follow("Change or move Old words")
    editor.press("Save", link_text="New words", appears_optional=TEN)
    assert editor.page.rows[0]["Appears"].endswith("Until then, visitors see “Old words”")
    assert list_link_texts(visitor.open("/help")) == ["Old words"]
    form = editor.follow("Change or move New words")
    assert form.value_of("Appears (optional)") == TEN
    (told,) = editor.press("Save").tree.find_by_class("note--done")
    assert read_text(told) == "There were no changes to save."

    pass_time(frozen_time, monkeypatch, timedelta(minutes=30))
    queries.clear()
    assert list_link_texts(visitor.open("/help")) == ["New words", "New"]
    assert [one for one in queries if "FROM link" in one or "FROM content_version" in one] == []


def test_a_page_rendered_while_a_change_takes_effect_is_not_cached(
    editor: Browser, visitor: Browser, frozen_time: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_link(label="Old words")
    editor.open("/organise/pages/page/help/links").follow("Change or move Old words")
    editor.press("Save", link_text="New words", appears_optional=TEN)
    read = content.list_links

    def read_just_before(folder: Path, slug: str) -> Any:
        there = read(folder, slug)
        pass_time(frozen_time, monkeypatch, timedelta(minutes=30))
        return there

    with monkeypatch.context() as while_it_comes:
        while_it_comes.setattr(content, "list_links", read_just_before)
        assert list_link_texts(visitor.open("/help")) == ["Old words"]

    assert list_link_texts(visitor.open("/help")) == ["New words"]


@pytest.mark.both_databases
def test_an_earlier_version_of_a_link_can_be_viewed_and_restored(
    editor: Browser, visitor: Browser
) -> None:
    make_link(label="One", address="https://one.example/")
    editor.open("/organise/pages/page/help/links")
    editor.follow("Change or move One")
    editor.press("Save", link_text="Two", web_address="https://two.example/")
    editor.follow("Change or move Two")

    page = editor.follow("2 versions")
    assert page.heading == "Versions of “Two”"
    assert [(row["Version"], row["State"], row["Text"]) for row in page.rows] == [
        ("Version 2", "Public", "Two"),
        ("Version 1", "Replaced", "One"),
    ]
    compared = page.press("Show differences")
    assert [list(row.values()) for row in compared.rows][1:] == [
        ["Text", "One", "Two"],
        ["Web address", "https://one.example/", "https://two.example/"],
    ]
    page = editor.follow("All versions").follow("Version 1")
    assert page.links["One (opens another website)"] == "https://one.example/"
    form = page.follow("Start from this version")
    assert (form.value_of("Link text"), form.value_of("Position in the list")) == ("One", "1")

    editor.open(page.address)
    editor.press("Publish this version now")

    assert list_link_texts(visitor.open("/help")) == ["One"]
    told = editor.open("/organise/pages/page/help").text
    assert "on the page /help was restored to version 1: https://one.example/" in told


@pytest.mark.both_databases
def test_a_deleted_link_can_be_restored_if_there_is_room(editor: Browser, visitor: Browser) -> None:
    gone = make_link(label="Gone").id
    editor.open(f"/organise/pages/page/help/links/{gone}")
    editor.press("Delete link")
    assert list_link_texts(visitor.open("/help")) == []
    editor.open(f"/organise/pages/page/help/links/{gone}")
    assert "This link has been deleted. If you save, it will be public again." in editor.page.text
    for number in range(links.MAX_LINKS_PER_PAGE):
        make_link(label=f"Link {number}", position=number + 2)

    late = editor.press("Save", status=422)
    assert late.error_for("Link text") == "A page can have up to 50 additional links"
    back = f"/organise/pages/link/{gone}/en/versions/1"
    editor.open(back)
    full = editor.press("Publish this version now", status=409)
    assert "A page can have up to 50 additional links" in full.text
    editor.open("/organise/pages/page/help/links").follow("Change or move Link 7")
    editor.press("Delete link")
    editor.open(back)
    editor.press("Publish this version now")

    assert list_link_texts(visitor.open("/help"))[0] == "Gone"
    editor.open("/organise/pages/page/help/links")
    assert editor.page.links["Link 7"].endswith("/en/versions")
    editor.open(f"/organise/pages/link/{gone}/fr/versions", 404)
    editor.open("/organise/pages/link/nothing/en/versions", 404)


def test_an_invalid_link_is_reported_beside_its_field(editor: Browser) -> None:
    link = make_link()
    editor.open(f"/organise/pages/page/help/links/{link.id}")

    page = editor.press("Save", link_text=" ", status=422)

    assert page.error_for("Link text") == "Enter the link text"
    editor.open("/organise/pages/page/help/links/77", 404)
    editor.open("/organise/pages/page/storms/links", 404)


def test_a_page_can_have_at_most_50_links(editor: Browser) -> None:
    for number in range(links.MAX_LINKS_PER_PAGE):
        make_link(position=number + 1)
    editor.open("/organise/pages/page/help/links")

    page = editor.press(
        "Add link", link_text="One more", web_address="https://a.example/", status=422
    )

    assert page.error_for("Link text") == "A page can have up to 50 additional links"


# The urgent notice


@pytest.mark.both_databases
def test_an_urgent_notice_is_shown_on_every_page_until_removed(
    editor: Browser, visitor: Browser, queries: list[str]
) -> None:
    visitor.open("/programme")

    page = publish_notice(editor)

    assert page.summary_list["State"] == "Shown on every page"
    public = ("/", "/programme", "/help", "/sessions/opening", "/speakers/ada-marsh", "/register")
    for address in (*public, "/sign-in"):
        assert read_notice(visitor.open(address)) == TRAINS, address
    assert read_notice(visitor.open("/storms", 404)) == TRAINS
    queries.clear()
    visitor.open("/terms")
    assert [one for one in queries if "FROM site_state" not in one] == []
    editor.open("/organise/pages/notice")
    editor.press("Remove notice")
    assert read_notice(visitor.open("/programme")) == ""
    told = [entry.summary for entry in history.list_entries("notice")]
    assert told[-1] == f"The urgent notice was removed: “{TRAINS}”"


def test_a_notice_can_be_previewed(editor: Browser, visitor: Browser) -> None:
    editor.open("/organise/pages/notice/write")

    page = editor.press("Preview", {"The notice": TRAINS})

    assert (
        f"This is how it will look at the top of every page. It has not been saved yet. {TRAINS}"
        in (page.text)
    )
    assert read_notice(visitor.open("/programme")) == ""
    assert editor.press("Preview", {"The notice": ""}, 422).errors == [
        "Enter the text of the notice"
    ]
    editor.press("Save notice", {"The notice": TRAINS})
    assert read_notice(visitor.open("/programme")) == TRAINS


def test_a_scheduled_notice_appears_and_ends_on_cached_pages(
    editor: Browser, visitor: Browser, frozen_time: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish_notice(
        editor,
        {"Appears (optional)": "2009-05-12T10:00", "Ends (optional)": "2009-05-12T11:00"},
    )
    assert editor.page.summary_list["State"] == "Scheduled"
    assert read_notice(visitor.open("/programme")) == ""

    pass_time(frozen_time, monkeypatch, timedelta(minutes=30))
    assert read_notice(visitor.open("/programme")) == TRAINS
    pass_time(frozen_time, monkeypatch, timedelta(minutes=60))
    assert read_notice(visitor.open("/programme")) == ""


def test_a_new_notice_replaces_the_current_one(
    editor: Browser, visitor: Browser, frozen_time: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish_notice(editor)
    form = editor.open("/organise/pages/notice/write")
    assert form.value_of("The notice") == TRAINS
    editor.press("Save notice", {"The notice": "At ten all is well."}, appears_optional=TEN)

    assert read_notice(visitor.open("/help")) == TRAINS
    pass_time(frozen_time, monkeypatch, timedelta(minutes=30))
    assert read_notice(visitor.open("/help")) == "At ten all is well."
    editor.open("/organise/pages/notice")
    editor.press("Remove notice")
    assert read_notice(visitor.open("/help")) == ""


TEN = "2009-05-12T10:00"


def test_a_scheduled_notice_can_be_replaced_and_removed(
    editor: Browser, visitor: Browser, site: Flask
) -> None:
    publish_notice(editor, {"Appears (optional)": TEN})
    publish_notice(editor, {"The notice": "Now.", "Appears (optional)": ""})

    assert read_notice(visitor.open("/help")) == "Now."
    editor.open("/organise/pages/notice")
    editor.press("Remove notice")
    assert "No notice" in editor.page.text


@pytest.mark.both_databases
def test_earlier_notices_are_kept_and_can_be_restored(
    editor: Browser, visitor: Browser, frozen_time: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish_notice(editor, {"Ends (optional)": TEN})
    publish_notice(
        editor, {"The notice": "Come early.", "Appears (optional)": TEN, "Ends (optional)": ""}
    )
    page = editor.open("/organise/pages/notice")
    assert f"Until then, this notice is shown: “{TRAINS}”" in page.text

    page = page.follow("2 versions")
    assert page.heading == "Versions of the urgent notice"
    assert [(row["Version"], row["State"], row["Text"]) for row in page.rows] == [
        ("Version 2", "Scheduled 10am on Tuesday 12 May 2009", "Come early."),
        ("Version 1", "Public", TRAINS),
    ]
    compared = page.press("Show differences")
    assert [list(row.values()) for row in compared.rows][1:] == [
        ["Text", TRAINS, "Come early."],
        ["Ends", "10am on Tuesday 12 May 2009", "Not given"],
    ]
    pass_time(frozen_time, monkeypatch, timedelta(minutes=30))
    assert read_notice(visitor.open("/help")) == "Come early."
    editor.open("/organise/pages/notice")
    editor.press("Remove notice")

    page = editor.page.follow("3 versions")
    assert [row["State"] for row in page.rows] == ["Deleted", "Replaced", "Replaced"]
    page = page.follow("Version 1")
    assert (page.summary_list["Ends"], read_notice(page)) == ("10am on Tuesday 12 May 2009", TRAINS)
    assert page.follow("Start from this version").value_of("The notice") == TRAINS
    editor.open("/organise/pages/notice/notice/en/versions/1")
    page = editor.press("Publish this version now")

    assert page.summary_list["Ends"] == "When someone removes it"
    assert read_notice(visitor.open("/help")) == TRAINS
    told = [entry.summary for entry in history.list_entries("notice")]
    assert told[-1].startswith("The urgent notice was restored to version 1")


def test_an_ended_notice_is_marked_among_its_versions(
    editor: Browser, visitor: Browser, frozen_time: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish_notice(editor, {"Ends (optional)": TEN})
    pass_time(frozen_time, monkeypatch, timedelta(minutes=30))

    page = editor.open("/organise/pages/notice/notice/en/versions")

    assert [row["State"] for row in page.rows] == ["Ended"]
    assert "No notice" in page.follow("Back to the urgent notice").text
    editor.open("/organise/pages/notice/notice/en/versions/1")
    editor.press("Publish this version now")
    assert read_notice(visitor.open("/help")) == TRAINS


def test_without_a_notice_there_are_no_notice_versions(editor: Browser) -> None:
    editor.open("/organise/pages/notice/notice/en/versions", 404)
    assert "version" not in editor.open("/organise/pages/notice").text


def test_a_stale_edit_of_the_notice_shows_both_versions(
    editor: Browser, new_browser: Browsers
) -> None:
    other = sign_in(new_browser(), "otto@conference.example")
    other.open("/organise/pages/notice/write")
    publish_notice(editor)

    late = other.press("Save notice", {"The notice": "Come early."}, 409)

    assert late.rows == [{"": "Notice", "Saved now": TRAINS, "Yours": "Come early."}]
    assert late.press("Save notice").summary_list["The notice"] == "Come early."


def test_a_stale_page_cannot_remove_a_newer_notice(
    editor: Browser, visitor: Browser, new_browser: Browsers
) -> None:
    other = sign_in(new_browser(), "otto@conference.example")
    publish_notice(editor)
    other.open("/organise/pages/notice")
    publish_notice(editor, {"The notice": "Leave the hall by the doors to the river."})

    late = other.press("Remove notice", status=409)

    assert "The notice has not been removed" in late.text
    assert late.summary_list["The notice"] == "Leave the hall by the doors to the river."
    assert read_notice(visitor.open("/programme")) == "Leave the hall by the doors to the river."
    other.press("Remove notice")
    assert read_notice(visitor.open("/programme")) == ""


def test_a_notice_must_end_after_it_appears(editor: Browser) -> None:
    page = publish_notice(
        editor,
        {"Appears (optional)": "2009-05-12T11:00", "Ends (optional)": "2009-05-12T10:00"},
        422,
    )

    assert page.error_for("Ends (optional)") == "The notice must end after it appears"


@pytest.mark.parametrize("typed", [" ", "<b>x</b>", "x" * 301, "No\u202etrains"])
def test_a_notice_is_one_plain_sentence(editor: Browser, visitor: Browser, typed: str) -> None:
    is_plain = typed.startswith("<")

    publish_notice(editor, {"The notice": typed}, 200 if is_plain else 422)

    assert read_notice(visitor.open("/help")) == (typed if is_plain else "")


@pytest.mark.settings(LANGUAGES='["en", "fr"]')
def test_a_notice_has_its_lang_attribute_on_pages_in_another_language(
    editor: Browser, visitor: Browser
) -> None:
    publish_notice(editor)

    page = visitor.open("/fr/help")

    (notice,) = page.tree.find_by_class("notice--urgent")
    assert [one.get("lang") for one in page.tree.find_all("p", within=notice)] == ["en"]
