"""Organisers write pages and news; readers see each version at its moment."""

from collections.abc import Callable

import pytest

from app.content import services
from tests.browser import Browser
from tests.factories import signed_in

Browsers = Callable[[], Browser]


@pytest.fixture
def editor(a_browser: Browsers) -> Browser:
    return signed_in(a_browser(), "wanda@conference.example", role="editor")


def change(editor: Browser, slug: str = "help", **typed: str) -> None:
    editor.open(f"/organise/pages/page/{slug}/en")
    editor.press("Save", **typed)


@pytest.mark.both_databases
def test_a_page_says_what_an_editor_wrote_as_soon_as_it_is_saved(
    editor: Browser, visitor: Browser
) -> None:
    visitor.open("/help")
    form = editor.open("/organise/pages").follow("Help").follow("Change")

    page = form.press("Save", title="Help and contact", text="Ask at the **desk**.")

    assert page.heading == "Help and contact"
    assert page.facts["State"] == "Changed"
    read = visitor.open("/help")
    assert (read.heading, "Ask at the desk." in read.text) == ("Help and contact", True)
    assert "The page “Help and contact” was changed" in editor.page.text


def test_public_pages_send_no_sql_for_what_organisers_wrote(
    editor: Browser, visitor: Browser, queries: list[str]
) -> None:
    change(editor, text="Ask at the desk.")
    visitor.open("/help")
    queries.clear()

    for address in ("/help", "/terms", "/whats-new", "/site-map", "/search?q=desk", "/sitemap.xml"):
        visitor.open(address)

    assert [one for one in queries if "edition" not in one] == []
