"""Organisers look at what they type before they save it; the preview has an address."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from app import worker_tasks
from app.accounts import form_drafts
from app.accounts.models import FormDraft
from app.database import db, transaction
from tests.browser import Browser, Browsers
from tests.factories import make_session, make_speaker, make_theme, publish_programme, sign_in
from tests.pages import read_text

ADD_PAGE = "/organise/pages/add/page"
DISCARD = "Discard unsaved changes"
TRAINS = {"title": "Trains", "summary": "By train.", "text": "Take the **train**."}


@pytest.mark.both_databases
def test_a_page_preview_can_be_reloaded_and_left_without_losing_the_draft(
    editor: Browser, visitor: Browser
) -> None:
    editor.open(ADD_PAGE)
    page = editor.press("Preview", {**TRAINS})
    assert (page.address, page.heading) == (f"{ADD_PAGE}/preview", "Preview of “Trains”")

    assert editor.open(page.address).heading == "Preview of “Trains”"
    page = editor.follow("Back to the form")

    assert (page.address, page.value_of("Text")) == (ADD_PAGE, "Take the **train**.")
    visitor.open("/trains", 404)
    editor.press("Preview", text="Take the *boat*.")
    editor.press("Save and publish")
    assert "Take the boat." in visitor.open("/trains").text
    assert editor.open(ADD_PAGE).value_of("Title") == ""


def test_a_form_draft_belongs_to_its_author(editor: Browser, new_browser: Browsers) -> None:
    other = sign_in(new_browser(), "otto@conference.example")
    editor.open("/organise/pages/page/help/en").press("Preview", title="Hers")

    assert other.open("/organise/pages/page/help/en").value_of("Title") == "Help"
    assert other.open("/organise/pages/page/help/en/preview").heading == "Change “Help”"
    assert editor.open("/organise/pages/page/help/en").value_of("Title") == "Hers"


def test_a_form_draft_can_be_discarded(editor: Browser) -> None:
    editor.open("/organise/pages/page/help/en").press("Preview", title="Hers")
    editor.follow("Back to the form")

    page = editor.press(DISCARD)

    assert "Your unsaved changes have been discarded." in page.source
    assert (page.value_of("Title"), DISCARD in page.buttons) == ("Help", False)


def test_a_form_draft_expires_after_30_days(editor: Browser, frozen_time: Any) -> None:
    editor.open("/organise/pages/page/help/en").press("Preview", title="Hers")

    frozen_time.shift(timedelta(days=31))
    sign_in(editor, "wanda@conference.example", role="editor")

    assert editor.open("/organise/pages/page/help/en").value_of("Title") == "Help"


@pytest.mark.both_databases
def test_the_worker_deletes_expired_form_drafts(editor: Browser, frozen_time: Any) -> None:
    editor.open("/organise/pages/page/help/en").press("Preview", title="Hers")
    frozen_time.shift(timedelta(days=29))
    with transaction():
        form_drafts.delete_expired()
    assert count_drafts() == 1

    frozen_time.shift(timedelta(days=2))
    with transaction():
        form_drafts.delete_expired()

    assert form_drafts.delete_expired in worker_tasks.PERIODIC_TASKS
    assert count_drafts() == 0


def count_drafts() -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(FormDraft)) or 0


def test_saving_a_form_draft_over_a_newer_version_is_a_stale_edit(
    editor: Browser, new_browser: Browsers
) -> None:
    other = sign_in(new_browser(), "otto@conference.example")
    editor.open("/organise/pages/page/help/en").press("Preview", title="Hers")
    other.open("/organise/pages/page/help/en").press("Save", title="His")

    page = editor.press("Save and publish", status=409)

    assert {"Saved now": "His", "Yours": "Hers", "": "Title"} in page.rows


def test_an_invalid_form_has_no_preview(editor: Browser) -> None:
    page = editor.open(ADD_PAGE).press("Preview", title="Trains", status=422)

    assert page.address == ADD_PAGE
    assert page.errors == ["Enter a summary", "Enter the text"]
    assert (page.value_of("Title"), editor.open(ADD_PAGE).value_of("Title")) == ("Trains", "")


def test_a_preview_without_a_draft_redirects_to_the_form(editor: Browser) -> None:
    assert editor.open(f"{ADD_PAGE}/preview").address == ADD_PAGE


@pytest.mark.both_databases
@pytest.mark.parametrize(
    ("address", "button", "field", "typed"),
    [
        ("/organise/sessions/tides/change", "Preview both", "Abstract (optional)", "*Low* tide"),
        ("/organise/speakers/ada/change", "Preview the biography", "Biography (optional)", "She"),
        ("/organise/themes/shore/change", "Update preview", "Name", "Waves"),
        ("/organise/pages/notice/write", "Preview", "The notice", "No trains today."),
    ],
)
def test_every_form_preview_has_its_own_url(
    editor: Browser, address: str, button: str, field: str, typed: str
) -> None:
    make_session(slug="tides", title="Tides")
    make_speaker(slug="ada", name="Ada Marsh")
    make_theme(slug="shore", name="Shore", shape="cross", palette=9)
    editor.open(address)

    page = editor.press(button, {field: typed})

    assert page.address == f"{address}?preview=1"
    again = editor.open(page.address)
    assert again.value_of(field) == typed
    plain = " ".join(typed.replace("*", "").split())
    shown = [read_text(one) for one in again.tree.find_by_class("preview")] or [again.text]
    assert plain in shown[0]
    assert editor.open(address).value_of(field) == typed
    assert editor.press(DISCARD).value_of(field) != typed


def test_saving_a_form_deletes_its_draft(editor: Browser) -> None:
    make_session(slug="tides", title="Tides")
    editor.open("/organise/sessions/tides/change").press("Preview both", title="Low tides")

    editor.press("Save")

    page = editor.open("/organise/sessions/tides/change")
    assert (page.value_of("Title"), DISCARD in page.buttons) == ("Low tides", False)


@pytest.mark.both_databases
def test_the_publishing_check_page_can_be_reloaded(editor: Browser) -> None:
    make_session(slug="tides", title="Tides")
    publish_programme()
    editor.open("/organise/sessions/tides/change").press("Save", title="Low tides")
    editor.open("/organise/publishing/publish")

    page = editor.press("Continue", note_optional="Lower")

    assert page.address == "/organise/publishing/publish/check"
    page = editor.open(page.address)
    assert (page.heading, page.summary_list["Note"]) == ("Check before you publish", "Lower")
    assert editor.press("Publish now").heading == "Release 3"
    assert editor.open("/organise/publishing/publish/check").heading == "Publish the programme"


def test_a_publishing_check_for_a_past_time_redirects_to_the_form(
    editor: Browser, frozen_time: Any
) -> None:
    make_session(slug="tides", title="Tides")
    publish_programme()
    editor.open("/organise/publishing/publish").press(
        "Continue", when_to_publish="Schedule for later", day="2009-05-12", time="10:00"
    )

    frozen_time.shift(timedelta(hours=2))
    sign_in(editor, "wanda@conference.example", role="editor")

    page = editor.open("/organise/publishing/publish/check")
    assert (page.heading, page.value_of("Day")) == ("Publish the programme", "2009-05-12")
